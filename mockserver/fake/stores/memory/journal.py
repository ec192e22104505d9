"""The journal in memory: the last exchanges, bounded in number and in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from mockserver.contract.differences import Difference
from mockserver.contract.validation import Violation
from mockserver.fake.journal import Entry, cut, weight
from mockserver.types import Millis, Request, Response


class Journal:
    """The last exchanges: at most ``entries`` of them, which take at most about ``size`` bytes.

    What is cleared is forgotten, unless somebody who judges a client has asked for it: then it goes when there is no
    more room, before what was not cleared.
    """

    def __init__(self, entries: int = 20_000, size: int = 64 << 20) -> None:
        self._entries: deque[Entry] = deque()
        self._weights: deque[int] = deque()
        self._most, self._room = entries, size
        self._number = 0
        self._held = 0
        self._cleared = 0
        self._kept: deque[tuple[Entry, int]] | None = None

    @property
    def version(self) -> int:
        """Another number whenever something has changed."""
        return self._number + self._cleared

    @property
    def forgotten(self) -> int:
        """How many exchanges were recorded and cannot be had any more: cleared, or gone for want of room."""
        return self._number - len(self._entries) - len(self._kept or ())

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """Yield the exchanges, the newest first."""
        return iter(list(reversed(self._entries)))

    def write(
        self,
        at: Millis,
        service: str,
        operation: str | None,
        account: str | None,
        request: Request,
        response: Response,
        violations: tuple[Violation, ...],
        differences: tuple[Difference, ...] = (),
    ) -> Entry:
        """Record an exchange; the oldest go when there is no more room."""
        self._number += 1
        kept = cut(request, response, violations)
        entry = Entry(self._number, at, service, operation, account, *kept, differences)
        held = weight(entry)
        self._entries.append(entry)
        self._weights.append(held)
        self._held += held
        self._make_room()
        return entry

    def clear(self, account: str | None = None) -> None:
        """Forget the exchanges, or those of one account; the numbers go on."""
        self._cleared += 1
        kept: list[tuple[Entry, int]] = []
        for entry, held in zip(self._entries, self._weights, strict=True):
            if account not in (None, entry.account):
                kept.append((entry, held))
            elif self._kept is not None:
                self._kept.append((entry, held))
            else:
                self._held -= held
        self._entries = deque(entry for entry, _ in kept)
        self._weights = deque(held for _, held in kept)

    def keep_cleared(self) -> None:
        """From now on, keep what is cleared instead of forgetting it."""
        if self._kept is None:
            self._kept = deque()

    @property
    def cleared(self) -> list[Entry]:
        """What was cleared and kept."""
        return [entry for entry, _ in self._kept or ()]

    def _make_room(self) -> None:
        while len(self._entries) + len(self._kept or ()) > self._most or self._held > self._room:
            if self._kept:
                _, held = self._kept.popleft()
            else:
                self._entries.popleft()
                held = self._weights.popleft()
            self._held -= held
