"""The commands for a running fake: each does what its sentence says, and says in a line who does not answer."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from mockserver import live
from mockserver.adapters.testing.live import Live
from mockserver.cli import main
from mockserver.types import JSON, Request
from tests.conftest import HOST, IMAGE, NOON, PATIENCE, TOKEN
from tests.support.process import started

STEERING = ("clock", "fault", "faults", "reset", "tail", "tasks", "verify")
CREATE = "kling/omni-image.create"


@pytest.fixture
def running() -> Iterator[Live]:
    with live(seed=1) as found:
        found.clock.freeze()
        found.clock.set(NOON)
        yield found


def run(*words: str, **how: Any) -> Result:
    return CliRunner().invoke(main, words, **how)


def told(running: Live, *words: str, status: int = 0) -> list[str]:
    """Run a command against a fake; return its lines."""
    result = run(*words, "--url", running.url)
    assert result.exit_code == status, result.output
    return result.stdout.splitlines()


def shown(running: Live, *words: str, status: int = 0) -> Any:
    return json.loads("\n".join(told(running, *words, "--json", status=status)))


def create(running: Live, **fields: JSON) -> int:
    headers = {"host": HOST, "authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    body = json.dumps({"prompt": "A cat", **fields}).encode()
    return running.fake.respond(Request("POST", IMAGE, headers=headers, body=body)).status


def commands() -> Iterator[tuple[str, ...]]:
    """Yield each command for a running fake, with what it needs."""
    arguments = {
        "add": ["1303"],
        "remove": ["1"],
        "advance": ["1s"],
        "set": ["5"],
        "verify": ["kling/omni-image.create"],
    }
    for name in STEERING:
        command = main.get_command(click.Context(main), name)
        inner = command.commands if isinstance(command, click.Group) else {}
        yield from ((name, each, *arguments.get(each, ())) for each in inner)
        if not inner:
            yield (name, *arguments.get(name, ()))


def test_the_clock_is_shown_frozen_moved_set_and_resumed(running: Live) -> None:
    assert told(running, "clock", "show") == [f"2026-09-21T14:13:20.000+00:00 ({NOON}), frozen"]
    assert told(running, "clock", "advance", "90s") == [f"2026-09-21T14:14:50.000+00:00 ({NOON + 90_000}), frozen"]
    assert told(running, "clock", "set", "2026-11-20T12:00:00Z")[0].startswith("2026-11-20T12:00:00.000+00:00 (")
    assert shown(running, "clock", "set", str(NOON))["now"] == NOON
    assert told(running, "clock", "resume")[0].endswith("running")
    assert told(running, "clock", "freeze")[0].endswith("frozen")
    assert running.clock.is_frozen


def test_faults_are_added_listed_removed_and_cleared(running: Live) -> None:
    assert told(running, "faults")[0].startswith("no fault is in force")
    assert told(running, "fault", "add", "1303 x2") == ["fault 1 is in force"]
    assert told(running, "fault", "add", "slow-body", "1s", "--account", "another") == ["fault 2 is in force"]
    assert create(running) == 429
    assert told(running, "faults")[0] == "  1  1303 x2  (control, happened 1 times)"
    assert [each["number"] for each in shown(running, "faults")] == [1, 2]
    assert told(running, "fault", "remove", "1") == ["fault 1 is removed"]
    assert told(running, "fault", "clear") == ["no fault is in force"]
    assert list(running.faults) == []


def test_tasks_are_listed_with_why_one_fails(running: Live) -> None:
    assert told(running, "tasks") == ["there is no task yet"]
    running.faults.add("fail moderation x1")
    create(running, external_task_id="first")
    create(running)
    running.clock.advance("1h")
    (second, first) = told(running, "tasks")
    assert second.split()[1:] == [CREATE, "succeed"]
    assert first.split()[1:4] == [CREATE, "failed", "first"]
    assert "The fault 'fail moderation x1' happened" in first
    assert [each["external_id"] for each in shown(running, "tasks")] == [None, "first"]


def test_a_reset_forgets_all_or_what_one_account_has(running: Live) -> None:
    create(running)
    assert told(running, "reset", "--account", "another") == ["what it had is forgotten"]
    assert len(running.tasks) == 1
    assert told(running, "reset") == ["all is forgotten"]
    assert len(running.tasks) == 0


def test_what_was_sent_is_verified_by_the_exit_status(running: Live) -> None:
    create(running, n=2)
    words = ("verify", CREATE, "--where")
    assert told(running, *words, '{"prompt": "*cat*"}', "--times", "1") == ["as expected: requests 1"]
    lines = told(running, *words, '{"n": 3}', status=1)
    assert lines[0] == "not as expected: requests none"
    assert lines[1].startswith("nearest is request 1: ")
    assert not shown(running, *words, '{"n": 3}', status=1)["is_met"]
    assert "not JSON" in run(*words, "{", "--url", running.url).stderr


@pytest.mark.parametrize("last", [0, 1, 2, 10])
def test_the_last_requests_are_shown_with_their_reasons(running: Live, last: int) -> None:
    create(running)
    create(running, n=10)
    words = ("tail", "--no-follow", "--last", str(last))
    statuses = [line.split()[3] for line in told(running, *words)]
    assert statuses == ["200", "400"][-last:] if last else statuses == []
    lines = told(running, *words, "--json")
    assert [json.loads(line)["status"] for line in lines] == [int(each) for each in statuses]


def test_tail_goes_on_until_the_fake_ends() -> None:
    with live() as running:
        command = [sys.executable, "-m", "mockserver", "tail", "--url", running.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            try:
                running.faults.add("1303")
                create(running)
                assert child.stdout.readline().split()[3:5] == ["429", "-"]
                create(running)
                assert "fault: The fault '1303' happened" in child.stdout.readline()
                child.send_signal(signal.SIGINT)
                assert child.wait(PATIENCE) == 130
            finally:
                child.kill()


@pytest.mark.parametrize("words", [*commands()], ids=" ".join)
def test_a_fake_that_is_not_there_is_told_in_a_line(words: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    result = run(*words, "--url", url)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert f"no fake answers at {url}" in result.stderr


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """The URL of a fake that asks for a token, and to stop its clock is no matter."""
    with started("--control-token", "sesame") as server:
        yield server.url


@pytest.mark.parametrize("words", [*commands()], ids=" ".join)
def test_a_fake_with_a_token_asks_for_it(guarded: str, words: tuple[str, ...]) -> None:
    refused = run(*words, "--url", guarded)
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    assert "the control token is wrong or missing" in refused.stderr
    more = ["--no-follow"] if words[0] == "tail" else []
    accepted = run(*words, *more, "--url", guarded, env={"MOCKSERVER_CONTROL_TOKEN": "sesame"})
    assert "token" not in accepted.stderr


@pytest.mark.parametrize("words", [*commands()], ids=" ".join)
def test_something_else_that_answers_is_told_in_a_line(guarded: str, words: tuple[str, ...]) -> None:
    result = run(*words, "--url", f"{guarded}/v1/images")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_the_url_of_the_fake_may_be_in_the_environment(running: Live) -> None:
    assert run("tasks", env={"MOCKSERVER_URL": running.url}).stdout == "there is no task yet\n"


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://a", "http://"])
def test_what_is_no_url_is_refused(url: str) -> None:
    result = run("tasks", "--url", url)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "--url" in result.stderr
