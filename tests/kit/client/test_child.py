"""Children: whatever ends us, a program ends, and so does what it has started; and its streams cost no memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from threading import Thread

import pytest

from mockserver.kit.client.child import Child, Lines, Tail, unproxied
from tests.conftest import PATIENCE
from tests.support.process import ROOT
from tests.support.survivors import Held, held

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there is no keeper")


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Held]:
    with held(tmp_path) as found:
        yield found


def shell(script: str, *, is_apart: bool = True) -> Child:
    return Child(["sh", "-c", script], is_apart=is_apart)


def let_go(child: Child) -> None:
    child.kill()
    for pipe in child._pipes():
        pipe.close()


@pytest.mark.parametrize("is_apart", [False, True], ids=["beside", "apart"])
@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9), ("kill -15 $$", -15)])
def test_a_program_ends_with_its_own_status(script: str, status: int, is_apart: bool) -> None:
    child = shell(script, is_apart=is_apart)
    assert child.wait(PATIENCE) == status
    let_go(child)


@pytest.mark.parametrize("program", ["no-such-program-at-all", "/", "/etc/passwd"])
def test_what_cannot_be_started_is_an_error_of_the_system_with_its_name(program: str) -> None:
    with pytest.raises(OSError, match=program) as raised:
        Child([program])
    with pytest.raises(OSError, match=program) as usual:
        subprocess.run([program], check=False)
    assert raised.value.errno == usual.value.errno


def test_signals_are_as_usual_for_a_program(tmp_path: Path) -> None:
    code = "import signal; print([s for s in signal.valid_signals() if signal.getsignal(s) == signal.SIG_IGN])"
    code += "\nprint(signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    usual = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    child = Child([sys.executable, "-c", code])
    assert child.pipes[1].read() == usual
    let_go(child)


ORPHANS = {
    "child": "sleep 1000 & echo up >&3; wait",
    "daemon": "setsid sh -c 'sleep 1000 & echo up >&3; wait' & wait",
    "daemon-of-a-daemon": "setsid sh -c 'setsid sh -c \"echo up >&3; exec sleep 1000\" & exit' & sleep 1000",
    "daemon-of-a-program-that-has-ended": "setsid sh -c 'echo up >&3; : > up; exec sleep 1000' & "
    "until [ -e up ]; do sleep 0.01; done; exit 0",
    "deaf": "trap '' TERM INT HUP; setsid sh -c 'echo up >&3; exec sleep 1000' & wait; sleep 1000",
}
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is whose child")


@pytest.mark.torture
@needs_linux
@pytest.mark.parametrize("way", ["kill", "close"])
@pytest.mark.parametrize("kind", ORPHANS)
def test_what_a_program_has_started_ends_with_it(
    kind: str, way: str, pipe: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pipe.path.parent)
    child = shell(f"exec 3> {pipe.path}; {ORPHANS[kind]}", is_apart=False)
    try:
        assert pipe.wait_for_a_word() == b"up\n"
        getattr(child, way)()
        assert pipe.wait_until_let_go()
    finally:
        let_go(child)


OURS = """
import os, signal, sys, time
from mockserver.kit.client.child import Child
child = Child(["sh", "-c", sys.argv[1]], is_apart=sys.argv[2] == "apart")
exec(sys.argv[3])
"""

ENDS = {
    "by-itself": "time.sleep(0)",
    "by-an-exception": "raise RuntimeError",
    "by-sigkill": "os.kill(os.getpid(), signal.SIGKILL)",
    "by-sigterm": "os.kill(os.getpid(), signal.SIGTERM)",
    "with-its-group": "os.killpg(0, signal.SIGKILL)",
    "while-a-fork-lives": "os.fork() and os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.1)",
}
"""How we end, while a program of ours runs."""


@pytest.mark.torture
@needs_linux
@pytest.mark.parametrize("place", ["apart", "beside"])
@pytest.mark.parametrize("end", ENDS)
def test_a_program_and_its_daemons_end_when_we_do(end: str, place: str, pipe: Held) -> None:
    script = f"exec 3> {pipe.path}; {ORPHANS['daemon']}"
    wait = f"import select; select.select([os.open({str(pipe.path)!r}, os.O_RDONLY)], [], [])\n"
    command = [sys.executable, "-c", OURS, script, place, wait + ENDS[end]]
    ours = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        assert ours.wait(PATIENCE) != 1 or end == "by-an-exception"
        pipe.wait_for_a_word()
        assert pipe.wait_until_let_go()
    finally:
        ours.kill()


@needs_linux
def test_a_program_that_is_asked_to_end_may_put_things_in_order(pipe: Held) -> None:
    child = shell(f"exec 3> {pipe.path}; trap 'echo tidy >&3; exit 0' TERM; echo up >&3; while :; do sleep 0.01; done")
    assert pipe.wait_for_a_word() == b"up\n"
    child.close()
    assert pipe.wait_for_a_word() == b"tidy\n"
    let_go(child)


def test_a_keeper_is_not_ended_by_what_ends_others(pipe: Held) -> None:
    child = shell(f"exec 3> {pipe.path}; echo up >&3; exec sleep 1000")
    assert pipe.wait_for_a_word() == b"up\n"
    assert child._process is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(child._process.pid, number)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.1)
    let_go(child)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "localhost,127.0.0.1,::1"),
        ({"NO_PROXY": "corp.example, 10.0.0.0/8"}, "corp.example,10.0.0.0/8,localhost,127.0.0.1,::1"),
        ({"no_proxy": "a", "NO_PROXY": "b"}, "b,a,localhost,127.0.0.1,::1"),
        ({"no_proxy": "localhost,a"}, "localhost,a,127.0.0.1,::1"),
        ({"NO_PROXY": "*"}, "*"),
        ({"no_proxy": ","}, "localhost,127.0.0.1,::1"),
    ],
)
def test_what_goes_to_this_machine_needs_no_proxy(before: dict[str, str], after: str) -> None:
    assert unproxied(before) == {"NO_PROXY": after, "no_proxy": after}


def test_a_program_finds_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "corp.example")
    monkeypatch.delenv("no_proxy", raising=False)
    child = Child(["sh", "-c", "echo $NO_PROXY $no_proxy $MORE"], variables={"MORE": "more"})
    expected = "corp.example,localhost,127.0.0.1,::1"
    assert child.pipes[1].read().decode().split() == [expected, expected, "more"]
    let_go(child)


FLOOD = 200 << 20
"""Bytes: much more than may be kept."""

FLOODS = {
    "lines": "yes",
    "one-endless-line": "tr '\\0' x < /dev/zero",
    "zeros": "cat /dev/zero",
    "no-text": "yes | tr 'y\\n' '\\377\\200'",
}


@pytest.fixture
def memory() -> Iterator[None]:
    """Fail a test that needs more than a few megabytes."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 30 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.torture
@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_on_stderr_is_read_and_only_its_end_is_kept(flood: str) -> None:
    child = shell(f"{FLOODS[flood]} | head -c {FLOOD} >&2; echo >&2; echo the end >&2")
    tail = Tail(child.pipes[2])
    assert child.wait(PATIENCE) == 0
    assert tail.lines()[-1] == "the end"
    assert sum(map(len, tail.lines())) <= 1 << 16
    let_go(child)


@pytest.mark.torture
@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_on_stdout_waits_to_be_read(flood: str) -> None:
    child = shell(FLOODS[flood])
    lines = Lines(child.pipes[1], 1 << 20)
    assert len(lines.next(PATIENCE) or b"") <= 1 << 20
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.2)
    child.kill()
    lines.close()
    assert not lines._reader.is_alive()
    let_go(child)


def test_lines_come_one_by_one_and_then_none() -> None:
    child = shell("echo one; echo; printf three")
    lines = Lines(child.pipes[1], 100)
    assert [lines.next(PATIENCE) for _ in range(4)] == [b"one\n", b"\n", b"three", None]
    with pytest.raises(Empty):
        lines.next(0.01)
    let_go(child)


def test_whoever_waits_for_a_line_is_told_of_the_end_though_another_throws_away_what_is_left() -> None:
    readable, writable = os.pipe()
    lines = Lines(os.fdopen(readable, "rb"), 100)
    closing = Thread(target=lines.close)
    closing.start()
    os.close(writable)
    closing.join(PATIENCE)
    assert lines.next(0.01) is None
