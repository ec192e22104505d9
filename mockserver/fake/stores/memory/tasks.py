"""Tasks in memory: found by either of their ids, listed by account, counted while in flight, bounded."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from functools import cache, partial
from itertools import islice

from mockserver.fake.lifecycle import Task
from mockserver.fake.stores.store import Bounds, Flight, Owner
from mockserver.types import Millis

_CHECKED_AT_ONCE = 4
"""Tasks that each create checks for their end: more than one, so that the queue shrinks; few, so that it is cheap."""

_TASK_BYTES = 700
"""What a task takes without its texts, and its places in dictionaries and lists: measured, and rounded up."""

EVICTED_SHARE = 100
"""One in so many tasks goes when there is no more room: the search for what is over is paid for once by all of them."""

CONSIDERED = 4
"""For each task that is to go, so many of the oldest are looked at for one that is over."""


class Tasks:
    """Tasks by their ids. Adding one costs the same however many there are."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._tasks: dict[tuple[str, str], Task] = {}
        self._held_bytes = 0
        self._held_by: dict[Owner, int] = {}
        self._by_external_id: dict[Owner, dict[str, str]] = {}
        self._lists: dict[Owner, dict[str, _Line]] = defaultdict(partial(defaultdict, _Line))
        self._owned: dict[Owner, _Line] = defaultdict(_Line)
        self._in_flight: dict[Owner, dict[str, deque[str]]] = defaultdict(partial(defaultdict, deque))
        self._looks: dict[tuple[str, str], int] = {}
        self.version = 0
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._tasks)

    def newest(self) -> Iterator[Task]:
        """Yield all tasks, the newest first."""
        return iter(list(self._tasks.values())[::-1])

    def add(self, task: Task, now: Millis, looks: int = 0) -> None:
        """Store a new task, or one that was queried ``looks`` times before; make room for it by what is over."""
        owner = _owner(task)
        self.version += 1
        size = weight(task)
        if len(self._tasks) >= self._bounds.tasks or self._held_bytes + size > self._bounds.size:
            self._make_room(now)
        self._hold(owner, size)
        self._tasks[owner[0], task.id] = task
        self._lists[owner][task.operation].append(task.id)
        self._owned[owner].append(task.id)
        if task.external_id is not None:
            self._by_external_id.setdefault(owner, {})[task.external_id] = task.id
        flying = self._in_flight[owner][task.model]
        # Each create looks at the few oldest, so the queue stays as short as what is really in flight.
        tasks, service = self._tasks, owner[0]
        for _ in range(min(_CHECKED_AT_ONCE, len(flying))):
            oldest = flying.popleft()
            found = tasks.get((service, oldest))
            if found is not None and not found.is_final(now):
                flying.append(oldest)
        flying.append(task.id)
        if looks:
            self._looks[owner[0], task.id] = looks

    def replace(self, task: Task) -> None:
        """Put a changed task in the place of the one with its id."""
        self.version += 1
        owner = _owner(task)
        self._hold(owner, weight(task) - weight(self._tasks[owner[0], task.id]))
        self._tasks[owner[0], task.id] = task

    def remove(self, task: Task) -> None:
        """Forget a task."""
        self.version += 1
        self._forget(task)

    def get(self, service: str, id: str, account: str | None = None) -> Task | None:
        """Find a task by its own id; of an account, if one is named."""
        task = self._tasks.get((service, id))
        return task if task is not None and account in (None, task.account) else None

    def get_external(self, owner: Owner, external_id: str) -> Task | None:
        """Find a task by the id that its client gave it."""
        id = self._by_external_id.get(owner, {}).get(external_id)
        return None if id is None else self._tasks.get((owner[0], id))

    def count(self, owner: Owner, operation: str) -> int:
        """Count an account's tasks of one operation."""
        line = self._lists.get(owner, {}).get(operation)
        return 0 if line is None else len(line)

    def page(self, owner: Owner, operation: str, start: int, size: int, *, newest_first: bool) -> list[Task]:
        """Return ``size`` tasks of an account and operation from ``start`` on."""
        line = self._lists.get(owner, {}).get(operation)
        ids = [] if line is None else line.page(start, size, newest_first=newest_first)
        return [self._tasks[owner[0], id] for id in ids]

    def latest(self, owner: Owner) -> Iterator[Task]:
        """Yield an account's tasks over all operations, the newest first."""
        line = self._owned.get(owner)
        found = (self._tasks.get((owner[0], id)) for id in (() if line is None else line.ids[::-1]))
        return (task for task in found if task is not None)

    def in_flight(self, owner: Owner, model: str, now: Millis) -> Flight:
        """Count an account's tasks on one model that are not over."""
        flying = self._in_flight.get(owner, {}).get(model, deque())
        still = [id for id in flying if not self._is_over(owner, id, now)]
        flying.clear()
        flying.extend(still)
        return Flight(len(still), sum(self._tasks[owner[0], id].slots for id in still))

    def look(self, task: Task) -> int:
        """Count one more query of a task, and return how many there were."""
        key = _owner(task)[0], task.id
        self._looks[key] = looks = self._looks.get(key, 0) + 1
        return looks

    def looks(self, task: Task) -> int:
        """Return how many queries of a task were counted."""
        return self._looks.get((_owner(task)[0], task.id), 0)

    def forget(self, account: str | None = None) -> Iterator[None]:
        """Forget all tasks, or those of one account: at once they are in no list and take no slot.

        The tasks themselves go one by one as the result is iterated, which has to be done to its end. For 200 000 that
        takes a tenth of a second, but no lock: in a thread it holds up nobody.
        """
        self.version += 1
        owners = [owner for owner in self._lists if account in (None, owner[1])]
        lists = [(owner[0], self._owned.pop(owner)) for owner in owners]
        for owner in owners:
            self._lists.pop(owner)
            self._in_flight.pop(owner, None)
            self._by_external_id.pop(owner, None)
            self._held_bytes -= self._held_by.pop(owner)
        if account is None:
            tasks, self._tasks, self._looks = self._tasks, {}, {}
            return _emptied(tasks)
        return self._dropped((service, id) for service, line in lists for id in line.ids)

    def _dropped(self, keys: Iterable[tuple[str, str]]) -> Iterator[None]:
        for key in keys:
            self._tasks.pop(key, None)
            self._looks.pop(key, None)
            yield

    def _make_room(self, now: Millis) -> None:
        """Forget the oldest tasks that are over, or the oldest of all where none of the first ones is."""
        wanted = 1 + len(self._tasks) // EVICTED_SHARE
        oldest = list(islice(self._tasks.values(), CONSIDERED * wanted))
        over = list(islice((task for task in oldest if task.is_final(now)), wanted))
        for task in over or oldest[:wanted]:
            self._forget(task)
            self.evicted += 1

    def _forget(self, task: Task) -> None:
        owner = _owner(task)
        self._tasks.pop((owner[0], task.id), None)  # another thread may be dropping what an account had
        if self._looks:
            self._looks.pop((owner[0], task.id), None)
        lines = self._lists.get(owner, {})
        line = lines.get(task.operation)
        if line is None or not line.remove(task.id):
            return  # the account was reset, and this is one of its former tasks
        self._owned[owner].remove(task.id)
        self._hold(owner, -weight(task))
        if task.external_id is not None:
            named = self._by_external_id.get(owner, {})
            if named.get(task.external_id) == task.id:
                del named[task.external_id]
        models = self._in_flight[owner]
        flying = models.get(task.model, ())
        if len(flying) <= _CHECKED_AT_ONCE and all(self._tasks.get((owner[0], id)) is None for id in flying):
            models.pop(task.model, None)  # at useapi a model is an email, of which a client may have any number
        if not line:
            del lines[task.operation]
        if not lines:  # tests take a token each, and nobody may fill the memory with accounts that have nothing left
            for table in (self._lists, self._owned, self._held_by, self._in_flight, self._by_external_id):
                table.pop(owner, None)

    def _hold(self, owner: Owner, size: int) -> None:
        self._held_bytes += size
        self._held_by[owner] = self._held_by.get(owner, 0) + size

    def _is_over(self, owner: Owner, id: str, now: Millis) -> bool:
        task = self._tasks.get((owner[0], id))
        return task is None or task.is_final(now)


class _Line:
    """Ids in the order of creation. Mostly the first is removed, which costs the same however many there are."""

    __slots__ = ("_first", "_ids")

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._first = 0

    def __len__(self) -> int:
        return len(self._ids) - self._first

    @property
    def ids(self) -> list[str]:
        return self._ids[self._first :]

    def append(self, id: str) -> None:
        self._ids.append(id)

    def remove(self, id: str) -> bool:
        """Return whether it was there."""
        if self._first >= len(self._ids) or self._ids[self._first] != id:
            try:
                del self._ids[self._ids.index(id, self._first)]
            except ValueError:
                return False
            return True
        self._first += 1
        if 2 * self._first > len(self._ids):
            del self._ids[: self._first]
            self._first = 0
        return True

    def page(self, start: int, size: int, *, newest_first: bool) -> list[str]:
        if newest_first:
            end = max(len(self._ids) - start, self._first)
            return self._ids[max(end - size, self._first) : end][::-1]
        return self._ids[self._first + start : self._first + start + size]


def _owner(task: Task) -> Owner:
    return _service(task.operation), task.account


def weight(task: Task) -> int:
    """Return about how many bytes a task takes."""
    texts = len(task.document) + len(task.account)
    return _TASK_BYTES + texts + 4 * len(task.callback_url or "") + 4 * len(task.external_id or "")


def _emptied(tasks: dict[tuple[str, str], Task]) -> Iterator[None]:
    while tasks:
        tasks.popitem()
        yield


@cache
def _service(operation: str) -> str:
    """Return one text for all tasks: it is kept with each."""
    return operation.partition("/")[0]
