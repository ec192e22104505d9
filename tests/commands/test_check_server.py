"""``mockserver check server``: a real server, a real command, a report, and the three exit statuses."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.adapters.testing.live import Live, live
from mockserver.kit import check_server
from mockserver.kit.verdict import ExitStatus
from tests.support.process import ROOT

MAIN = "from mockserver.cli import main; main()"
QUICK = (
    "--operation",
    "kling/omni-image",
    "--only",
    "credentials",
    "--only",
    "unknown-paths",
    "--only",
    "reading-error-data",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live(pace="instant", seed=1, readings={"error-data": "null"}) as running:
        yield running


def check(*words: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-c", MAIN, "check", "server", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_a_server_that_keeps_its_word_is_told_so_after_the_plan(server: Live, tmp_path: Path) -> None:
    found = check(server.url, *QUICK, "--report", str(tmp_path))
    assert (found.returncode, found.stdout.splitlines()[-1].split(":")[0]) == (0, "http"), found.stdout
    assert "keeps the contract" in found.stdout.splitlines()[-1]
    assert found.stderr.startswith("The plan: at most ")
    begun = [line for line in found.stderr.splitlines() if line.startswith("[")]
    assert [line.partition("/")[0] for line in begun] == [f"[{number:3}" for number in range(1, len(begun) + 1)]
    assert begun
    assert "[  1/" not in found.stdout
    verdict = json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["status"] == "kept"
    assert "error-data=null" in {each["name"]: each["value"] for each in verdict["facts"]}["what was open"]
    assert {"no-credentials-refused", "expired-token-refused"} <= {made["id"] for made in verdict["made"]}
    reasons = {skipped["check"]: skipped["reason"] for skipped in verdict["skipped"]}
    assert reasons["task-ends"] == "not among --only"
    assert reasons["reading-error-data"].startswith("the documents leave this open")
    assert (tmp_path / "junit.xml").exists()


@pytest.mark.torture
def test_the_library_judges_as_the_command_does(server: Live) -> None:
    readings = {"error-data": "null"}
    verdict = check_server(
        server.url, operations=("kling/omni-image",), readings=readings, only=("reading-error-data",)
    )
    assert verdict.status is ExitStatus.KEPT
    assert [check.id for check in verdict.made] == ["reading-error-data"]
    assert dict(verdict.facts)["readings settled"] == "error-data=null"


@pytest.mark.torture
def test_a_task_is_watched_to_its_end_and_called_back(server: Live) -> None:
    only = ("--only", "lifecycle", "--only", "callbacks", "--only", "results-can-be-opened")
    found = check(server.url, "--operation", "kling/omni-image", *only)
    assert found.returncode == 0, found.stdout
    assert "callback-matches-query" in found.stdout
    assert "callback-comes: " not in found.stdout


@pytest.mark.torture
def test_a_broken_promise_is_shown_and_can_be_accepted(server: Live, tmp_path: Path) -> None:
    settled = (*QUICK, "--reading", "error-data=absent")
    found = check(server.url, *settled)
    assert found.returncode == 1, found.stdout
    assert "reading-error-data" in found.stdout
    assert "curl -X" in found.stdout
    keys = (
        "kling/omni-image.list",
        "POST /v1/images/omni-image-that-is-none/at-all",
        "PATCH /v1/images/omni-image",
        "kling/omni-image.create",
        "kling/omni-image.get",
    )
    lines = [f"reading-error-data {key}  # they like null" for key in keys]
    baseline = tmp_path / "baseline"
    baseline.write_text("\n".join(lines), encoding="utf-8")
    accepted = check(server.url, *settled, "--baseline", str(baseline))
    assert accepted.returncode == 0, accepted.stdout
    baseline.write_text("\n".join([*lines, "unknown-paths nowhere  # gone"]), encoding="utf-8")
    stale = check(server.url, *settled, "--baseline", str(baseline))
    assert stale.returncode == 1
    assert "unknown-paths nowhere" in stale.stdout


def test_two_keys_of_one_account_are_found_out_and_told_nowhere(tmp_path: Path) -> None:
    first, second = "first-key-of-mine-1", "second-key-of-mine-2"
    words = ("--operation", "kling/omni-image", "--only", "accounts", "--token", first, "--other-token", second)
    with live(services=("kling",), pace="instant", keys=(f"{first}=me", f"{second}=me")) as shared:
        found = check(shared.url, *words, "--report", str(tmp_path))
    assert found.returncode == 1, found.stdout
    assert "accounts: 2 tasks of kling/omni-image.create, 16 units" in found.stderr
    verdict = json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))
    assert {"others-task-is-missing", "others-task-is-unlisted"} <= {each["check"] for each in verdict["findings"]}
    told = [found.stdout, found.stderr, *(file.read_text(encoding="utf-8") for file in tmp_path.iterdir())]
    assert not any(key in text for text in told for key in (first, second))


def test_where_nobody_answers_nothing_is_judged() -> None:
    with socket.socket() as held:  # nobody else gets the port, and nobody listens there
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        found = check(f"http://127.0.0.1:{port}", *QUICK)
    assert found.returncode == 2
    assert f"http://127.0.0.1:{port} does not answer: ConnectError" in found.stdout


def test_what_checked_nothing_is_not_green(server: Live) -> None:
    found = check(server.url, "--only", "lifecycle", "--skip", "lifecycle")
    assert found.returncode == 2, found.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "URL: 'nowhere' is not"),
        (("http://127.0.0.1:1", "--reading", "error-data"), "--reading"),
        (("http://127.0.0.1:1", "--only", "task-end"), "did you mean 'task-ends'"),
        (("http://127.0.0.1:1", "--service", "klang"), "did you mean 'kling'"),
        (("http://127.0.0.1:1", "--other-token", "ak:"), "--other-token: a part of it is empty"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], said: str) -> None:
    found = check(*words)
    assert found.returncode == 2
    assert said in found.stderr
    assert found.stderr.count("\n") == 1
    assert "The plan" not in found.stderr


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A server that says nothing, in which a request would wait."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


ONE_TASK = ("--operation", "kling/omni-image", "--max-creates", "1")


def has_been_asked(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def test_a_plan_says_what_each_scenario_does_and_what_it_costs_and_sends_nothing(listening: socket.socket) -> None:
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    found = check(url, "--operation", "kling/omni-image", "--max-units", "100", "--plan")
    lines = found.stdout.splitlines()
    assert (found.returncode, found.stderr, lines[-1]) == (0, "", "Nothing was sent.")
    assert lines[0].startswith("The plan: at most ")
    assert "(--max-creates 50, --max-units 100) for about " in lines[0]
    assert "  task lifecycle: Create a few tasks of each operation, and watch each to its end." in lines
    assert "    3 tasks of kling/omni-image.create, 40 units" in lines
    assert not has_been_asked(listening)


@pytest.mark.parametrize(
    ("answer", "words", "is_asked", "is_sent"),
    [
        ("n\n", (), True, False),
        ("\n", (), True, False),
        ("\x04", (), True, False),
        ("y\n", (), True, True),
        ("n\n", ("--only", "ids-differ", "--yes"), False, True),
        ("n\n", ("--only", "no-credentials-refused"), False, True),
    ],
)
def test_on_a_terminal_one_is_asked_before_anything_is_spent_elsewhere(
    answer: str, words: tuple[str, ...], is_asked: bool, is_sent: bool
) -> None:
    """A name that no resolver knows is elsewhere and cannot be reached: that says that it was tried."""
    status, shown = on_terminal(answer, "http://kling.invalid", *ONE_TASK, *words)
    assert ("Create these tasks at http://kling.invalid?" in shown) is is_asked, shown
    assert ("Nothing was sent." in shown) is not is_sent
    assert ("does not answer" in shown) is is_sent
    assert status == 2


def on_terminal(typed: str, *words: str) -> tuple[int, str]:
    """Run the command on a terminal where somebody types; return its status and what the terminal shows."""
    ours, theirs = pty.openpty()
    try:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        command = [sys.executable, "-c", MAIN, "check", "server", *words]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        patience = threading.Timer(60, process.kill)
        patience.start()
        os.write(ours, typed.encode())
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        patience.cancel()
        return process.wait(timeout=60), shown.decode(errors="replace")
    finally:
        os.close(ours)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux says so when the other side is closed
        return b""
