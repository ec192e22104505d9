"""The store: every task, found by either of its ids, listed by account, counted while in flight."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache

from mockserver.fake.lifecycle import Task
from mockserver.types import Millis

Owner = tuple[str, str]
"""A service and an account, which sees only its own tasks."""

_CHECKED_AT_ONCE = 4
"""Tasks that each create checks for their end: more than one, so that the queue shrinks; few, so that it is cheap."""


class Store:
    """Tasks in memory. Adding one costs the same however many there are."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, str], Task] = {}
        self._by_external_id: dict[Owner, dict[str, str]] = {}
        self._lists: dict[Owner, dict[str, list[str]]] = {}
        self._in_flight: dict[Owner, dict[str, deque[str]]] = {}
        self._looks: dict[str, int] = {}
        self.version = 0

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[Task]:
        """Yield all tasks, oldest first."""
        return iter(list(self._tasks.values()))

    def add(self, task: Task, now: Millis, looks: int = 0) -> None:
        """Store a new task, or one that was queried ``looks`` times before."""
        owner = _owner(task)
        self.version += 1
        self._tasks[owner[0], task.id] = task
        self._lists.setdefault(owner, {}).setdefault(task.operation, []).append(task.id)
        if task.external_id is not None:
            self._by_external_id.setdefault(owner, {})[task.external_id] = task.id
        flying = self._in_flight.setdefault(owner, {}).setdefault(task.model, deque())
        # Each create looks at the few oldest, so the queue stays as short as what is really in flight.
        for _ in range(min(_CHECKED_AT_ONCE, len(flying))):
            oldest = flying.popleft()
            if not self._is_over(owner, oldest, now):
                flying.append(oldest)
        flying.append(task.id)
        if looks:
            self._looks[task.id] = looks

    def replace(self, task: Task) -> None:
        """Put a changed task in the place of the one with its id."""
        self.version += 1
        self._tasks[_owner(task)[0], task.id] = task

    def remove(self, task: Task) -> None:
        """Forget a task."""
        owner = _owner(task)
        self.version += 1
        del self._tasks[owner[0], task.id]
        self._lists[owner][task.operation].remove(task.id)
        if task.external_id is not None and self._by_external_id[owner].get(task.external_id) == task.id:
            del self._by_external_id[owner][task.external_id]
        self._looks.pop(task.id, None)

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
        return len(self._lists.get(owner, {}).get(operation, ()))

    def page(self, owner: Owner, operation: str, start: int, size: int, *, newest_first: bool) -> list[Task]:
        """Return ``size`` tasks of an account and operation from ``start`` on."""
        ids = self._lists.get(owner, {}).get(operation, [])
        if newest_first:
            end = len(ids) - start
            chosen = ids[max(end - size, 0) : max(end, 0)][::-1]
        else:
            chosen = ids[start : start + size]
        return [self._tasks[owner[0], id] for id in chosen]

    def in_flight(self, owner: Owner, model: str, now: Millis) -> list[Task]:
        """Return an account's tasks on one model that are not over."""
        flying = self._in_flight.get(owner, {}).get(model, deque())
        still = [id for id in flying if not self._is_over(owner, id, now)]
        flying.clear()
        flying.extend(still)
        return [self._tasks[owner[0], id] for id in still]

    def look(self, task: Task) -> int:
        """Count one more query of a task, and return how many there were."""
        self._looks[task.id] = looks = self._looks.get(task.id, 0) + 1
        return looks

    def looks(self, task: Task) -> int:
        """Return how many queries of a task were counted."""
        return self._looks.get(task.id, 0)

    def forget(self, account: str | None = None) -> Iterator[None]:
        """Forget all tasks, or those of one account: at once they are in no list and take no slot.

        The tasks themselves go one by one as the result is iterated, which has to be done to its end. For 200 000 that
        takes a tenth of a second, but no lock: in a thread it holds up nobody.
        """
        self.version += 1
        owners = [owner for owner in self._lists if account in (None, owner[1])]
        lists = [(owner[0], self._lists.pop(owner)) for owner in owners]
        for owner in owners:
            self._in_flight.pop(owner, None)
            self._by_external_id.pop(owner, None)
        if account is None:
            tasks, self._tasks, self._looks = self._tasks, {}, {}
            return _emptied(tasks)
        return self._dropped((service, id) for service, found in lists for ids in found.values() for id in ids)

    def _dropped(self, keys: Iterable[tuple[str, str]]) -> Iterator[None]:
        for key in keys:
            self._tasks.pop(key, None)
            self._looks.pop(key[1], None)
            yield

    def _is_over(self, owner: Owner, id: str, now: Millis) -> bool:
        task = self._tasks.get((owner[0], id))
        return task is None or task.is_final(now)


def _owner(task: Task) -> Owner:
    return _service(task.operation), task.account


def _emptied(tasks: dict[tuple[str, str], Task]) -> Iterator[None]:
    while tasks:
        tasks.popitem()
        yield


@cache
def _service(operation: str) -> str:
    """Return one text for all tasks: it is kept with each."""
    return operation.partition("/")[0]
