"""The budget of a run: how many tasks it may create, and until when it may go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from mockserver.errors import MockserverError
from mockserver.types import Millis

_WAITING_SHARE = 0.8
"""The share of a run's time that may pass in waiting for tasks. It leaves a film five times 90 s of the usual 600."""


class Spent(MockserverError):
    """Nothing more may be sent; the text says why."""


class Time(Protocol):
    """What tells the time, and lets it pass."""

    def now(self) -> Millis:
        """Return the time."""

    def sleep(self, span: Millis) -> None:
        """Return when so much time has passed."""


class RealTime:
    """The machine's time."""

    def now(self) -> Millis:
        """Return the machine's time."""
        return time.time_ns() // 1_000_000

    def sleep(self, span: Millis) -> None:
        """Wait."""
        time.sleep(span / 1000)


@dataclass(slots=True)
class Charge:
    """One task, counted until the server has refused it."""

    is_due: bool = True


class Budget:
    """Counts the tasks that were created, at most ``max_creates``, and the seconds."""

    def __init__(self, max_creates: int, seconds: float, clock: Time) -> None:
        self.max_creates, self.created = max_creates, 0
        self._clock = clock
        self._seconds = seconds
        self._began = clock.now()
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """How many tasks may still be created."""
        return self.max_creates - self.created

    @property
    def is_late(self) -> bool:
        """Whether the time is up."""
        return self._has_passed(1)

    @property
    def must_stop_waiting(self) -> bool:
        """Whether the rest of the time is needed for what is still to be sent."""
        return self._has_passed(_WAITING_SHARE)

    @contextmanager
    def of_one_task(self) -> Iterator[Charge]:
        """Count a task that may be created now; it is not counted if the charge is not due at the end.

        Raises ``Spent``.
        """
        self.check()
        with self._lock:
            if self.created >= self.max_creates:
                raise Spent(f"the {self.max_creates} tasks of --max-creates were created")
            self.created += 1
        charge = Charge()
        try:
            yield charge
        finally:
            if not charge.is_due:
                with self._lock:
                    self.created -= 1

    def check(self) -> None:
        """Raise ``Spent`` when the time is up."""
        if self.is_late:
            raise Spent(f"the {self._seconds:g} seconds of --seconds were over")

    def _has_passed(self, share: float) -> bool:
        return self._clock.now() - self._began >= share * self._seconds * 1000
