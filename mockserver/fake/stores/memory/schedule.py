"""What is to be done when, in memory: a heap in which what was planned anew is skipped."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from heapq import heappop, heappush
from itertools import count

from mockserver.types import Millis

_Entry = tuple[Millis, int, str]
"""When something is due, the number of its planning, and its key."""

_LEFT = 1000
"""Entries that may be left in the heap beyond those that count and as many again; then it is made anew."""


class Schedule:
    """Keys in the order in which they are due."""

    def __init__(self, lock: AbstractContextManager[object] | None = None) -> None:
        """``lock`` is held by whoever has a turn; what may be asked outside of one waits for it."""
        self._lock = lock or nullcontext()
        self._due: dict[str, _Entry] = {}
        self._heap: list[_Entry] = []
        self._taken: dict[str, Millis] = {}
        self._order = count()

    def __len__(self) -> int:
        """Count what is planned or taken."""
        return len(self._due) + len(self._taken)

    def plan(self, key: str, due: Millis) -> None:
        """Plan something, in the place of when it was planned before, and whoever had taken it."""
        self._taken.pop(key, None)
        self._due[key] = entry = (due, next(self._order), key)
        heappush(self._heap, entry)
        if len(self._heap) > 2 * len(self._due) + _LEFT:
            self._heap = sorted(self._due.values())

    def drop(self, key: str) -> None:
        """Forget what was planned, if anything."""
        if self._taken.pop(key, None) is None:
            self._due.pop(key, None)

    def clear(self) -> None:
        """Forget all that is planned or taken."""
        self._due, self._heap, self._taken = {}, [], {}

    def take(self, now: Millis, most: int) -> list[str]:
        """Take at most so many things that are due, the earliest first."""
        found: list[str] = []
        with self._lock:
            while len(found) < most and (entry := self._first()) is not None and entry[0] <= now:
                heappop(self._heap)
                key = entry[2]
                del self._due[key]
                self._taken[key] = entry[0]
                found.append(key)
        return found

    def next(self) -> Millis | None:
        """Return when the next thing is due that nobody has taken."""
        with self._lock:
            entry = self._first()
        return None if entry is None else entry[0]

    def unfinished(self, moment: Millis) -> int:
        """Count what was due by a moment, taken or not."""
        with self._lock:
            return sum(due <= moment for due in self._taken.values()) + self._waiting(moment)

    def _first(self) -> _Entry | None:
        while self._heap:
            entry = self._heap[0]
            if self._due.get(entry[2]) is entry:
                return entry
            heappop(self._heap)
        return None

    def _waiting(self, moment: Millis) -> int:
        """Count what is planned by a moment: below an entry of the heap that is due later there is none."""
        found, places = 0, [0]
        while places:
            place = places.pop()
            if place < len(self._heap) and self._heap[place][0] <= moment:
                entry = self._heap[place]
                found += self._due.get(entry[2]) is entry
                places += (2 * place + 1, 2 * place + 2)
        return found
