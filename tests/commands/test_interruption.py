"""The end of a command, whatever brings it: all that it has started ends, and the verdict so far is told."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from click.testing import CliRunner

from mockserver.adapters.testing.live import live
from mockserver.cli import main
from mockserver.commands.judging.interruption import interruption
from mockserver.errors import Interrupted
from mockserver.kit.client.child import Child
from tests.conftest import PATIENCE
from tests.support.process import MAIN, ROOT
from tests.support.survivors import Held, held, survivors

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is whose child"),
]

STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}

CLIENT = """
import json, os, subprocess, sys, time, urllib.request
url = os.environ["KLING_BASE_URL"]
headers = {"authorization": "Bearer me", "content-type": "application/json"}
body = json.dumps({"prompt": "A cat"}).encode()
urllib.request.urlopen(urllib.request.Request(url + "/v1/images/omni-image", body, headers)).read()
hold = os.open(sys.argv[1], os.O_WRONLY)
subprocess.Popen(["setsid", "sleep", "1000"], pass_fds=[hold])
os.write(hold, url.encode())
time.sleep(1000)
"""
"""A command that has made a request and started a daemon, and does not end by itself."""

TESTEE = """
import json, os, subprocess, sys
hold = os.open(sys.argv[1], os.O_WRONLY)
subprocess.Popen(["setsid", "sleep", "1000"], pass_fds=[hold])
for number, line in enumerate(sys.stdin):
    ask = json.loads(line)
    hello = {"name": "acme", "operations": ["kling/omni-image"]}
    if number == 4:
        os.write(hold, (ask["base_url"] + " ").encode())
        sys.stdin.read()
    answer = hello if ask["do"] == "hello" else {"outcome": "timeout"}
    print(json.dumps({"id": ask["id"], **answer}), flush=True)
"""
"""A testee that answers three requests, and then no more."""


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Held]:
    with held(tmp_path) as found:
        yield found


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a session of its own, as a terminal does."""
    command = [sys.executable, "-c", MAIN, *words]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, text=True, **streams) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def is_gone(url: str) -> bool:
    """Wait until nobody listens any more."""
    end = monotonic() + PATIENCE
    parts = urlsplit(url)
    while monotonic() < end:
        try:
            socket.create_connection((str(parts.hostname), int(parts.port or 0)), PATIENCE).close()
        except OSError:
            return True
        sleep(0.01)  # nobody tells us when a stranger closes a port
    return False


def to_it(process: subprocess.Popen[str], number: int) -> None:
    process.send_signal(number)


def to_all(process: subprocess.Popen[str], number: int) -> None:
    os.killpg(process.pid, number)


def to_all_twice(process: subprocess.Popen[str], number: int) -> None:
    os.killpg(process.pid, number)
    os.killpg(process.pid, number)


Way = Callable[[subprocess.Popen[str], int], None]

WAYS: list[tuple[int, Way]] = [
    (signal.SIGINT, to_it),
    (signal.SIGINT, to_all),
    (signal.SIGINT, to_all_twice),
    (signal.SIGTERM, to_it),
    (signal.SIGTERM, to_all_twice),
    (signal.SIGHUP, to_all),
]


@pytest.mark.parametrize(("number", "way"), WAYS)
def test_a_run_that_is_interrupted_ends_all_and_tells_what_it_saw(number: int, way: Way, pipe: Held) -> None:
    with started("run", "--", sys.executable, "-c", CLIENT, str(pipe.path)) as run:
        url = pipe.wait_for_a_word().decode().split()[0]  # of the first lane
        way(run, number)
        stdout, stderr = run.communicate(timeout=PATIENCE)
        assert (run.returncode, stdout) == (STATUS[signal.Signals(number)], ""), stderr
        assert "operations: kling/omni-image.create 1" in stderr
        assert "keeps the contract" in stderr.splitlines()[-1]
        assert "mockserver:" not in stderr
        assert pipe.wait_until_let_go()
        assert is_gone(url)


def test_a_run_that_is_interrupted_before_it_knows_that_its_command_runs_tells_what_it_saw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = Child.__init__

    def interrupted(child: Child, command: Sequence[str], **about: Any) -> None:
        start(child, command, **about)
        if about.get("is_apart") is False:
            child.wait()
            child.close()
            raise Interrupted(signal.SIGINT)

    monkeypatch.setattr(Child, "__init__", interrupted)
    client = CLIENT.partition("hold =")[0]
    result = CliRunner().invoke(main, ("run", "--", sys.executable, "-c", client))
    assert result.exit_code == STATUS[signal.SIGINT]
    assert "operations: kling/omni-image.create 1" in result.stderr
    assert "keeps the contract" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(("number", "way"), WAYS)
def test_a_check_of_a_client_that_is_interrupted_ends_all_and_tells_what_it_saw(
    number: int, way: Way, pipe: Held
) -> None:
    words = ("--examples", "0", "--", sys.executable, "-c", TESTEE, str(pipe.path))
    with started("check", "client", *words) as check:
        url = pipe.wait_for_a_word().decode().split()[0]  # of the first lane
        way(check, number)
        stdout, stderr = check.communicate(timeout=PATIENCE)
        assert check.returncode == STATUS[signal.Signals(number)], stderr
        assert all(line.startswith("[") for line in stderr.splitlines()), stderr
        name = signal.Signals(number).name
        assert stdout.splitlines()[-1] == f"acme could not be judged: it was interrupted by {name}."
        assert "error: " in stdout
        assert re.search("times asked: [3-6]$", stdout, re.MULTILINE), "two of it were asked, or one had not begun"
        assert pipe.wait_until_let_go()
        assert is_gone(url)


@pytest.mark.parametrize("number", STATUS)
def test_a_check_of_a_server_that_is_interrupted_tells_what_it_saw(number: int) -> None:
    with (
        live(faults=("slow-headers 100s on kling/omni-image.create",)) as server,
        started("check", "server", server.url) as check,
    ):
        end = monotonic() + PATIENCE
        while len(server.fake.world.journal) < 3 and check.poll() is None and monotonic() < end:
            sleep(0.01)
        check.send_signal(number)
        stdout, stderr = check.communicate(timeout=PATIENCE)
    assert check.returncode == STATUS[signal.Signals(number)], stdout + stderr
    assert stdout.splitlines()[-1].endswith(
        f"could not be judged: it was interrupted by {signal.Signals(number).name}."
    )
    assert "Traceback" not in stderr


@pytest.mark.parametrize("words", [("run",), ("check", "client")])
def test_what_is_killed_ends_all_the_same(words: tuple[str, ...], pipe: Held) -> None:
    code = CLIENT if words == ("run",) else TESTEE
    with started(*words, "--", sys.executable, "-c", code, str(pipe.path)) as killed:
        url = pipe.wait_for_a_word().decode().split()[0]  # of the first lane
        killed.kill()
        killed.wait(PATIENCE)
        assert pipe.wait_until_let_go()
        assert is_gone(url)


START = """
import os, signal, sys
from mockserver.kit.client import child, fake_process
{patch}
from mockserver.cli import main
main()
"""

MOMENTS = {
    "as-the-keeper-starts": "usual = child.subprocess.Popen\n"
    "child.subprocess.Popen = lambda *a, **k: (usual(*a, **k), stop())[0]",
    "as-the-fake-has-started": "usual = child.Child._check_start\n"
    "child.Child._check_start = lambda *a: (usual(*a), stop())[0]",
    "as-the-fake-says-where-it-is": "usual = child.Lines.next\nchild.Lines.next = lambda *a: (usual(*a), stop())[0]",
    "as-a-connection-is-made": "usual = fake_process.httpx.Client\n"
    "fake_process.httpx.Client = lambda *a, **k: (usual(*a, **k), stop())[0]",
}
"""The first moments of a run: the fake is there, but nobody is responsible for it yet."""

STOPS = {
    "sigterm": ("os.kill(os.getpid(), signal.SIGTERM)", 143),
    "ctrl-c": ("os.kill(os.getpid(), signal.SIGINT)", 130),
    "sigkill": ("os.kill(os.getpid(), signal.SIGKILL)", -9),
    "an-exception": ("sys.exit(77)", 77),
}


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_what_ends_in_its_first_moments_leaves_nothing_behind(moment: str, stop: str) -> None:
    code, status = STOPS[stop]
    program = START.format(patch=f"stop = lambda: {code}\n{MOMENTS[moment]}")
    mark = f"MARK_OF_A_TEST={uuid4()}"
    command = ["env", mark, sys.executable, "-c", program, "run", "--", "true"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        _, stderr = run.communicate(timeout=PATIENCE)
    assert run.returncode == status, stderr
    assert "Traceback" not in stderr
    end = monotonic() + PATIENCE
    while survivors(mark) and monotonic() < end:
        sleep(0.01)  # the kernel tells nobody when a stranger ends
    assert survivors(mark) == []


def test_only_the_first_signal_interrupts_and_what_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruption() as found:
            signal.raise_signal(signal.SIGHUP)
            assert [found.number] == [None]
            with pytest.raises(Interrupted, match="interrupted by SIGTERM"):
                signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            waited = list[str]()
            with found.patience():
                signal.raise_signal(signal.SIGINT)
                waited.append("to the end")
            signal.raise_signal(signal.SIGINT)
            assert waited == []
            assert found.number == signal.SIGTERM
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
