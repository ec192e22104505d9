"""The journal in SQLite: the last exchanges, bounded in number and in bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from mockserver.contract.differences import Difference
from mockserver.contract.validation import Violation
from mockserver.fake.journal import Entry, cut, weight
from mockserver.fake.stores import codec
from mockserver.fake.stores.memory.tasks import EVICTED_SHARE
from mockserver.fake.stores.sqlite.connection import Connection
from mockserver.fake.stores.sqlite.schema import NEVER
from mockserver.fake.stores.store import Bounds
from mockserver.types import Millis, Request, Response

_READ_AT_ONCE = 128
"""Exchanges that are read in one go where all are; one can have a hundred thousand bytes."""

_OF_ACCOUNT = " AND substr(account, -8) = substr(?, -8) AND account = ?"
"""The index has the end of an account only: most accounts are digests, and it would be as long as all other indices."""


class Journal:
    """The last exchanges; those that were cleared and kept go first when there is no more room."""

    def __init__(self, connection: Connection, bounds: Bounds) -> None:
        self._connection, self._bounds = connection, bounds
        self._counts: _Counts | None = None

    @property
    def version(self) -> int:
        """Another number whenever something has changed."""
        return int(self._connection.value("SELECT last_exchange + clearings FROM totals"))

    @property
    def forgotten(self) -> int:
        """How many exchanges were recorded and cannot be had any more: cleared, or gone for want of room."""
        return int(self._connection.value("SELECT last_exchange - exchanges - exchanges_kept FROM totals"))

    @property
    def cleared(self) -> list[Entry]:
        """What was cleared and kept."""
        found = self._connection.rows("SELECT number, entry FROM journal WHERE kept IS NOT NULL ORDER BY kept, number")
        return [codec.read_entry(*entry) for entry in found]

    def __len__(self) -> int:
        return int(self._connection.value("SELECT exchanges FROM totals"))

    def __iter__(self) -> Iterator[Entry]:
        """Yield the exchanges, the newest first."""
        before = NEVER
        sql = "SELECT number, entry FROM journal WHERE number < ? AND kept IS NULL ORDER BY number DESC LIMIT ?"
        while found := self._connection.rows(sql, (before, _READ_AT_ONCE)):
            yield from (codec.read_entry(*entry) for entry in found)
            before = found[-1][0]

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
        parts = cut(request, response, violations)
        entry = Entry(0, at, service, operation, account, *parts, differences)
        size, record = weight(entry), codec.written_entry(entry)
        with self._connection:
            counts = self._counted()
            number = counts.last + 1
            if not counts.added:
                self._connection.later(partial(self._add, counts))
            counts.added.append((number, account, size, record))
            counts.last, counts.current, counts.held = number, counts.current + 1, counts.held + size
            while counts.count and (counts.count > self._bounds.exchanges or counts.held > self._bounds.exchange_bytes):
                self._drop_oldest(counts)
        return Entry(number, at, service, operation, account, *parts, differences)

    def clear(self, account: str | None = None) -> None:
        """Forget the exchanges, or those of one account; the numbers go on."""
        which, values = ("", ()) if account is None else (_OF_ACCOUNT, (account, account))
        with self._connection:
            self._counts = None
            keeps, number = self._connection.rows(
                "UPDATE totals SET clearings = clearings + 1 RETURNING keeps_cleared, clearings"
            )[0]
            if keeps:
                sql = f"UPDATE journal SET kept = ? WHERE kept IS NULL{which} RETURNING 1"  # noqa: S608
                kept = len(self._connection.rows(sql, (number, *values)))
                self._count(-kept, kept, 0)
            else:
                sql = f"DELETE FROM journal WHERE kept IS NULL{which} RETURNING bytes"  # noqa: S608
                gone = self._connection.rows(sql, values)
                self._count(-len(gone), 0, -sum(size for (size,) in gone))

    def keep_cleared(self) -> None:
        """From now on, keep what is cleared instead of forgetting it."""
        self._connection.rows("UPDATE totals SET keeps_cleared = 1")

    def _counted(self) -> _Counts:
        """Return what is in the journal within this turn; it is read once in each."""
        if self._counts is None or self._counts.turn != self._connection.turn:
            sql = "SELECT last_exchange, exchanges, exchanges_kept, exchange_bytes FROM totals"
            self._counts = _Counts(self._connection.turn, *self._connection.rows(sql)[0])
        return self._counts

    def _add(self, counts: _Counts) -> None:
        """Write the exchanges of a turn."""
        added, counts.added = counts.added, []
        self._connection.many("INSERT OR ROLLBACK INTO journal VALUES (?, ?, ?, NULL, ?)", added)
        self._connection.rows("UPDATE totals SET last_exchange = ?", (counts.last,))
        self._count(len(added), 0, sum(size for _, _, size, _ in added))

    def _count(self, exchanges: int, kept: int, size: int) -> None:
        """Count what has come, or gone."""
        sql = (
            "UPDATE totals SET exchanges = exchanges + ?, exchanges_kept = exchanges_kept + ?,"
            " exchange_bytes = exchange_bytes + ?"
        )
        self._connection.rows(sql, (exchanges, kept, size))

    def _drop_oldest(self, counts: _Counts) -> None:
        """Forget the oldest exchanges, one in a hundred: the search for them is paid for once by all of them."""
        which, there = "kept IS NULL ORDER BY number", counts.current
        if counts.kept:
            which, there = "kept IS NOT NULL ORDER BY kept, number", counts.kept
        gone = self._connection.rows(
            f"DELETE FROM journal WHERE number IN (SELECT number FROM journal WHERE {which} LIMIT ?)"  # noqa: S608
            " RETURNING bytes",
            (min(there, 1 + counts.count // EVICTED_SHARE),),
        )
        size = sum(bytes for (bytes,) in gone)
        current, kept = (0, len(gone)) if counts.kept else (len(gone), 0)
        self._count(-current, -kept, -size)
        counts.current, counts.kept, counts.held = counts.current - current, counts.kept - kept, counts.held - size


@dataclass(slots=True)
class _Counts:
    """What a turn knows of the journal: the last number, how many exchanges are current and kept, and their bytes.

    ``added`` are those that it has still to write.
    """

    turn: int | None
    last: int
    current: int
    kept: int
    held: int
    added: list[tuple[int, str | None, int, bytes]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.current + self.kept
