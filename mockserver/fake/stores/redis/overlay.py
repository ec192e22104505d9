"""What the jobs of a turn have written, laid over what is there: a job that is stopped takes back what it did."""

from __future__ import annotations

from typing import Any

from mockserver.fake.journal import Entry
from mockserver.fake.lifecycle import Task
from mockserver.fake.stores.store import Owner
from mockserver.types import Millis

ABSENT: Any = object()
_WHOLE: Any = object()


class Overlay:
    """Tables of what was changed, and what is to be written for it.

    * ``tasks``, ``named``, ``looks``, ``added``, ``removed``, ``flights``, ``forgotten``: of the tasks
    * ``papers``, ``changes``, ``dropped``: of the documents
    * ``notes``, ``clears``: of the journal
    * ``plans``: of the schedule
    * ``marks``: single values
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Start from what is there."""
        self.writes: list[Any] = []
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self.marks: dict[str, Any] = {}
        self.tasks: dict[tuple[str, str], Task | None] = {}
        self.fresh: dict[tuple[str, str], bool] = {}
        self.named: dict[tuple[Owner, str], str | None] = {}
        self.looks: dict[tuple[str, str], int] = {}
        self.added: dict[bytes, dict[str, bool]] = {}
        self.removed: dict[bytes, dict[str, bool]] = {}
        self.flights: dict[bytes, dict[str, tuple[int, float] | None]] = {}
        self.forgotten: dict[str | None, bool] = {}
        self.papers: dict[tuple[str, str], tuple[Any, str | None] | None] = {}
        self.changes: dict[str, dict[int, tuple[Any, ...]]] = {}
        self.dropped: dict[tuple[str, str | None], bool] = {}
        self.notes: dict[int, tuple[Entry, int]] = {}
        self.clears: dict[int, tuple[str | None, bool]] = {}
        self.plans: dict[str, Millis | None] = {}

    def set(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        """Change a table, until the job that does it is stopped."""
        self._undo.append((table, key, table.get(key, ABSENT)))
        table[key] = value

    def unset(self, table: dict[Any, Any], key: Any) -> None:
        """Take something out of a table, until the job that does it is stopped."""
        if key in table:
            self._undo.append((table, _WHOLE, dict(table)))  # its order is that of creation
            del table[key]

    def mark(self) -> tuple[int, int]:
        """Return how far things have come."""
        return len(self.writes), len(self._undo)

    def back(self, mark: tuple[int, int]) -> None:
        """Take back what was done since."""
        writes, undo = mark
        del self.writes[writes:]
        while len(self._undo) > undo:
            table, key, value = self._undo.pop()
            if key is _WHOLE:
                table.clear()
                table |= value
            elif value is ABSENT:
                del table[key]
            else:
                table[key] = value
