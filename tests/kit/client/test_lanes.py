"""Lanes: what is played side by side, what is played alone, and what becomes of all when one fails."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from mockserver.commands.judging.interruption import interruption
from mockserver.errors import Interrupted
from mockserver.kit import check_client
from mockserver.kit.client.fake_process import FakeProcess
from mockserver.kit.client.lanes import Lanes
from mockserver.kit.client.player import Connection, connected
from mockserver.kit.client.runner import run
from mockserver.kit.client.settings import Settings
from tests.conftest import PATIENCE

LOCKED = """
import fcntl, json, sys
lock = open(sys.argv[1], "a")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit("somebody else has my port")
for line in sys.stdin:
    ask = json.loads(line)
    answer = {"name": "alone", "operations": ["kling/omni-image"]}
    if ask["do"] != "hello":
        answer = {"outcome": "error", "message": "no"}
    print(json.dumps({"id": ask["id"], **answer}), flush=True)
"""


class Idle:
    """A testee that only notes that it was closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def start(self, seconds: float) -> None:
        pass

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        assert self.closed.wait(seconds)
        return {}

    def close(self) -> None:
        self.closed.set()


def lanes(number: int) -> tuple[Lanes, list[Idle]]:
    testees = [Idle() for _ in range(number)]
    return Lanes([Connection(testee, FakeProcess()) for testee in testees]), testees


def test_as_many_are_played_at_once_as_there_are_lanes() -> None:
    found, _ = lanes(2)
    meeting = threading.Barrier(2, timeout=PATIENCE)
    used: list[object] = []

    def play(_: int) -> None:
        with found.lane() as connection:
            used.append(connection)
            meeting.wait()

    found.each(play, range(4))
    assert len(used) == 4
    assert len({id(connection) for connection in used}) == 2


def test_what_is_played_alone_is_on_the_first_lane() -> None:
    found, testees = lanes(2)
    for _ in range(3):
        with found.lane() as connection:
            assert connection.testee is testees[0]


def test_things_are_begun_in_their_order_and_none_twice() -> None:
    for number in (1, 2, 3):
        begun: list[int] = []
        lanes(number)[0].each(begun.append, iter(range(50)))
        assert sorted(begun) == [*range(50)]
        assert number > 1 or begun == [*range(50)]


@pytest.mark.parametrize("error", [ZeroDivisionError(), Interrupted(2)])
def test_what_one_raises_ends_the_others_whatever_they_wait_for(error: BaseException) -> None:
    found, _ = lanes(2)
    meeting = threading.Barrier(2, timeout=PATIENCE)

    def play(number: int) -> None:
        with found.lane() as connection:
            meeting.wait()
            if number == 1:
                raise error
            connection.testee.ask({}, PATIENCE)

    with pytest.raises(type(error)):
        found.each(play, [0, 1, *range(2, 100)])
    assert found.is_closed


class Reborn(Idle):
    """A testee that is started again by whoever asks it after its end, as a program is."""

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        self.closed = threading.Event()
        return super().ask(request, seconds)


def interrupted_at(moment: int) -> bool:
    """Interrupt ``each`` at its n-th call in the main thread, or else as it waits; tell whether it was at the call.

    Who plays waits for an answer that never comes.
    """
    found = Lanes([Connection(Reborn(), FakeProcess()) for _ in range(2)])
    earlier = iter(range(moment))
    waits, playing = threading.Event(), set[int]()

    def play(number: int) -> None:
        playing.add(number)
        with found.lane() as connection:
            connection.testee.ask({}, PATIENCE)
        playing.remove(number)

    def see(_: FrameType, event: str, what: object) -> None:
        if event in {"call", "c_return"} and next(earlier, None) is None:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGTERM)
        elif event == "c_call" and getattr(what, "__qualname__", "") == "SimpleQueue.get":
            waits.set()

    def interrupt() -> None:
        waits.wait()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)

    def watched() -> None:
        sys.setprofile(see)
        try:
            found.each(play, range(100))
        finally:
            sys.setprofile(None)

    last = threading.Thread(target=interrupt, daemon=True)
    with interruption():
        last.start()
        with pytest.raises(Interrupted):
            watched()
        waits.set()
        last.join()
    assert not playing
    return next(earlier, None) is None


def test_an_interruption_at_any_moment_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.kit.client.lanes._LOOK_SECONDS", 0.001)
    moments = count()
    while interrupted_at(next(moments)):
        pass
    assert next(moments) > 50


def counted(settings: Settings) -> tuple[Any, list[Connection]]:
    """Run, and return the verdict and the connections that were opened."""
    opened: list[Connection] = []

    @contextmanager
    def connect(settings: Settings) -> Iterator[Connection]:
        with connected(settings) as connection:
            opened.append(connection)
            yield connection

    return run(settings, connect=connect), opened


def test_a_program_that_cannot_run_twice_is_asked_on_one_lane(tmp_path: Path) -> None:
    command = (sys.executable, "-c", LOCKED, str(tmp_path / "lock"))
    verdict, opened = counted(Settings(testee=command, only=["gives-up-in-time"], examples=0, seconds=60))
    assert len(opened) == 2
    assert not [finding for finding in verdict.findings if "somebody else" in finding.received]
    assert "not played" not in dict(verdict.facts)
    assert verdict.obstacle is None


@pytest.mark.torture
def test_a_program_is_asked_on_two_and_an_object_on_one(tmp_path: Path) -> None:
    command = (sys.executable, "-c", LOCKED.replace("LOCK_EX", "LOCK_SH"), str(tmp_path / "lock"))
    _, opened = counted(Settings(testee=command, only=["content-type-is-json"], examples=0))
    assert len(opened) == 1, "there is only one scenario"
    _, opened = counted(Settings(testee=command, only=["wire"], examples=0))
    assert len(opened) == 2
    _, opened = counted(Settings(testee=("tests.mutants.clients.reference:Reference",), only=["wire"], examples=0))
    assert len(opened) == 1


@pytest.mark.torture
def test_the_order_of_findings_is_that_of_the_plan(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LOCKED.replace("LOCK_EX", "LOCK_SH"), str(tmp_path / "lock")]
    found = [check_client(command, only=["wire", "waiting"], examples=0).findings for _ in range(2)]
    assert [finding.key for finding in found[0]] == [finding.key for finding in found[1]]
    assert len(found[0]) > 5
