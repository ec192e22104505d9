"""The budget of a run: how many tasks it may make, and until when it may go on."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from mockserver.errors import MockserverError
from mockserver.types import Millis

_WATCHING = 0.8
"""The share of a run's time that may go by with waiting. It leaves a film five times 90 s of the usual 600."""


class Spent(MockserverError):
    """No more may be sent; the text says why."""


class Time(Protocol):
    """What tells the time, and lets it pass."""

    def now(self) -> Millis:
        """Return the time."""

    def sleep(self, span: Millis) -> None:
        """Return so much later."""


class RealTime:
    """The machine's time."""

    def now(self) -> Millis:
        """Return the machine's time."""
        return time.time_ns() // 1_000_000

    def sleep(self, span: Millis) -> None:
        """Wait."""
        time.sleep(span / 1000)


class Budget:
    """Counts the tasks that were made; ``most`` may be."""

    def __init__(self, most: int, seconds: float, clock: Time) -> None:
        self.most, self.made = most, 0
        self._clock = clock
        self._seconds = seconds
        self._began = clock.now()
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """How many tasks may still be made."""
        return self.most - self.made

    @property
    def is_late(self) -> bool:
        """Whether the time is up."""
        return self._is_over(1)

    @property
    def is_for_others(self) -> bool:
        """Whether who only waits must leave the rest of the time to what is still to be sent."""
        return self._is_over(_WATCHING)

    def take(self) -> None:
        """Count a task that may be made now. Raises ``Spent``."""
        self.check()
        with self._lock:
            if self.made >= self.most:
                raise Spent(f"the {self.most} tasks of --max-creates were made")
            self.made += 1

    def give_back(self) -> None:
        """Take back one count: the task was refused."""
        with self._lock:
            self.made -= 1

    def check(self) -> None:
        """Raise ``Spent`` when the time is up."""
        if self.is_late:
            raise Spent(f"the {self._seconds:g} seconds of --seconds were over")

    def _is_over(self, share: float) -> bool:
        return self._clock.now() - self._began >= share * self._seconds * 1000
