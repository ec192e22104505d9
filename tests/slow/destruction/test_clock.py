"""The machine's clock is stepped back by an hour: ids, times and due callbacks go on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import IMAGE
from tests.slow.destruction.figures import note
from tests.slow.destruction.load import session
from tests.slow.destruction.sink import Sink, sink
from tests.support.process import MAIN, Process, started
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.torture

TASKS = 200
BACK_SECONDS = 3600
_LATE_SECONDS = BACK_SECONDS / 2
"""What waits for the clock to come back is later; what does not is done in seconds, or minutes on a busy machine."""


class Clock:
    """The clock of the machine, as some processes see it: nobody may set the true one for a test.

    libfaketime would do so for any program, but ``time.sleep`` fails under it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.step(0)
        self.main = f"""
import time
from pathlib import Path

def stepped(true=time.time_ns, file=Path({str(self._file)!r})):
    return true() + int(file.read_text()) * 10**9

time.time_ns, time.time = stepped, lambda: stepped() / 10**9
{MAIN}
"""

    def step(self, seconds: int) -> None:
        """Set it so many seconds from the true time; in one step, or whoever reads meanwhile sees a half."""
        written = self._file.with_suffix(".new")
        written.write_text(f"{seconds}")
        written.replace(self._file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


@pytest.fixture(params=["memory", "sqlite, 2 workers", "redis"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A store by its name, and the options that name it."""
    with ExitStack() as stack:
        where: tuple[str, ...] = ()
        if request.param == "redis":
            redis = RedisServer(tmp_path)
            stack.callback(redis.stop)
            where = ("--store", redis.url)
        elif request.param != "memory":
            where = ("--store", f"sqlite:{tmp_path / 'state.db'}", "--workers", "2")
        yield request.param, where


class Tasks:
    """What clients were told: ids, and when each task was made."""

    def __init__(self, hook: Sink) -> None:
        self._hook = hook
        self.ids: list[str] = []
        self._last = 0

    async def create(self, server: Process) -> None:
        """Make tasks one after another; each is made at the same time as the last, or later."""
        async with session() as client:
            for _ in range(TASKS):
                payload = {"prompt": "A cat", "callback_url": self._hook.url}
                async with client.post(server.url + IMAGE, json=payload) as answer:
                    body = await answer.json()
                    assert answer.status == 200, body
                assert body["data"]["created_at"] >= self._last
                self._last = body["data"]["created_at"]
                self.ids.append(body["data"]["task_id"])

    def all_arrive(self) -> None:
        """Wait until all callbacks have arrived."""
        assert len(set(self.ids)) == len(self.ids)
        self._hook.wait_for(set(self.ids))


OPTIONS = ("--pace", "fast", "--seed", "7")


def test_a_clock_stepped_back_while_it_runs_stops_nothing(kept: tuple[str, tuple[str, ...]], clock: Clock) -> None:
    name, where = kept
    with sink() as hook, started(*OPTIONS, *where, main=clock.main) as server:
        tasks = Tasks(hook)
        asyncio.run(tasks.create(server))
        clock.step(-BACK_SECONDS)
        began = time.monotonic()
        if server.workers:  # another one starts, for which it has always been this late
            os.kill(server.workers[0], signal.SIGKILL)
        asyncio.run(tasks.create(server))
        tasks.all_arrive()
        took = time.monotonic() - began
        assert "Traceback" not in server.stderr
        assert took < _LATE_SECONDS
    note(
        f"8 clock back, {name}",
        f"an hour back amid {2 * TASKS} tasks that take seconds: no id twice, no time earlier than the one before, all "
        f"{6 * TASKS} callbacks within {took:.0f} s",
    )


def test_a_clock_stepped_back_between_two_runs_stops_nothing(tmp_path: Path, clock: Clock) -> None:
    options = (*OPTIONS, "--store", f"sqlite:{tmp_path / 'state.db'}")
    with sink() as hook:
        tasks = Tasks(hook)
        for number, end in enumerate([signal.SIGTERM, signal.SIGKILL, signal.SIGTERM]):
            clock.step(-BACK_SECONDS * number)
            with started(*options, main=clock.main) as server:
                asyncio.run(tasks.create(server))
                server.stop(end)
                assert "Traceback" not in server.stderr
        with started(*options, main=clock.main):
            began = time.monotonic()
            tasks.all_arrive()
            took = time.monotonic() - began
    note(
        "8 clock back, between runs",
        f"an hour back twice between runs on one SQLite file, after a stop and after kill -9: {len(tasks.ids)} tasks, "
        f"no id twice, no time earlier than the one before, all callbacks, the last {took:.0f} s after the last start",
    )
