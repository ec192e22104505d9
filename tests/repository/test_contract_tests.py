"""contract_tests/ as its users run it: one case a check, one run of the judge, true exit statuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.adapters.testing.live import Live, live
from mockserver.kit.client.checks.registry import CHECKS as OF_CLIENTS
from mockserver.kit.server.checks.registry import CHECKS as OF_SERVERS
from mockserver.settings import Key

ROOT = Path(__file__).parents[2]
TESTEE = f"{sys.executable} {ROOT / 'examples' / 'python_httpx' / 'testee.py'}"


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live(pace="instant", keys=(Key("mine"),)) as running:
        yield running


def suite(*words: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rs",
        "-p",
        "no:cacheprovider",
        str(ROOT / "contract_tests"),
        *words,
    ]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.torture
def test_a_server_is_judged_once_however_many_workers_there_are(server: Live, tmp_path: Path) -> None:
    before = len(list(server.requests))
    found = suite("-n", "2", "--server", server.url, "--token", "mine", "--only", "credentials", cwd=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "failed" not in found.stdout
    asked = [entry for entry in list(server.requests) if entry.number > before]
    assert sum(entry.request.headers.get("authorization") is None for entry in asked) == 1


def test_there_is_one_case_for_each_check() -> None:
    found = suite("--collect-only", "--server", "http://127.0.0.1:9", "--testee", TESTEE)
    assert {line.partition("[")[2].rstrip("]") for line in found.stdout.splitlines() if "::test_server" in line} == {
        *OF_SERVERS
    }
    assert {line.partition("[")[2].rstrip("]") for line in found.stdout.splitlines() if "::test_client" in line} == {
        *OF_CLIENTS
    }


@pytest.mark.torture
def test_a_client_is_judged_and_what_was_not_checked_is_skipped_with_the_reason() -> None:
    found = suite("--testee", TESTEE, "--only", "content-type-is-json", "--examples", "0")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "not among --only" in found.stdout
    assert f"1 passed, {len(OF_CLIENTS) - 1} skipped" in found.stdout


@pytest.mark.torture
def test_a_broken_promise_fails_the_case_of_its_check(server: Live) -> None:
    with live(pace="instant", faults=("no-credentials on kling/omni-image.list",)) as broken:
        found = suite("--server", broken.url, "--only", "good-credentials-enter")
    assert found.returncode != 0
    assert "401" in found.stdout + found.stderr


@pytest.mark.torture
@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ((), 4, "give --server URL, --testee COMMAND, or both"),
        (("--server", "nowhere"), 4, "nowhere"),
        (("--server", "http://127.0.0.1:9", "-n", "2"), 2, "does not answer"),
        (("--testee", "no-such-program-at-all"), 4, "no-such-program-at-all"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_green(words: tuple[str, ...], status: int, said: str) -> None:
    found = suite(*words)
    assert found.returncode == status, found.stdout + found.stderr
    assert said in found.stdout + found.stderr
    assert "Traceback" not in found.stdout + found.stderr
