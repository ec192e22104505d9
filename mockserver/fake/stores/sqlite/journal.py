"""The journal in SQLite: the last exchanges, bounded in number and in bytes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mockserver.contract.differences import Difference
from mockserver.contract.validation import Violation
from mockserver.fake.journal import Entry, cut, weight
from mockserver.fake.stores import codec
from mockserver.fake.stores.memory.tasks import EVICTED_SHARE
from mockserver.fake.stores.sqlite.batch import Batch
from mockserver.fake.stores.sqlite.connection import Connection
from mockserver.fake.stores.sqlite.schema import NEVER
from mockserver.fake.stores.sqlite.totals import Counts, Totals
from mockserver.fake.stores.store import Bounds
from mockserver.types import Millis, Request, Response

_READ_AT_ONCE = 128
"""Exchanges that are read in one go where all are; one can have a hundred thousand bytes."""

_INSERT = "INSERT OR ROLLBACK INTO journal VALUES (?, ?, ?, NULL, ?)"
_OF_ACCOUNT = " AND substr(account, -8) = substr(?, -8) AND account = ?"
"""The index has the end of an account only: most accounts are digests, and it would be as long as all other indices."""


class Journal:
    """The last exchanges; those that were cleared and kept go first when there is no more room."""

    def __init__(self, connection: Connection, totals: Totals, bounds: Bounds) -> None:
        self._connection, self._totals, self._bounds = connection, totals, bounds
        self._added = Batch[tuple[int, str | None, int, bytes]](connection, partial(connection.many, _INSERT))

    @property
    def version(self) -> int:
        """Another number whenever something has changed."""
        counts = self._totals.read()
        return counts.last_exchange + counts.clearings

    @property
    def forgotten(self) -> int:
        """How many exchanges were recorded and cannot be had any more: cleared, or gone for want of room."""
        counts = self._totals.read()
        return counts.last_exchange - counts.exchanges - counts.exchanges_kept

    @property
    def cleared(self) -> list[Entry]:
        """What was cleared and kept."""
        found = self._connection.rows("SELECT number, entry FROM journal WHERE kept IS NOT NULL ORDER BY kept, number")
        return [codec.read_entry(*entry) for entry in found]

    def __len__(self) -> int:
        return self._totals.read().exchanges

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
            counts = self._totals.changing()
            number = counts.last_exchange + 1
            self._added.add((number, account, size, record))
            counts.last_exchange, counts.exchanges = number, counts.exchanges + 1
            counts.exchange_bytes += size
            while (count := counts.exchanges + counts.exchanges_kept) and (
                count > self._bounds.exchanges or counts.exchange_bytes > self._bounds.exchange_bytes
            ):
                self._drop_oldest(counts)
        return Entry(number, at, service, operation, account, *parts, differences)

    def clear(self, account: str | None = None) -> None:
        """Forget the exchanges, or those of one account; the numbers go on."""
        which, values = ("", ()) if account is None else (_OF_ACCOUNT, (account, account))
        with self._connection:
            number = self._totals.read().clearings + 1
            if self._connection.value("SELECT keeps_cleared FROM totals"):
                sql = f"UPDATE journal SET kept = ? WHERE kept IS NULL{which} RETURNING bytes"  # noqa: S608
                kept, gone = self._connection.rows(sql, (number, *values)), []
            else:
                sql = f"DELETE FROM journal WHERE kept IS NULL{which} RETURNING bytes"  # noqa: S608
                kept, gone = [], self._connection.rows(sql, values)
            counts = self._totals.changing()
            counts.clearings = number
            counts.exchanges -= len(kept) + len(gone)
            counts.exchanges_kept += len(kept)
            counts.exchange_bytes -= sum(size for (size,) in gone)

    def keep_cleared(self) -> None:
        """From now on, keep what is cleared instead of forgetting it."""
        self._connection.rows("UPDATE totals SET keeps_cleared = 1")

    def _drop_oldest(self, counts: Counts) -> None:
        """Forget the oldest exchanges, one in a hundred: the search for them is paid for once by all of them."""
        which, there = "kept IS NULL ORDER BY number", counts.exchanges
        if counts.exchanges_kept:
            which, there = "kept IS NOT NULL ORDER BY kept, number", counts.exchanges_kept
        gone = self._connection.rows(
            f"DELETE FROM journal WHERE number IN (SELECT number FROM journal WHERE {which} LIMIT ?)"  # noqa: S608
            " RETURNING bytes",
            (min(there, 1 + (counts.exchanges + counts.exchanges_kept) // EVICTED_SHARE),),
        )
        counts = self._totals.changing()
        counts.exchange_bytes -= sum(size for (size,) in gone)
        if counts.exchanges_kept:
            counts.exchanges_kept -= len(gone)
        else:
            counts.exchanges -= len(gone)
