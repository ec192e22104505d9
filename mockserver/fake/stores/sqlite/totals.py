"""What is counted of the whole store, in one row of the file: a turn reads it once and writes it once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter

from mockserver.fake.stores.sqlite.connection import Connection


@dataclass(slots=True)
class Counts:
    """The columns that count something, as the schema has them."""

    tasks: int
    task_bytes: int
    task_changes: int
    evicted: int
    exchanges: int
    exchanges_kept: int
    exchange_bytes: int
    last_exchange: int
    clearings: int
    shared_changes: int


_NAMES = [field.name for field in fields(Counts)]
_values = attrgetter(*_NAMES)
_READ = f"SELECT {', '.join(_NAMES)} FROM totals"  # noqa: S608
_WRITE = f"UPDATE totals SET {', '.join(f'{name} = ?' for name in _NAMES)}"  # noqa: S608


class Totals:
    """The counts, which nobody else changes during a turn."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn: int | None = None
        self._counts: Counts

    def read(self) -> Counts:
        """Return the counts; within a turn they are read once."""
        turn = self._connection.turn
        if turn is None:
            return Counts(*self._connection.rows(_READ)[0])
        if turn != self._turn:
            self._counts, self._turn = Counts(*self._connection.rows(_READ)[0]), turn
        return self._counts

    def changing(self) -> Counts:
        """Return the counts, within a turn, to be changed before its next statement; they are written with it."""
        counts = self.read()
        self._connection.later(self._write)
        return counts

    def _write(self) -> None:
        self._connection.many(_WRITE, [_values(self._counts)])
