"""The journal in SQLite: the last exchanges, bounded in number and in bytes."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.differences import Difference
from mockserver.contract.validation import Violation
from mockserver.fake.journal import Entry, cut, weight
from mockserver.fake.stores import codec
from mockserver.fake.stores.sqlite.connection import Connection
from mockserver.fake.stores.sqlite.schema import NEVER
from mockserver.fake.stores.store import Bounds
from mockserver.types import Millis, Request, Response

_READ_AT_ONCE = 128
"""Exchanges that are read in one go where all are; one can have a hundred thousand bytes."""


class Journal:
    """The last exchanges; those that were cleared and kept go first when there is no more room."""

    def __init__(self, connection: Connection, bounds: Bounds) -> None:
        self._connection, self._bounds = connection, bounds

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
            number, count, kept, held = self._connection.rows(
                "SELECT last_exchange + 1, exchanges + 1, exchanges_kept, exchange_bytes + ? FROM totals", (size,)
            )[0]
            self._connection.rows(
                "INSERT OR ROLLBACK INTO journal VALUES (?, ?, ?, NULL, ?)", (number, account, size, record)
            )
            while count + kept and (count + kept > self._bounds.exchanges or held > self._bounds.exchange_bytes):
                held -= self._drop_oldest("kept IS NOT NULL ORDER BY kept, number" if kept else "true ORDER BY number")
                count, kept = (count, kept - 1) if kept else (count - 1, kept)
        return Entry(number, at, service, operation, account, *parts, differences)

    def clear(self, account: str | None = None) -> None:
        """Forget the exchanges, or those of one account; the numbers go on."""
        which, values = ("", ()) if account is None else (" AND account = ?", (account,))
        with self._connection:
            keeps, number = self._connection.rows(
                "UPDATE totals SET clearings = clearings + 1 RETURNING keeps_cleared, clearings"
            )[0]
            if keeps:
                sql = f"UPDATE journal SET kept = ? WHERE kept IS NULL{which}"  # noqa: S608
                self._connection.rows(sql, (number, *values))
            else:
                self._connection.rows(f"DELETE FROM journal WHERE kept IS NULL{which}", values)  # noqa: S608

    def keep_cleared(self) -> None:
        """From now on, keep what is cleared instead of forgetting it."""
        self._connection.rows("UPDATE totals SET keeps_cleared = 1")

    def _drop_oldest(self, which: str) -> int:
        """Forget the oldest of some exchanges, and return how much room it took."""
        number, size = self._connection.rows(f"SELECT number, bytes FROM journal WHERE {which} LIMIT 1")[0]  # noqa: S608
        self._connection.rows("DELETE FROM journal WHERE number = ?", (number,))
        return int(size)
