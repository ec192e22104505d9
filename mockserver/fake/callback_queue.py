"""The queue of callbacks: which are due, when the next one is, and what became of each.

It sends nothing. The sender takes what is ``due``, reports each attempt, and sleeps until ``next``: one timer, however
many callbacks wait.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from itertools import count

from mockserver.errors import unexpected
from mockserver.fake.lifecycle import Status, Task
from mockserver.settings import not_a_webhook_secret
from mockserver.types import Millis

_MOST_KEPT = 10_000
"""Callbacks that are remembered after they were sent; a load test would otherwise fill the memory."""

_FIRST_PAUSE_MILLIS = 1000
"""The pause before the first retry, doubled before each further one. The real figure is documented nowhere."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: when, how long it took, and either the status of the answer or what went wrong."""

    at: Millis
    took: Millis
    status: int | None = None
    fault: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it: it answered with any 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Delivery:
    """One callback of one task: what is sent where, how often it may be retried, and each attempt so far.

    ``is_forged``: if it is signed, the signature must be wrong.
    """

    id: str
    service: str
    task_id: str
    account: str
    status: Status
    url: str
    body: bytes
    due: Millis
    retries: int
    is_forged: bool = False
    attempts: tuple[Attempt, ...] = ()

    @property
    def is_delivered(self) -> bool:
        """Whether an attempt succeeded."""
        return bool(self.attempts) and self.attempts[-1].is_success


@dataclass(frozen=True, slots=True)
class _Step:
    """A transition that is reported at its time, unless its task was forced into another state before."""

    service: str
    task_id: str
    moment: tuple[Millis, Status]


def signed(secret: str, id: str, at: Millis, body: bytes) -> dict[str, str]:
    """Return the headers that prove a callback: its id, the time of this attempt in Unix seconds, the signature.

    Raises ``BadSetting`` for something that is not a secret.
    """
    from standardwebhooks import Webhook
    from standardwebhooks.webhooks import EmptyWebhookSecretError

    moment = datetime.fromtimestamp(at // 1000, UTC)
    try:
        signature = Webhook(secret).sign(id, moment, body.decode())
    except (ValueError, RuntimeError, EmptyWebhookSecretError) as error:
        raise not_a_webhook_secret() from error
    return {"webhook-id": id, "webhook-timestamp": str(at // 1000), "webhook-signature": signature}


class CallbackQueue:
    """Callbacks in the order in which they are due."""

    def __init__(
        self,
        find: Callable[[str, str], Task | None],
        write: Callable[[Task, Status, Millis, Millis], tuple[Delivery, ...]],
    ) -> None:
        """``find`` looks up a task of a service; ``write`` returns what is sent when it enters a state.

        ``write`` gets the task, the state, the moment, and the time until the task's next state.
        """
        self._find, self._write = find, write
        self._queue: list[tuple[Millis, int, _Step | Delivery]] = []
        self._expected: dict[tuple[str, str], _Step] = {}
        self._order = count()
        self._deliveries: OrderedDict[str, Delivery] = OrderedDict()
        self._out: dict[str, Delivery] = {}
        self.version = 0
        self._watchers: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The last callbacks, oldest first, delivered or not."""
        return tuple(self._deliveries.values())

    @property
    def next(self) -> Millis | None:
        """When the next callback or transition is due."""
        return self._queue[0][0] if self._queue else None

    def plan(self, task: Task, start: int = 0) -> None:
        """Expect the transitions of a task from index ``start`` on, unless an earlier one is still expected."""
        expected = self._expected.get(_key(task))
        if task.callback_url and (expected is None or expected.moment not in task.timeline):
            self._expect(task, start)

    def due(self, now: Millis) -> list[Delivery]:
        """Take out the callbacks that are due, in order."""
        found: list[Delivery] = []
        while self._queue and self._queue[0][0] <= now:
            at, _, item = heappop(self._queue)
            if isinstance(item, Delivery):
                self._out[item.id] = item
                found.append(item)
            else:
                self._report(item, at)
        return found

    def attempted(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Record an attempt; if it failed and there are retries left, the next waits 1 s, 2 s, 4 s …"""
        before = self._deliveries.get(delivery.id, delivery)  # a doubled callback has one list of attempts
        tried = replace(delivery, attempts=(*before.attempts, attempt))
        was_out = self._out.pop(delivery.id, None)  # the other list is bounded, and may have forgotten it
        if was_out is None and delivery.id not in self._deliveries:
            return tried  # a reset forgot it while it was being sent
        self._keep(tried)
        if not attempt.is_success and len(tried.attempts) <= delivery.retries:
            pause = _FIRST_PAUSE_MILLIS * 2 ** (len(tried.attempts) - 1)
            self._push(attempt.at + attempt.took + pause, tried)
        return tried

    def again(self, id: str, now: Millis) -> Delivery | None:
        """Queue a callback once more, delivered or not."""
        delivery = self._deliveries.get(id)
        if delivery is not None:
            self._push(now, delivery)
        return delivery

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` whenever ``next`` has become earlier."""
        self._watchers.append(watcher)

    def clear(self, account: str | None = None) -> None:
        """Forget what is planned and what was sent.

        Of one account only what was sent is forgotten here: its tasks are gone, so nothing of them is reported.
        """
        self.version += 1
        if account is None:
            for held in (self._queue, self._expected, self._deliveries, self._out):
                held.clear()
        else:
            for log in (self._deliveries, self._out):
                for delivery in [delivery for delivery in log.values() if delivery.account == account]:
                    del log[delivery.id]
            self._queue = [entry for entry in self._queue if not _is_of(entry[2], account)]
            heapify(self._queue)

    def _expect(self, task: Task, index: int) -> None:
        if index < len(task.timeline):
            step = _Step(*_key(task), task.timeline[index])
            self._expected[_key(task)] = step
            self._push(task.created_at + step.moment[0], step)

    def _report(self, step: _Step, at: Millis) -> None:
        """Queue what is sent about a transition: usually one callback, now."""
        if self._expected.get((step.service, step.task_id)) is not step:
            return  # its task was forced into another state
        del self._expected[step.service, step.task_id]
        task = self._find(step.service, step.task_id)
        if task is None or step.moment not in task.timeline:
            return
        following = len(task.timeline) - task.timeline[::-1].index(step.moment)
        gap = task.timeline[following][0] - step.moment[0] if following < len(task.timeline) else 0
        # Several transitions may share a moment, so the time alone does not say which state is reported.
        reported = replace(task, timeline=task.timeline[:following])
        try:
            deliveries = self._write(reported, step.moment[1], at, gap)
        except Exception as error:  # noqa: BLE001 - one task that cannot be described must not stop the others' callbacks
            unexpected(error, f"gave up the callback {step.moment[1]!r} of task {step.service}/{step.task_id}")
            deliveries = ()
        for delivery in deliveries:
            self._keep(delivery)
            self._push(delivery.due, delivery)
        self._expect(task, following)

    def _keep(self, delivery: Delivery) -> None:
        self.version += 1
        self._deliveries[delivery.id] = delivery
        while len(self._deliveries) > _MOST_KEPT:
            self._deliveries.popitem(last=False)

    def _push(self, at: Millis, item: _Step | Delivery) -> None:
        entry = (at, next(self._order), item)
        heappush(self._queue, entry)
        if self._queue[0] is entry:
            for watcher in self._watchers:
                watcher()


def _key(task: Task) -> tuple[str, str]:
    return task.operation.partition("/")[0], task.id


def _is_of(item: _Step | Delivery, account: str) -> bool:
    return isinstance(item, Delivery) and item.account == account
