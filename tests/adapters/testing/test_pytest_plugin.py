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


def test_fixtures_follow_the_configuration_and_their_marker_comes_first(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makefile(".toml", mockserver="slots = 0\npace = 'real'\n[serve]\nport = 1\n")
    pytester.makepyfile(
        CREATE
        + """
import pytest

def test_the_file(mock_kling, mock_kling_server):
    for handle, answer in ((mock_kling, create()), (mock_kling_server, create(mock_kling_server.url))):
        assert answer.json()["code"] == 1303
        assert handle.fake.settings.pace == "polls:2"

@pytest.mark.mock_kling(slots=None)
def test_the_marker(mock_kling):
    assert create().json()["code"] == 0
"""
    )
    monkeypatch.setenv("MOCKSERVER_PACE", "polls:2")
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=2)
    monkeypatch.setenv("MOCKSERVER_PACEE", "real")
    broken = pytester.runpytest_subprocess("-q")
    broken.assert_outcomes(errors=2)
    broken.stdout.fnmatch_lines(["*mock_kling: MOCKSERVER_PACEE: no option has this variable; did you mean *"])


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


@pytest.mark.torture
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


@pytest.mark.torture
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


@pytest.mark.torture
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


DECORATED = (
    CREATE
    + """
import pytest, mockserver

@pytest.fixture
@mockserver.patch(pace="instant")
def generator():
    yield create().status_code
    assert create().status_code == 200

@pytest.fixture
@mockserver.patch
async def generator_async():
    yield create().status_code
    assert create().status_code == 200

@pytest.mark.parametrize("wanted", [200])
@mockserver.patch()
def test_a_function(wanted, tmp_path):
    assert create().status_code == wanted

class TestMethods:
    @mockserver.patch()
    def test_it(self, tmp_path):
        assert create().status_code == 200

def test_a_fixture_that_yields(generator):
    assert (generator, create().status_code) == (200, 200)

async def test_an_async_fixture_that_yields(generator_async):
    assert (generator_async, create().status_code) == (200, 200)
"""
)


@pytest.mark.torture
def test_tests_and_fixtures_of_pytest_can_be_decorated(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(DECORATED)
    pytester.runpytest_subprocess("-q", "-o", "anyio_mode=auto", "-p", "no:asyncio").assert_outcomes(passed=4)


BESIDE = (
    CREATE
    + """
import pytest, mockserver

def test_first(httpx_mock, mock_kling):
    check(httpx_mock)

def test_second(mock_kling, httpx_mock):
    check(httpx_mock)

def test_inside(httpx_mock):
    with mockserver.patch():
        check(httpx_mock)

def check(httpx_mock):
    httpx_mock.add_response(url="https://example.com/", status_code=418)
    assert [create().status_code, httpx.get("https://example.com/").status_code] == [200, 418]
    assert [str(request.url) for request in httpx_mock.get_requests()] == ["https://example.com/"]
"""
)


def test_pytest_httpx_answers_for_the_other_hosts_whoever_came_first(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(BESIDE)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("pase='instant'", "no setting 'pase'; did you mean 'pace'?"),
        ("rate=10", "--rate: 10 is not a rate."),
        ("services='kling'", "--service: 'kling' is not a list of names."),
        ("services=['klign']", "no service 'klign'; did you mean 'kling'?"),
        ("'instant'", "takes settings by name"),
    ],
)
@pytest.mark.parametrize("fixture", ["mock_kling", "mock_kling_server"])
def test_a_wrong_marker_is_told_without_a_traceback(
    pytester: pytest.Pytester, marker: str, said: str, fixture: str
) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.mock_kling({marker})\ndef test_it({fixture}): ...\n")
    result = pytester.runpytest_inprocess("-q")
    result.assert_outcomes(errors=1)
    assert any(said in line for line in result.outlines)
    told = result.stdout.str().partition("ERROR at setup")[2].partition("short test summary")[0].splitlines()
    assert len([*filter(None, told[1:-1])]) == 1


@pytest.mark.torture
def test_the_marker_lets_hosts_out_and_is_no_matter_to_a_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        CREATE
        + """
import pytest

@pytest.mark.mock_kling(pass_through=["nowhere.invalid"], pace="instant")
def test_it(mock_kling, mock_kling_server):
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://nowhere.invalid/")
    assert create().status_code == create(mock_kling_server.url).status_code == 200
"""
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
