"""The lists: an account's tasks of one operation, each at its position, counted by blocks of positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mockserver.fake.stores.sqlite.connection import Connection
from mockserver.fake.stores.sqlite.schema import BLOCK
from mockserver.fake.stores.store import Owner

_COUNT = (
    "INSERT INTO blocks VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET tasks = tasks + excluded.tasks, bytes = bytes + excluded.bytes"
)
_SIZE = (
    "SELECT coalesce(sum(tasks), 0), coalesce(sum(bytes), 0)"
    " FROM owners JOIN lines ON lines.owner = owners.id JOIN blocks ON blocks.line = lines.id WHERE account = ?"
)


class Line(NamedTuple):
    """A list, and whose it is."""

    owner: int
    id: int


class Lists:
    """The lists by their owners and operations."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._places = _Places(None)

    def place(self, service: str, account: str, operation: str) -> tuple[int, int, int]:
        """Return the owner, the line and the place in it of a new task, which is taken then."""
        if self._places.turn != self._connection.turn:
            self._places = _Places(self._connection.turn)
        key = service, account, operation
        owner, line, position = self._places.next.get(key) or self._free_place(*key)
        self._places.next[key] = owner, line, position + 1
        return owner, line, position

    def forget_places(self) -> None:
        """Look for places anew: with its tasks a list may have gone."""
        self._places = _Places(None)

    def _free_place(self, service: str, account: str, operation: str) -> tuple[int, int, int]:
        line = self.line((service, account), operation)
        if line is not None:
            sql = "SELECT 1 + max(position) FROM tasks WHERE line = ?"
            return line.owner, line.id, self._connection.value(sql, (line.id,))
        known = self._connection.row("SELECT id FROM owners WHERE account = ? AND service = ?", (account, service))
        (owner,) = (
            known
            or self._connection.rows(
                "INSERT INTO owners (service, account) VALUES (?, ?) RETURNING id", (service, account)
            )[0]
        )
        sql = "INSERT INTO lines (owner, operation) VALUES (?, ?) RETURNING id"
        return owner, self._connection.value(sql, (owner, operation)), 0

    def line(self, owner: Owner, operation: str) -> Line | None:
        """Find a list."""
        service, account = owner
        found = self._connection.row(
            "SELECT owners.id, lines.id FROM owners"
            " JOIN lines ON lines.owner = owners.id AND operation = ? WHERE account = ? AND service = ?",
            (operation, account, service),
        )
        return None if found is None else Line(*found)

    def blocks(self, line: Line, order: str) -> list[tuple[int, int]]:
        """Return the blocks of a list, and how many tasks are in each."""
        sql = f"SELECT block, tasks FROM blocks WHERE line = ? ORDER BY block {order}"  # noqa: S608
        return self._connection.rows(sql, (line.id,))

    def count(self, tasks: Sequence[tuple[int, int, int]], sign: int) -> None:
        """Count tasks in their blocks, or with the sign -1 those that have gone; of each line, position and bytes."""
        blocks: dict[tuple[int, int], list[int]] = {}
        for line, position, size in tasks:
            blocks.setdefault((line, position // BLOCK), []).append(size)
        self._connection.many(
            _COUNT, [(line, block, sign * len(sizes), sign * sum(sizes)) for (line, block), sizes in blocks.items()]
        )

    def resize(self, line: int, position: int, by: int) -> None:
        """Count bytes that a task takes more than before."""
        self._connection.many(_COUNT, [(line, position // BLOCK, 0, by)])

    def size(self, account: str) -> tuple[int, int]:
        """Return how many tasks an account has, and their bytes."""
        tasks, size = self._connection.rows(_SIZE, (account,))[0]
        return tasks, size


@dataclass(slots=True)
class _Places:
    """What a turn knows of lists: the owner, the line and the position of the next task of each."""

    turn: int | None
    next: dict[tuple[str, str, str], tuple[int, int, int]] = field(default_factory=dict)
