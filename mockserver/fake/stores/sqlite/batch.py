"""A batch: rows that a turn writes together, before its next statement or at its end, which costs far less."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from mockserver.fake.stores.sqlite.connection import Connection, Row

R = TypeVar("R", bound=Row)


class Batch(Generic[R]):
    """The rows of one kind that a turn has still to write; those of a turn that was given up are forgotten."""

    def __init__(self, connection: Connection, write: Callable[[Sequence[R]], None]) -> None:
        """``write`` writes all rows, and reads nothing."""
        self._connection, self._write_rows = connection, write
        self._turn: int | None = None
        self._rows: list[R] = []

    def add(self, row: R) -> None:
        """Write a row later in this turn."""
        if self._turn != self._connection.turn:
            self._turn, self._rows = self._connection.turn, []
        self._rows.append(row)
        self._connection.later(self._write)

    def _write(self) -> None:
        rows, self._rows = self._rows, []
        self._write_rows(rows)
