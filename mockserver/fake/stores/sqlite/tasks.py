"""Tasks in SQLite. Nothing here takes longer the more tasks there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from mockserver.fake.lifecycle import FINAL, Task
from mockserver.fake.stores import codec
from mockserver.fake.stores.memory.tasks import CONSIDERED, EVICTED_SHARE, weight
from mockserver.fake.stores.sqlite import walks
from mockserver.fake.stores.sqlite.batch import Batch
from mockserver.fake.stores.sqlite.connection import Connection, Row
from mockserver.fake.stores.sqlite.lists import Lists
from mockserver.fake.stores.sqlite.schema import BLOCK, LIVE, NEVER
from mockserver.fake.stores.sqlite.totals import Totals
from mockserver.fake.stores.store import Bounds, Flight, Owner
from mockserver.types import Millis

_FORGOTTEN_AT_ONCE = 100
"""Tasks that go in one turn: it takes about two milliseconds."""

_INSERT = (
    "INSERT OR ROLLBACK INTO tasks"
    " (line, position, bytes, service, id, owner, model, external, ends, slots, looks, record)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Tasks:
    """Tasks by their ids."""

    def __init__(self, connection: Connection, totals: Totals, bounds: Bounds) -> None:
        self._connection, self._totals, self._bounds = connection, totals, bounds
        self._added = Batch[Row](connection, self._insert)
        self._lists = Lists(connection)

    @property
    def version(self) -> int:
        """Another number whenever a task was added, changed or removed."""
        return self._totals.read().task_changes

    @property
    def evicted(self) -> int:
        """How many had to go because there was no more room."""
        return self._totals.read().evicted

    def __len__(self) -> int:
        return self._totals.read().tasks

    def newest(self) -> Iterator[Task]:
        """Yield all tasks, the newest first; those that come while it runs are missing."""
        return walks.newest(self._connection)

    def add(self, task: Task, now: Millis, looks: int = 0) -> None:
        """Store a new task, or one that was queried ``looks`` times before; make room for it by what is over."""
        service, account = _owner(task)
        size = weight(task)
        with self._connection:
            counts = self._totals.read()
            if counts.tasks >= self._bounds.tasks or counts.task_bytes + size > self._bounds.size:
                self._make_room(counts.tasks, now)
            owner, line, position = self._lists.place(service, account, task.operation)
            if task.external_id is not None:
                self._connection.rows(
                    "UPDATE tasks SET external = NULL WHERE owner = ? AND external = ?", (owner, task.external_id)
                )
            about = service, task.id, owner, task.model, task.external_id, _end(task), task.slots, looks
            self._added.add((line, position, size, *about, codec.written_task(task)))
            counts = self._totals.changing()
            counts.tasks, counts.task_bytes = counts.tasks + 1, counts.task_bytes + size
            counts.task_changes += 1

    def replace(self, task: Task) -> None:
        """Put a changed task in the place of the one with its id."""
        service, account = _owner(task)
        with self._connection:
            sequence, size = self._sequence(service, account, task.id), weight(task)
            found = self._connection.row("SELECT line, position, bytes FROM tasks WHERE sequence = ?", (sequence,))
            if found is not None:
                self._connection.rows(
                    "UPDATE tasks SET ends = ?, slots = ?, bytes = ?, record = ? WHERE sequence = ?",
                    (_end(task), task.slots, size, codec.written_task(task), sequence),
                )
                line, position, before = found
                self._lists.resize(line, position, size - before)
                counts = self._totals.changing()
                counts.task_bytes += size - before
                counts.task_changes += 1

    def remove(self, task: Task) -> None:
        """Forget a task."""
        service, account = _owner(task)
        with self._connection:
            sequence = self._sequence(service, account, task.id)
            self._remove("sequence = ?", (sequence,))

    def get(self, service: str, id: str, account: str | None = None) -> Task | None:
        """Find a task by its own id; of an account, if one is named."""
        sql = f"SELECT record FROM tasks {LIVE} WHERE tasks.service = ? AND tasks.id = ?"  # noqa: S608
        if account is None:
            return _task(self._connection.row(sql, (service, id)))
        return _task(self._connection.row(sql + " AND account = ?", (service, id, account)))

    def get_external(self, owner: Owner, external_id: str) -> Task | None:
        """Find a task by the id that its client gave it."""
        service, account = owner
        return _task(
            self._connection.row(
                "SELECT record FROM owners JOIN tasks ON tasks.owner = owners.id AND external = ?"
                " WHERE account = ? AND owners.service = ?",
                (external_id, account, service),
            )
        )

    def count(self, owner: Owner, operation: str) -> int:
        """Count an account's tasks of one operation."""
        line = self._lists.line(owner, operation)
        return 0 if line is None else sum(tasks for _, tasks in self._lists.blocks(line, "ASC"))

    def page(self, owner: Owner, operation: str, start: int, size: int, *, newest_first: bool) -> list[Task]:
        """Return ``size`` tasks of an account and operation from ``start`` on."""
        read = partial(self._page, owner, operation, start, size, newest_first=newest_first)
        return [codec.read_task(record) for (record,) in self._connection.reading(read)]

    def latest(self, owner: Owner) -> Iterator[Task]:
        """Yield an account's tasks over all operations, the newest first; those that come meanwhile are missing."""
        return walks.latest(self._connection, owner)

    def in_flight(self, owner: Owner, model: str, now: Millis) -> Flight:
        """Count an account's tasks on one model that are not over."""
        service, account = owner
        found = self._connection.row(
            "SELECT count(*), coalesce(sum(slots), 0) FROM owners JOIN tasks ON tasks.owner = owners.id"
            " WHERE account = ? AND owners.service = ? AND model = ? AND ends > ? AND ends > 0",
            (account, service, model, now),
        )
        return Flight(*(found or (0, 0)))

    def look(self, task: Task) -> int:
        """Count one more query of a task, and return how many there were."""
        service, account = _owner(task)
        with self._connection:
            found = self._connection.row(
                "UPDATE tasks SET looks = looks + 1 WHERE sequence = ? RETURNING looks",
                (self._sequence(service, account, task.id),),
            )
        return 1 if found is None else int(found[0])

    def looks(self, task: Task) -> int:
        """Return how many queries of a task were counted."""
        service, account = _owner(task)
        sql = f"SELECT looks FROM tasks {LIVE} WHERE tasks.service = ? AND tasks.id = ? AND account = ?"  # noqa: S608
        found = self._connection.row(sql, (service, task.id, account))
        return 0 if found is None else int(found[0])

    def forget(self, account: str | None = None) -> Iterator[None]:
        """Forget all tasks, or those of one account: at once nobody finds them, and they take no slot."""
        with self._connection:
            if account is None:
                tasks, size = self._totals.read().tasks, self._totals.read().task_bytes
                self._connection.rows("DELETE FROM owners")
            else:
                tasks, size = self._lists.size(account)
                self._connection.rows("DELETE FROM owners WHERE account = ?", (account,))
            self._lists.forget_places()
            counts = self._totals.changing()
            counts.tasks, counts.task_bytes = counts.tasks - tasks, counts.task_bytes - size
            counts.task_changes += 1
        return self._emptied()

    def tidy(self) -> bool:
        """Make room of a few tasks that were forgotten; return whether there were any."""
        if self._connection.row("SELECT owner FROM forgotten LIMIT 1") is None:
            return False
        with self._connection:
            if (found := self._connection.row("SELECT owner FROM forgotten LIMIT 1")) is not None:
                gone = self._connection.rows(
                    "DELETE FROM tasks WHERE sequence IN (SELECT sequence FROM tasks WHERE owner = ? LIMIT ?)"
                    " RETURNING 1",
                    (*found, _FORGOTTEN_AT_ONCE),
                )
                if len(gone) < _FORGOTTEN_AT_ONCE:
                    self._connection.rows("DELETE FROM forgotten WHERE owner = ?", found)
        return True

    def _emptied(self) -> Iterator[None]:
        while self.tidy():
            yield

    def _make_room(self, count: int, now: Millis) -> None:
        """Forget the oldest tasks that are over, or the oldest of all where none of the first ones is."""
        wanted = 1 + count // EVICTED_SHARE
        oldest = f"SELECT sequence, ends FROM tasks {LIVE} ORDER BY sequence LIMIT ?"  # noqa: S608
        over = f"SELECT sequence FROM ({oldest}) WHERE ends <= ? LIMIT ?"  # noqa: S608
        which = f"sequence IN ({over})"
        gone = self._remove(which, (CONSIDERED * wanted, now, wanted)) or self._remove(which, (wanted, NEVER, wanted))
        self._totals.changing().evicted += gone

    def _remove(self, which: str, values: Sequence[int | None]) -> int:
        """Forget tasks that can be found; return how many."""
        sql = f"DELETE FROM tasks WHERE {which} RETURNING line, position, bytes"  # noqa: S608
        gone = self._connection.rows(sql, values)
        self._lists.count(gone, -1)
        self._lists.forget_places()
        counts = self._totals.changing()
        counts.tasks, counts.task_bytes = counts.tasks - len(gone), counts.task_bytes - sum(size for *_, size in gone)
        counts.task_changes += len(gone)
        return len(gone)

    def _insert(self, tasks: Sequence[Row]) -> None:
        """Write the tasks of a turn."""
        self._connection.many(_INSERT, tasks)
        self._lists.count([task[:3] for task in tasks], 1)

    def _page(self, owner: Owner, operation: str, start: int, size: int, *, newest_first: bool) -> list[tuple[bytes]]:
        line, order = self._lists.line(owner, operation), "DESC" if newest_first else "ASC"
        if line is None:
            return []
        blocks = iter(self._lists.blocks(line, order))
        block, count = next(blocks)
        while start >= count:
            start -= count
            if (following := next(blocks, None)) is None:
                return []
            block, count = following
        first, last = (0, (block + 1) * BLOCK - 1) if newest_first else (block * BLOCK, NEVER)
        sql = (
            "SELECT record FROM tasks WHERE line = ? AND position BETWEEN ? AND ?"  # noqa: S608
            f" ORDER BY position {order} LIMIT ? OFFSET ?"
        )
        return self._connection.rows(sql, (line.id, first, last, size, start))

    def _sequence(self, service: str, account: str, id: str) -> int | None:
        sql = f"SELECT sequence FROM tasks {LIVE} WHERE tasks.service = ? AND tasks.id = ? AND account = ?"  # noqa: S608
        found = self._connection.row(sql, (service, id, account))
        return None if found is None else found[0]


def _owner(task: Task) -> Owner:
    return task.operation.partition("/")[0], task.account


def _task(found: tuple[bytes] | None) -> Task | None:
    return None if found is None else codec.read_task(found[0])


def _end(task: Task) -> Millis:
    """Return when a task is over, as far as that is planned."""
    begun = None
    for start, status in reversed(task.timeline):
        if status not in FINAL:
            break
        begun = start
    if begun is None:
        return NEVER
    return 0 if begun == task.timeline[0][0] else task.created_at + begun
