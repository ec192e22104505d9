"""Tasks in Redis: found by either of their ids, listed by account, counted while in flight, bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from mockserver.fake.lifecycle import Task
from mockserver.fake.stores.redis import lists
from mockserver.fake.stores.redis.answers import Counts, Flying
from mockserver.fake.stores.redis.lists import is_forgotten
from mockserver.fake.stores.redis.names import (
    Held,
    account_mark,
    flight_key,
    list_key,
    over_at,
    owner_key,
    raw,
    service_of,
    task_key,
    text,
    written_task,
)
from mockserver.fake.stores.redis.overlay import ABSENT
from mockserver.fake.stores.redis.turn import Turn
from mockserver.fake.stores.redis.turns import Turns, in_turn
from mockserver.fake.stores.store import Flight, Owner
from mockserver.types import Millis

_CHUNK = 200
"""Tasks that are fetched at once when all are wanted: about 200 KB."""

_SWEPT = 200
"""Tasks that are forgotten at once: nobody waits for that longer than a millisecond."""


class Tasks:
    """Tasks by their ids. Adding one costs about the same however many there are."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns

    @property
    def evicted(self) -> int:
        """How many had to go because there was no more room."""
        return self._counts().of(b"evicted")

    @in_turn
    def __len__(self) -> int:
        turn = self.turns.turn
        removed = sum(map(len, turn.removed.values()))
        return len(turn.fresh) + (0 if None in turn.forgotten else self._counts().tasks - removed)

    def newest(self) -> Iterator[Task]:
        """Yield all tasks, the newest first; those that come while it runs may be missing."""
        return _walked(self._older)

    def latest(self, owner: Owner) -> Iterator[Task]:
        """Yield an account's tasks over all operations, the newest first; those that come meanwhile may be missing."""
        return _walked(partial(self._older_of, owner))

    @in_turn
    def add(self, task: Task, now: Millis, looks: int = 0) -> None:
        """Store a new task, or one that was queried ``looks`` times before; make room for it by what is over."""
        turn, owner, key = self.turns.turn, _owner(task), (service_of(task.operation), task.id)
        turn.set(turn.tasks, key, task)
        turn.set(turn.fresh, key, True)
        turn.set(turn.looks, key, looks)
        turn.set(turn.added.setdefault(list_key(task.operation, task.account), {}), task.id, True)
        turn.set(turn.flights.setdefault(flight_key(owner, task.model), {}), task.id, (task.slots, over_at(task)))
        if task.external_id is not None:
            turn.set(turn.named, (owner, task.external_id), task.id)
        turn.write("T", task_key(*key), partial(written_task, turn.stamp, task), now, looks)
        _change(turn)

    @in_turn
    def replace(self, task: Task) -> None:
        """Put a changed task in the place of the one with its id."""
        turn, owner, key = self.turns.turn, _owner(task), (service_of(task.operation), task.id)
        self._find(turn, key)
        turn.set(turn.tasks, key, task)
        turn.set(turn.flights.setdefault(flight_key(owner, task.model), {}), task.id, (task.slots, over_at(task)))
        turn.write("R", task_key(*key), partial(written_task, turn.stamp, task))
        _change(turn)

    @in_turn
    def remove(self, task: Task) -> None:
        """Forget a task."""
        turn, owner, key = self.turns.turn, _owner(task), (service_of(task.operation), task.id)
        if self._find(turn, key) is None:
            return
        if task.external_id is not None and self._named(turn, owner, task.external_id) == task.id:
            turn.set(turn.named, (owner, task.external_id), None)
        turn.set(turn.tasks, key, None)
        turn.set(turn.looks, key, 0)
        turn.set(turn.flights.setdefault(flight_key(owner, task.model), {}), task.id, None)
        line = list_key(task.operation, task.account)
        if task.id in turn.added.get(line, {}):
            turn.unset(turn.added[line], task.id)
            turn.unset(turn.fresh, key)
        else:
            turn.set(turn.removed.setdefault(line, {}), task.id, True)
        turn.write("Q", task_key(*key))
        _change(turn)

    @in_turn
    def get(self, service: str, id: str, account: str | None = None) -> Task | None:
        """Find a task by its own id; of an account, if one is named."""
        task = self._find(self.turns.turn, (service, id))
        return task if task is not None and account in (None, task.account) else None

    @in_turn
    def get_external(self, owner: Owner, external_id: str) -> Task | None:
        """Find a task by the id that its client gave it: of several with one id, the latest."""
        turn = self.turns.turn
        id = self._named(turn, owner, external_id)
        return None if id is None else self._find(turn, (owner[0], id))

    @in_turn
    def count(self, owner: Owner, operation: str) -> int:
        """Count an account's tasks of one operation."""
        return lists.length(self.turns.turn, owner, operation)

    @in_turn
    def page(self, owner: Owner, operation: str, start: int, size: int, *, newest_first: bool) -> list[Task]:
        """Return ``size`` tasks of an account and operation from ``start`` on."""
        turn = self.turns.turn
        ids = lists.ids(turn, owner, operation, (start, size, newest_first))
        return [task for id in ids if (task := self._find(turn, (owner[0], id))) is not None]

    @in_turn
    def in_flight(self, owner: Owner, model: str, now: Millis) -> Flight:
        """Count an account's tasks on one model that are not over."""
        turn, key, name = self.turns.turn, flight_key(owner, model), owner_key(owner)
        written = turn.flights.get(key, {})
        ours = [each for each in written.values() if each is not None and each[1] > now]
        tasks, slots = len(ours), sum(each[0] for each in ours)
        if not is_forgotten(turn, owner[1]):
            found: Flying = turn.read(("F", name, key))
            turn.check("O", name, stamp=found.stamp)
            before, changed = found.at(now), [found.of(id, now) for id in written]
            tasks += before.tasks - sum(each.tasks for each in changed)
            slots += before.slots - sum(each.slots for each in changed)
        return Flight(tasks, slots)

    @in_turn
    def look(self, task: Task) -> int:
        """Count one more query of a task, and return how many there were."""
        turn, key = self.turns.turn, (service_of(task.operation), task.id)
        looks = self._looks(turn, key) + 1
        turn.set(turn.looks, key, looks)
        turn.write("L", task_key(*key))
        return looks

    @in_turn
    def looks(self, task: Task) -> int:
        """Return how many queries of a task were counted."""
        return self._looks(self.turns.turn, (service_of(task.operation), task.id))

    @in_turn
    def forget(self, account: str | None = None) -> Iterator[None]:
        """Forget all tasks, or those of one account: at once they are in no list and take no slot.

        The tasks themselves go in pieces as the result is iterated, which has to be done to its end.
        """
        turn = self.turns.turn
        for key, task in list(turn.tasks.items()):
            if task is not None and account in (None, task.account):
                turn.set(turn.tasks, key, None)
                turn.unset(turn.fresh, key)
                turn.set(turn.looks, key, 0)
                turn.unset(turn.added.get(list_key(task.operation, task.account), {}), task.id)
                turn.unset(turn.flights.get(flight_key(_owner(task), task.model), {}), task.id)
        for owner, external_id in list(turn.named):
            if account in (None, owner[1]):
                turn.set(turn.named, (owner, external_id), None)
        turn.set(turn.forgotten, account, True)
        turn.write("F", account_mark(account))
        _change(turn)
        return self._sweep()

    def _sweep(self) -> Iterator[None]:
        while self.turns.server.run("sweep", _SWEPT):
            yield

    @property
    @in_turn
    def version(self) -> int:
        """Another number whenever a task was added, changed or removed."""
        return self._counts().of(b"changes") + int(self.turns.turn.marks.get("changes", 0))

    @in_turn
    def _counts(self) -> Counts:
        found: Counts = self.turns.turn.read(("M",))
        return found

    @in_turn
    def _older(self, last: bytes | None) -> tuple[list[Task], bytes | None]:
        """Return some tasks, and the number of the last; the first are those that were added in this turn."""
        turn = self.turns.turn
        fresh = [] if last is not None else [turn.tasks[key] for key in reversed(turn.fresh)]
        keys: list[bytes] = []
        if None not in turn.forgotten:
            keys, last = turn.read(("A", _before(last), _CHUNK))
        return [*filter(None, fresh), *self._held(turn, keys)], last if keys else None

    @in_turn
    def _older_of(self, owner: Owner, last: bytes | None) -> tuple[list[Task], bytes | None]:
        """Return some tasks of an account, as ``_older`` does."""
        turn, name = self.turns.turn, owner_key(owner)
        fresh = [] if last is not None else [turn.tasks[key] for key in reversed(turn.fresh)]
        keys: list[bytes] = []
        if not is_forgotten(turn, owner[1]):
            stamp, keys, last = turn.read(("G", name, raw(owner[1]), _before(last), _CHUNK))
            turn.check("O", name, stamp=stamp)
        own = [task for task in fresh if task is not None and _owner(task) == owner]
        return [*own, *self._held(turn, keys)], last if keys else None

    def _held(self, turn: Turn, keys: list[bytes]) -> list[Task]:
        """Return what is left of the tasks that were there before this turn."""
        names = [tuple(text(key).split(":", 1)) for key in keys]
        found = [self._find(turn, (service, id)) for service, id in names if (service, id) not in turn.fresh]
        return [task for task in found if task is not None]

    def _find(self, turn: Turn, key: tuple[str, str]) -> Task | None:
        written: Any = turn.tasks.get(key, ABSENT)
        if written is not ABSENT:
            return written  # type: ignore[no-any-return]
        if None in turn.forgotten:
            return None
        name = task_key(*key)
        held: Held | None = turn.read(("T", name))
        turn.check("T", name, stamp=held.stamp if held else b"")
        return held.task if held and held.task.account not in turn.forgotten else None

    def _named(self, turn: Turn, owner: Owner, external_id: str) -> str | None:
        written: Any = turn.named.get((owner, external_id), ABSENT)
        if written is not ABSENT:
            return written  # type: ignore[no-any-return]
        if is_forgotten(turn, owner[1]):
            return None
        key, name = owner_key(owner), raw(external_id)
        id: str | None = turn.read(("E", raw(owner[0]), key, name))
        turn.check("E", key, name, stamp=b"" if id is None else raw(id))
        return id

    def _looks(self, turn: Turn, key: tuple[str, str]) -> int:
        if key in turn.looks:
            return turn.looks[key]
        if None in turn.forgotten:
            return 0
        name = task_key(*key)
        looks: int = turn.read(("L", name))
        turn.check("L", name, stamp=b"%d" % looks)
        return looks


def _walked(older: Callable[[bytes | None], tuple[list[Task], bytes | None]]) -> Iterator[Task]:
    """Yield the tasks that are read piece by piece, each piece by the number of the last task before it."""
    last: bytes | None = None
    while True:
        tasks, last = older(last)
        yield from tasks
        if last is None:
            return


def _before(last: bytes | None) -> bytes:
    return b"+inf" if last is None else b"(" + last


def _owner(task: Task) -> Owner:
    return service_of(task.operation), task.account


def _change(turn: Turn) -> None:
    turn.set(turn.marks, "changes", turn.marks.get("changes", 0) + 1)
