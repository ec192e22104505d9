"""What is to be done when, in memory: a heap in which what was planned anew is skipped."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

from mockserver.types import Millis


class Schedule:
    """Keys in the order in which they are due."""

    def __init__(self) -> None:
        self._due: dict[str, tuple[Millis, int]] = {}
        self._heap: list[tuple[Millis, int, str]] = []
        self._taken: dict[str, Millis] = {}
        self._order = count()

    def __len__(self) -> int:
        """Count what is planned or taken."""
        return len(self._due) + len(self._taken)

    def plan(self, key: str, due: Millis) -> None:
        """Plan something, in the place of when it was planned before, and whoever had taken it."""
        self._taken.pop(key, None)
        order = next(self._order)
        self._due[key] = due, order
        heappush(self._heap, (due, order, key))

    def drop(self, key: str) -> None:
        """Forget what was planned, if anything."""
        self._due.pop(key, None)
        self._taken.pop(key, None)

    def clear(self) -> None:
        """Forget all that is planned or taken."""
        self._due, self._heap, self._taken = {}, [], {}

    def take(self, now: Millis, most: int) -> list[str]:
        """Take at most so many things that are due, the earliest first."""
        found: list[str] = []
        while len(found) < most and (due := self.next()) is not None and due <= now:
            _, _, key = heappop(self._heap)
            del self._due[key]
            self._taken[key] = due
            found.append(key)
        return found

    def next(self) -> Millis | None:
        """Return when the next thing is due that nobody has taken."""
        while self._heap:
            due, order, key = self._heap[0]
            if self._due.get(key) == (due, order):
                return due
            heappop(self._heap)
        return None

    def unfinished(self, moment: Millis) -> int:
        """Count what was due by a moment, taken or not."""
        taken = sum(due <= moment for due in self._taken.values())
        return taken + sum(due <= moment for due, _ in self._due.values())
