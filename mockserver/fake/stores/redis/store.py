"""The store in Redis or Valkey."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from mockserver.errors import StoreUnavailable
from mockserver.fake.stores.redis.documents import Documents
from mockserver.fake.stores.redis.journal import Journal
from mockserver.fake.stores.redis.opening import opened
from mockserver.fake.stores.redis.schedule import Schedule
from mockserver.fake.stores.redis.server import PREFIX, Server
from mockserver.fake.stores.redis.tasks import Tasks
from mockserver.fake.stores.redis.turn import Worker
from mockserver.fake.stores.redis.turns import Turns
from mockserver.fake.stores.store import Bounds
from mockserver.types import Millis

T = TypeVar("T")

_NUMBERS = f"{PREFIX}numbers"

_ALIVE_MILLIS = 5000
"""Who has not said for so long that it is alive has died; it says so every second."""

_SWEPT = 1000
"""Forgotten tasks that each beat sweeps, where who has forgotten them did not come to it."""


class Redis:
    """State that is shared by all who name the same server and database. Its threads take turns."""

    kind = "redis"
    is_shared = True

    def __init__(self, url: str, bounds: Bounds | None = None) -> None:
        """Raises ``BadSetting`` where it cannot be used, and says what to do; ``MissingPackage``."""
        self.server = opened(url)
        self._worker = uuid.uuid4().hex
        self._clock = _Clock(self.server, self._worker)
        self._turns = Turns(Worker(self._worker, self.server, bounds or Bounds(), self._clock.now))
        self.tasks = Tasks(self._turns)
        self.journal = Journal(self._turns)
        self.documents = Documents(self._turns)
        self.schedule = Schedule(self._turns, self._worker)
        self._turns.run([])

    @property
    def version(self) -> int:
        """Another number whenever a document of the kind ``SHARED`` has changed."""
        turn = self._turns.current
        return self.run([lambda: self.version])[0] if turn is None else turn.version

    @property
    def lapses(self) -> int:
        """Another number whenever the server may have been restarted, perhaps without its data."""
        return self.server.connected

    def now(self) -> Millis:
        """Return the time of the server, which stands still within a turn."""
        turn = self._turns.current
        return self._clock.now() if turn is None else turn.now

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Call each job as one atomic step, and return what they returned once all that they wrote is kept."""
        return self._turns.run(jobs)

    def reserve(self, name: str, size: int, start: int) -> int:
        """Reserve ``size`` numbers that nobody else gets, and return the first; the very first is ``start``."""
        _, end = self.server.ask(("HSETNX", _NUMBERS, name, start), ("HINCRBY", _NUMBERS, name, size))
        return int(end) - size

    def reserve_up_to(self, name: str, number: int) -> None:
        """Let nobody get a number up to this one any more."""
        self.server.run("pass", name, number + 1)

    def beat(self) -> None:
        """Say that whoever uses this store is alive, and give free what the dead had taken."""
        if self._clock.beat(is_end=False):
            self.server.run("sweep", _SWEPT)

    def close(self) -> None:
        """Give back what was taken, and let go of the store."""
        with suppress(StoreUnavailable):  # what was taken goes back when others see that we have died
            self._clock.beat(is_end=True)
        self.server.close()


class _Clock:
    """The time of the server, by our own clock between the beats. It never goes back."""

    def __init__(self, server: Server, worker: str) -> None:
        self._server, self._worker = server, worker
        self._ahead: Millis = 0
        self._last: Millis = 0
        self._lock = threading.Lock()
        self.beat(is_end=False)

    def now(self) -> Millis:
        with self._lock:
            self._last = max(self._last, _millis() + self._ahead)
            return self._last

    def beat(self, *, is_end: bool) -> bool:
        """Say that we are alive, and return whether there is anything to be swept."""
        before = _millis()
        now, is_dirty = self._server.run("beat", self._worker, _ALIVE_MILLIS, int(is_end))
        self._ahead = now - (before + _millis()) // 2
        return bool(is_dirty)


def _millis() -> Millis:
    return time.monotonic_ns() // 1_000_000
