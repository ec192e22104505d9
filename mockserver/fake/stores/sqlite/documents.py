"""Documents in SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from mockserver.fake.stores import codec
from mockserver.fake.stores.sqlite.connection import Connection
from mockserver.fake.stores.sqlite.schema import NEVER
from mockserver.fake.stores.sqlite.totals import Totals
from mockserver.fake.stores.store import SHARED, Kind

V = TypeVar("V")

_READ_AT_ONCE = 128
"""Documents that are read in one go where all are."""

_PUT = (
    "INSERT OR ROLLBACK INTO documents"
    " VALUES (?1, ?2, 1 + coalesce((SELECT max(sequence) FROM documents WHERE kind = ?1), 0), ?3, ?4, ?5)"
    " ON CONFLICT DO UPDATE SET account = excluded.account, bytes = excluded.bytes, value = excluded.value"
)
_RENEWED = ", sequence = excluded.sequence"


class Documents:
    """Values by kind and key, the oldest first."""

    def __init__(self, connection: Connection, totals: Totals) -> None:
        self._connection, self._totals = connection, totals

    @property
    def version(self) -> int:
        """Another number whenever a document of the kind ``SHARED`` has changed."""
        return self._totals.read().shared_changes

    def get(self, kind: Kind[V], key: str) -> V | None:
        """Return a document, if it is there."""
        found = self._connection.row("SELECT value FROM documents WHERE kind = ? AND key = ?", (kind.name, key))
        return None if found is None else kind.read(codec.read(found[0]))

    def put(self, kind: Kind[V], key: str, value: V, account: str | None = None) -> None:
        """Keep a document, in the place of the one with its key."""
        size = 0 if kind.room is None else kind.weigh(key, value)
        sql = _PUT + _RENEWED if kind.renews else _PUT
        with self._connection:
            self._notice(kind)
            self._connection.rows(sql, (kind.name, key, account, size, codec.written(kind.write(value))))
            if kind.most is not None or kind.room:
                self._make_room(kind)

    def drop(self, kind: Kind[V], key: str) -> None:
        """Forget a document, if it is there."""
        with self._connection:
            self._notice(kind)
            self._connection.rows("DELETE FROM documents WHERE kind = ? AND key = ?", (kind.name, key))

    def forget(self, kind: Kind[V], account: str | None = None) -> None:
        """Forget all documents of a kind, or those of one account."""
        which, values = ("", ()) if account is None else (" AND account = ?", (account,))
        with self._connection:
            self._notice(kind)
            self._connection.rows(f"DELETE FROM documents WHERE kind = ?{which}", (kind.name, *values))  # noqa: S608

    def count(self, kind: Kind[V]) -> int:
        """Count the documents of a kind."""
        found = self._connection.row("SELECT documents FROM kinds WHERE kind = ?", (kind.name,))
        return 0 if found is None else int(found[0])

    def first(self, kind: Kind[V]) -> tuple[str, V] | None:
        """Return the oldest document of a kind and its key."""
        return next(self.oldest(kind), None)

    def oldest(self, kind: Kind[V]) -> Iterator[tuple[str, V]]:
        """Yield the documents of a kind with their keys, the oldest first."""
        return self._listed(kind, -1, "> ? ORDER BY sequence")

    def newest(self, kind: Kind[V]) -> Iterator[tuple[str, V]]:
        """Yield the documents of a kind with their keys, the newest first."""
        return self._listed(kind, NEVER, "< ? ORDER BY sequence DESC")

    def _listed(self, kind: Kind[V], last: int, following: str) -> Iterator[tuple[str, V]]:
        sql = f"SELECT sequence, key, value FROM documents WHERE kind = ? AND sequence {following} LIMIT ?"  # noqa: S608
        most = 1  # mostly the first one is all that is wanted
        while found := self._connection.rows(sql, (kind.name, last, most)):
            yield from ((key, kind.read(codec.read(value))) for _, key, value in found)
            last, most = found[-1][0], _READ_AT_ONCE

    def _notice(self, kind: Kind[V]) -> None:
        if kind.name == SHARED.name:
            self._totals.changing().shared_changes += 1

    def _make_room(self, kind: Kind[V]) -> None:
        count, held = self._connection.rows("SELECT documents, bytes FROM kinds WHERE kind = ?", (kind.name,))[0]
        while count and ((kind.most is not None and count > kind.most) or (kind.room and held > kind.room)):
            oldest = "SELECT key, bytes FROM documents WHERE kind = ? ORDER BY sequence LIMIT 1"
            key, size = self._connection.rows(oldest, (kind.name,))[0]
            self._connection.rows("DELETE FROM documents WHERE kind = ? AND key = ?", (kind.name, key))
            count, held = count - 1, held - size
