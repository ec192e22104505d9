"""The agenda: which callbacks are due, when the next one is, and what became of each.

It sends nothing. Whoever does asks for what is ``due``, tells the outcome of each attempt, and sleeps until ``next``:
one timer, however many callbacks wait.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count

from mockserver.fake.lifecycle import Status, Task
from mockserver.types import Millis

_KEPT = 10_000
_FIRST_PAUSE = 1000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: when, how long it took, and either the status it was answered with or what went wrong."""

    at: Millis
    took: Millis
    status: int | None = None
    fault: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the receiver has it: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Delivery:
    """One callback of one task: what is to be said where, how often it may be tried again, and each attempt so far."""

    id: str
    service: str
    task_id: str
    account: str
    status: Status
    url: str
    body: bytes
    due: Millis
    retries: int
    attempts: tuple[Attempt, ...] = ()

    @property
    def is_delivered(self) -> bool:
        """Whether an attempt succeeded."""
        return bool(self.attempts) and self.attempts[-1].is_success


@dataclass(frozen=True, slots=True)
class _Step:
    """A transition that is to be reported when it comes, if it still comes then."""

    service: str
    task_id: str
    index: int
    status: Status


class Agenda:
    """Callbacks in the order in which they are due."""

    def __init__(
        self, find: Callable[[str, str], Task | None], write: Callable[[Task, Status, Millis], Delivery | None]
    ) -> None:
        """``find`` looks up a task of a service; ``write`` words its callback, or says that none is made."""
        self._find, self._write = find, write
        self._queue: list[tuple[Millis, int, _Step | Delivery]] = []
        self._order = count()
        self._deliveries: OrderedDict[str, Delivery] = OrderedDict()
        self._watchers: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The last callbacks, oldest first, delivered or not."""
        return tuple(self._deliveries.values())

    @property
    def next(self) -> Millis | None:
        """When there will be something to do."""
        return self._queue[0][0] if self._queue else None

    def plan(self, task: Task, start: int = 0) -> None:
        """Expect the transitions of a task from one of its timeline on."""
        if task.callback_url and start < len(task.timeline):
            offset, status = task.timeline[start]
            step = _Step(task.operation.partition("/")[0], task.id, start, status)
            self._push(task.created_at + offset, step)

    def due(self, now: Millis) -> list[Delivery]:
        """Take out the callbacks whose time has come, in order."""
        found = []
        while self._queue and self._queue[0][0] <= now:
            at, _, item = heappop(self._queue)
            delivery = item if isinstance(item, Delivery) else self._reported(item, at)
            if delivery is not None:
                found.append(delivery)
        return found

    def attempted(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Note an attempt; if it failed and there are retries left, the next waits 1 s, 2 s, 4 s …"""
        tried = replace(delivery, attempts=(*delivery.attempts, attempt))
        self._keep(tried)
        if not attempt.is_success and len(tried.attempts) <= delivery.retries:
            pause = _FIRST_PAUSE * 2 ** (len(tried.attempts) - 1)
            self._push(attempt.at + attempt.took + pause, tried)
        return tried

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` whenever ``next`` comes earlier than it was."""
        self._watchers.append(watcher)

    def clear(self) -> None:
        """Forget everything that is planned and that was sent."""
        self._queue.clear()
        self._deliveries.clear()

    def _reported(self, step: _Step, at: Millis) -> Delivery | None:
        task = self._find(step.service, step.task_id)
        if task is None or (at - task.created_at, step.status) not in task.timeline:
            return None  # it was deleted, or forced into another state
        self.plan(task, step.index + 1)
        delivery = self._write(task, step.status, at)
        if delivery is not None:
            self._keep(delivery)
        return delivery

    def _keep(self, delivery: Delivery) -> None:
        self._deliveries[delivery.id] = delivery
        while len(self._deliveries) > _KEPT:
            self._deliveries.popitem(last=False)

    def _push(self, at: Millis, item: _Step | Delivery) -> None:
        entry = (at, next(self._order), item)
        heappush(self._queue, entry)
        if self._queue[0] is entry:
            for watcher in self._watchers:
                watcher()
