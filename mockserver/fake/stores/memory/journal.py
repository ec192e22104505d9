"""The journal in memory: the last exchanges, bounded in number and in bytes."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from mockserver.contract.validation import Violation
from mockserver.fake.journal import Entry, cut, weight
from mockserver.types import Millis, Request, Response

if TYPE_CHECKING:
    from mockserver.contract.differences import Difference


class Journal:
    """The last exchanges: at most ``entries`` of them, which take at most about ``size`` bytes.

    What is cleared is forgotten, unless somebody who judges a client has asked for it: then it goes when there is no
    more room, before what was not cleared.
    """

    def __init__(self, entries: int = 20_000, size: int = 64 << 20) -> None:
        self._entries: OrderedDict[int, _Held] = OrderedDict()
        self._last: dict[str | None, int] = {}
        self._most, self._room = entries, size
        self._number = 0
        self._held = 0
        self._cleared = 0
        self._kept: deque[tuple[Entry, int]] | None = None
        self._lock = Lock()  # held by who reads all or writes: both happen outside of turns, too

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
        with self._lock:
            held = list(reversed(self._entries.values()))
        return (each.entry for each in held)

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
        kept = cut(request, response, violations)
        with self._lock:
            self._number += 1
            entry = Entry(self._number, at, service, operation, account, *kept, differences)
            self._entries[self._number] = held = _Held(entry, weight(entry), self._last.get(account, 0))
            self._last[account] = self._number
            self._held += held.weight
            if len(self._entries) + len(self._kept or ()) > self._most or self._held > self._room:
                self._make_room()
        return entry

    def clear(self, account: str | None = None) -> None:
        """Forget the exchanges, or those of one account, which takes as long as it has many; the numbers go on."""
        with self._lock:
            self._cleared += 1
            if account is None:
                gone = list(self._entries.values())
                self._entries, self._last = OrderedDict(), {}
            else:
                gone = [*self._taken(account)][::-1]
            for entry, held, _ in gone:
                if self._kept is None:
                    self._held -= held
                else:
                    self._kept.append((entry, held))

    def keep_cleared(self) -> None:
        """From now on, keep what is cleared instead of forgetting it."""
        if self._kept is None:
            self._kept = deque()

    @property
    def cleared(self) -> list[Entry]:
        """What was cleared and kept."""
        return [entry for entry, _ in self._kept or ()]

    def _taken(self, account: str) -> Iterator[_Held]:
        """Take out the exchanges of an account, the newest first."""
        number = self._last.pop(account, 0)
        while (held := self._entries.pop(number, None)) is not None:
            yield held
            number = held.before

    def _make_room(self) -> None:
        while len(self._entries) + len(self._kept or ()) > self._most or self._held > self._room:
            if self._kept:
                _, held = self._kept.popleft()
            else:
                number, (entry, held, _) = self._entries.popitem(last=False)
                if self._last[entry.account] == number:
                    del self._last[entry.account]
            self._held -= held


class _Held(NamedTuple):
    """An exchange that is held, about how many bytes it takes, and the number of the one before of its account.

    That one may be gone already, and then so are all before it.
    """

    entry: Entry
    weight: int
    before: int
