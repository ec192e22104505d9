"""The queue of callbacks: which are due, when the next one is, and what became of each.

It sends nothing. The sender takes what is ``due``, reports each attempt, and sleeps until ``next``: one timer, however
many callbacks wait. Of one task one callback is out at a time: the next is due when that was delivered or given up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count

from mockserver.errors import unexpected
from mockserver.fake.callbacks.delivery import Attempt, Delivery, Moment, id_of
from mockserver.fake.callbacks.log import CallbackLog
from mockserver.fake.lifecycle import Task
from mockserver.types import Millis


@dataclass(frozen=True, slots=True)
class _Step:
    """A transition that is reported at its time, unless its task was forced into another state before."""

    service: str
    task_id: str
    moment: Moment


class CallbackQueue:
    """Callbacks in the order in which they are due."""

    def __init__(
        self,
        find: Callable[[str, str], Task | None],
        write: Callable[[Task, Moment], Delivery | None],
        alter: Callable[[Task, Delivery, Millis], tuple[Delivery, ...]] = lambda _, delivery, __: (delivery,),
    ) -> None:
        """``find`` looks up a task of a service; ``write`` returns the callback about a step of its timeline, if any.

        ``alter`` returns what is sent instead; it gets the task, the callback, and the time until the task's next step.
        """
        self._find, self._write, self._alter = find, write, alter
        self._queue: list[tuple[Millis, int, _Step | Delivery]] = []
        self._expected: dict[tuple[str, str], _Step] = {}
        self._order = count()
        self._lines: dict[tuple[str, str], deque[Delivery]] = {}
        self._log = CallbackLog()
        self._out: dict[str, Delivery] = {}
        self.version = 0
        self._watchers: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def total(self) -> int:
        """How many callbacks are remembered."""
        return len(self._log)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The last callbacks, oldest first, delivered or not."""
        return tuple(self._log)

    @property
    def next(self) -> Millis | None:
        """When the next callback or transition is due."""
        return self._queue[0][0] if self._queue else None

    def get(self, id: str) -> Delivery | None:
        """Find a callback, as long as it is remembered."""
        return self._log.get(id)

    def of(self, task: Task, now: Millis) -> list[Delivery]:
        """Return the callbacks about a task, oldest first; those that the log has forgotten are without attempts."""
        kept = [delivery for delivery in self._log if (delivery.service, delivery.task_id) == _key(task)]
        known = {delivery.id for delivery in kept}
        past = [
            moment for moment in task.timeline if task.created_at + moment[0] <= min(now, self._log.forgotten_until)
        ]
        written = (self._written(task, moment) for moment in past if id_of(task, moment) not in known)
        return [*filter(None, written), *kept]

    def is_forgotten(self, delivery: Delivery) -> bool:
        """Whether the log no longer has a callback, so that nobody knows what became of it."""
        return self._log.get(delivery.id) is None

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
            if isinstance(item, _Step):
                self._report(item, at)
            elif self._may_go(item):
                self._out[item.id] = item
                found.append(item)
        return found

    def attempted(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Record an attempt; if it failed and there is a pause left, the next one comes after it."""
        before = self._log.get(delivery.id) or delivery  # a doubled callback has one list of attempts
        tried = replace(delivery, attempts=(*before.attempts, attempt), is_again=False)
        was_out = self._out.pop(delivery.id, None)  # the log is bounded, and may have forgotten it
        if was_out is None and self._log.get(delivery.id) is None:
            self._lines.pop((delivery.service, delivery.task_id), None)
            return tried  # a reset forgot it while it was being sent
        self._keep(tried)
        if delivery.is_again:
            return tried
        now, failures = attempt.at + attempt.took, len(tried.attempts)
        if attempt.is_success or attempt.is_refused or failures > len(delivery.pauses):
            self._let_next_go(delivery)
        else:
            self._push(now + delivery.pauses[failures - 1], tried)
        return tried

    def again(self, id: str, now: Millis) -> Delivery | None:
        """Queue a callback once more, delivered or not, as long as its task is there."""
        delivery = self._log.get(id) or self._forgotten(id, now)
        if delivery is not None:
            self._push(now, replace(delivery, is_again=True))
        return delivery

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` whenever ``next`` has become earlier."""
        self._watchers.append(watcher)

    def clear(self, account: str | None = None) -> None:
        """Forget what is planned and what was sent.

        Of one account only what was sent is forgotten here: what is planned for tasks that are gone is dropped when it
        comes due, because a search for it would take as long as everybody's callbacks are many.
        """
        self.version += 1
        if account is None:
            for held in (self._queue, self._expected, self._lines, self._out):
                held.clear()
        for delivery in [delivery for delivery in self._out.values() if delivery.account == account]:
            del self._out[delivery.id]
        self._log.clear(account)

    def forget_until(self, now: Millis) -> None:
        """Say that nobody knows what became of the callbacks that were due until now: a snapshot does not tell."""
        self._log.forgotten_until = max(self._log.forgotten_until, now)

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
        try:
            delivery = self._written(task, step.moment)
            sent = () if delivery is None else self._alter(task, delivery, gap)
        except Exception as error:  # noqa: BLE001 - one task that cannot be described must not stop the others' callbacks
            unexpected(error, f"gave up the callback {step.moment[1]!r} of task {step.service}/{step.task_id}")
            sent = ()
        for each in sent:
            self._keep(each)
            self._push(each.due, each)
        self._expect(task, following)

    def _written(self, task: Task, moment: Moment) -> Delivery | None:
        following = len(task.timeline) - task.timeline[::-1].index(moment)
        # Several transitions may share a moment, so the time alone does not say which state is reported.
        return self._write(replace(task, timeline=task.timeline[:following]), moment)

    def _may_go(self, delivery: Delivery) -> bool:
        """Say whether a callback that is due may be sent now; one that has to wait for another is put behind it."""
        key = delivery.service, delivery.task_id
        if self._find(*key) is None:
            self._lines.pop(key, None)
            return False
        if delivery.is_again:
            return True
        if not delivery.attempts:
            if (line := self._lines.get(key)) is not None:
                line.append(delivery)
                return False
            self._lines[key] = deque()
            return True
        latest = self._log.get(delivery.id)
        if latest is not None and latest.is_delivered:  # somebody has sent it again, before this retry
            self._let_next_go(delivery)
            return False
        return True

    def _let_next_go(self, delivery: Delivery) -> None:
        """Queue again what waited for a callback; it was due already, so it comes before all that will be."""
        for waiting in self._lines.pop((delivery.service, delivery.task_id), ()):
            self._push(waiting.due, waiting)

    def _forgotten(self, id: str, now: Millis) -> Delivery | None:
        """Write a callback once more that the log has forgotten."""
        service, _, rest = id.partition("_")
        named, _, status = rest.rpartition("_")
        task_id, _, after = named.rpartition("_")
        task = self._find(service, task_id)
        if task is None or not task.callback_url:
            return None
        past = (moment for moment in task.timeline if task.created_at + moment[0] <= now)
        asked = next((moment for moment in past if (str(moment[0]), moment[1]) == (after, status)), None)
        return None if asked is None else self._written(task, asked)

    def _keep(self, delivery: Delivery) -> None:
        self.version += 1
        self._log.keep(delivery)

    def _push(self, at: Millis, item: _Step | Delivery) -> None:
        entry = (at, next(self._order), item)
        heappush(self._queue, entry)
        if self._queue[0] is entry:
            for watcher in self._watchers:
                watcher()


def _key(task: Task) -> tuple[str, str]:
    return task.operation.partition("/")[0], task.id
