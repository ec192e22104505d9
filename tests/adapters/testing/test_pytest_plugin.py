"""The fixtures for pytest, as somebody who has just installed us uses them."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

CREATE = """
import httpx

URL = "https://api-singapore.klingai.com"

def create(base=URL):
    return httpx.post(f"{base}/v1/images/omni-image", json={"prompt": "A cat"}, headers={"authorization": "Bearer me"})
"""


def test_mock_kling_answers_and_can_be_steered(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        CREATE
        + """
def test_it(mock_kling):
    mock_kling.clock.freeze()
    mock_kling.faults.add("1303 x1")
    assert [create().status_code, create().status_code] == [429, 200]
    assert mock_kling.requests.verify("kling/omni-image.create", times=2).is_met
    assert len(mock_kling.tasks) == 1
"""
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_mock_kling_server_answers_on_a_socket_and_takes_settings_from_the_marker(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        CREATE
        + """
import pytest

@pytest.mark.mock_kling(pace="instant", slots=0)
def test_it(mock_kling_server):
    assert create(mock_kling_server.url).json()["code"] == 1303
"""
    )
    pytester.runpytest_subprocess("-q", "--strict-markers").assert_outcomes(passed=1)


def test_a_test_that_fails_shows_the_last_exchanges_and_no_secret(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        CREATE.replace("Bearer me", "Bearer a-very-secret-token")
        + """
def test_it(mock_kling):
    httpx.post(f"{URL}/v1/images/omni-image", json={"n": 99}, headers={"authorization": "Bearer a-very-secret-token"})
    assert False, "on purpose"
"""
    )
    result = pytester.runpytest_subprocess("-q", "--no-header", "--tb=no", "-rN", "--show-capture=all")
    result.assert_outcomes(failed=1)
    verbose = pytester.runpytest_subprocess("-q")
    verbose.stdout.fnmatch_lines(
        ["*mock_kling: last exchanges*", "1. POST /v1/images/omni-image -> 400 (*prompt.required*)", "*received*1201*"]
    )
    assert "a-very-secret-token" not in "\n".join(
        line for line in verbose.outlines if "received" in line or "sent" in line
    )


@pytest.mark.parametrize("asks", ["client", "request"], ids=["in a fixture of its own", "when it runs"])
def test_the_exchanges_are_shown_however_the_fixture_was_asked_for(pytester: pytest.Pytester, asks: str) -> None:
    pytester.makepyfile(
        CREATE
        + f"""
import pytest

@pytest.fixture
def client(mock_kling):
    assert create().status_code == 429

def test_it({asks}):
    request.getfixturevalue("mock_kling")
    assert create().status_code == 429
"""
    )
    shown = pytester.runpytest_subprocess("-q").stdout
    shown.fnmatch_lines(["*mock_kling: last exchanges*", "1. POST /v1/images/omni-image -> 200"])


def test_a_fixture_of_that_name_may_be_the_users_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import pytest

@pytest.fixture
def mock_kling():
    return "mine"

def test_it(mock_kling):
    assert mock_kling == "ours"
"""
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(failed=1)


def test_a_setting_that_cannot_be_meant_is_an_error_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import pytest

@pytest.mark.mock_kling(pace="slow")
def test_it(mock_kling):
    pass
"""
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(errors=1)


def test_a_run_that_does_not_use_it_imports_nothing_of_ours() -> None:
    probe = (
        "import sys, mockserver.pytest_plugin;"
        "print([name for name in sys.modules if name.startswith('mockserver.') and name != 'mockserver.pytest_plugin'])"
    )
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
