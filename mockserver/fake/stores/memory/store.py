"""The store in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from mockserver.fake.clock import steady
from mockserver.fake.stores.memory.documents import Documents
from mockserver.fake.stores.memory.journal import Journal
from mockserver.fake.stores.memory.schedule import Schedule
from mockserver.fake.stores.memory.tasks import Tasks
from mockserver.fake.stores.store import Bounds

T = TypeVar("T")


class Memory:
    """State that one process has for itself. Several of its threads take turns."""

    kind = "memory"
    is_shared = False
    lapses = 0

    def __init__(self, bounds: Bounds | None = None) -> None:
        bounds = bounds or Bounds()
        self._lock = threading.RLock()
        self.tasks = Tasks(bounds)
        self.journal = Journal(bounds.exchanges, bounds.exchange_bytes)
        self.documents = Documents()
        self.schedule = Schedule(self._lock)
        self.now = steady()
        self._numbers: dict[str, int] = {}

    @property
    def version(self) -> int:
        """Another number whenever a document of the kind ``SHARED`` has changed."""
        return self.documents.version

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Call each job while no other thread has a turn."""
        with self._lock:
            return [job() for job in jobs]

    def reserve(self, name: str, size: int, start: int) -> int:
        """Reserve ``size`` numbers that nobody else gets, and return the first; the very first is ``start``."""
        with self._lock:
            first = self._numbers.get(name, start)
            self._numbers[name] = first + size
            return first

    def reserve_up_to(self, name: str, number: int) -> None:
        """Let nobody get a number up to this one any more."""
        with self._lock:
            self._numbers[name] = max(self._numbers.get(name, 0), number + 1)

    def beat(self) -> None:
        """Do nothing: nobody else is there."""

    def close(self) -> None:
        """Do nothing: it goes with its process."""
