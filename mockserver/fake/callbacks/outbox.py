"""The outbox: which callbacks are due, when the next one is, and what became of each. All of it is kept in a store.

It sends nothing. The sender takes what is due, reports each attempt, and sleeps until ``next``: one timer, however many
callbacks wait. Of one task one callback is out at a time: the next is due when that was delivered or given up. What is
taken is leased by the store: if its sender dies, it becomes due again, so that it is delivered at least once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from os import urandom
from typing import NamedTuple

from mockserver.errors import StoreUnavailable, unexpected
from mockserver.fake.callbacks.delivery import Attempt, Delivery, Receiver, id_of, origin
from mockserver.fake.callbacks.line import AGAIN, Line, Lines, key_of, place_of
from mockserver.fake.callbacks.log import CallbackLog
from mockserver.fake.callbacks.writer import Alter, Find, Write, Writer
from mockserver.fake.lifecycle import Task
from mockserver.fake.stores.store import Store
from mockserver.types import Millis


class Claim(NamedTuple):
    """What was taken to be sent: callbacks, and the keys of those whose receiver has enough to do, unwritten."""

    deliveries: list[Delivery]
    held: list[tuple[str, Receiver]]


class Outbox:
    """Callbacks in the order in which they are due.

    What changes anything is called within a turn of the store, but for ``take``.
    """

    def __init__(
        self, store: Store, find: Find, write: Write, alter: Alter = lambda _, delivery, __: (delivery,)
    ) -> None:
        self._writer = Writer(find, write, alter)
        self._lines, self._schedule = Lines(store.documents), store.schedule
        self._log = CallbackLog(store.documents)
        self._told: Millis | None = None
        self._watchers: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._schedule)

    @property
    def total(self) -> int:
        """How many callbacks are remembered."""
        return len(self._log)

    @property
    def version(self) -> int:
        """Another number whenever a callback was noted, attempted or forgotten."""
        return self._log.version

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The last callbacks, oldest first, delivered or not."""
        return tuple(self._log.oldest())

    def newest(self) -> Iterator[Delivery]:
        """Yield the last callbacks, newest first, delivered or not."""
        return self._log.newest()

    @property
    def next(self) -> Millis | None:
        """When the next callback or transition is due that nobody has taken."""
        self._told = None  # whatever is planned from here on is told, so that nothing comes between
        self._told = found = self._schedule.next()
        return found

    def unfinished(self, moment: Millis) -> int:
        """Count the tasks of which something was due by a moment and is not sent yet, whoever has taken it."""
        return self._schedule.unfinished(moment)

    def get(self, id: str) -> Delivery | None:
        """Find a callback, as long as it is remembered."""
        return self._log.get(id)

    def of(self, task: Task, now: Millis) -> list[Delivery]:
        """Return the callbacks about a task, oldest first; those that the log has forgotten are without attempts."""
        until = min(now, self._log.forgotten_until)
        found = []
        for moment in dict.fromkeys(task.timeline):
            kept = self._log.get(id_of(task, moment))
            if kept is None and task.created_at + moment[0] <= until:
                kept = self._writer.written(task, moment)
            if kept is not None:
                found.append(kept)
        return found

    def is_forgotten(self, delivery: Delivery) -> bool:
        """Whether the log no longer has a callback, so that nobody knows what became of it."""
        return self._log.get(delivery.id) is None

    def plan(self, task: Task, start: int = 0) -> None:
        """Expect the transitions of a task from index ``start`` on, unless an earlier one is still expected."""
        if not task.callback_url or start >= len(task.timeline):
            return
        key, step = key_of(task), task.timeline[start]
        before = self._lines.get(key) if start else None  # a new task has none
        for orphan in self._lines.orphans(self._writer.find):
            self._drop(orphan)
        if before is None:
            line = Line((task.account, origin(task.callback_url)), task.created_at, step)
        elif before.step is None or before.step not in task.timeline:
            line = before.expecting(step)
        else:
            return
        self._change(key, before, line)

    def resume(self, delivery: Delivery, now: Millis) -> None:
        """Send a callback that was held, as soon as its task has no other one out; nothing if its task is gone."""
        task = self._writer.find(delivery.service, delivery.task_id)
        if task is None:
            return
        delivery = replace(delivery, is_held=False, due=max(delivery.due, now))
        self._log.keep(replace(self._log.get(delivery.id) or delivery, is_held=False))
        self._log.changed()
        before = self._lines.get(delivery.task)
        line = before or Line(delivery.receiver, task.created_at)
        self._change(delivery.task, before, line.described((delivery,), line.step))

    def take(self, now: Millis, most: int) -> list[str]:
        """Take at most so many things that are due, for ``claimed``. Not within a turn."""
        return self._schedule.take(now, most)

    def claimed(self, keys: Sequence[str], now: Millis, full: Collection[Receiver] = frozenset()) -> Claim:
        """Write what is to be sent now of what was taken; what goes to a receiver that is ``full`` is held unwritten.

        A held key stays taken; ``claimed`` writes it when its receiver has room.
        """
        claim = Claim([], [])
        for key in keys:
            if key.startswith(AGAIN):
                self._claim_again(key, now, full, claim)
            else:
                self._claim(key, now, full, claim)
        if claim.deliveries:
            self._log.note_what_went()
            self._log.changed()
        return claim

    def attempted(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Record an attempt; see ``attempts``."""
        return self.attempts([(delivery, attempt)])[0]

    def attempts(self, made: Sequence[tuple[Delivery, Attempt]]) -> list[Delivery]:
        """Record attempts; after one that failed the next one comes after a pause, if there is any left.

        An attempt that somebody else has made since, because this sender seemed to be dead, is only noted.
        """
        tried = [self._recorded(delivery, attempt) for delivery, attempt in made]
        self._log.note_what_went()
        self._log.changed()
        return tried

    def again(self, id: str, now: Millis) -> Delivery | None:
        """Plan to send a callback once more, now, delivered or not, as long as its task is there."""
        delivery = self._log.get(id) or self._writer.named(id, now)
        if delivery is not None:
            self._plan(f"{AGAIN}{int.from_bytes(urandom(6))}/{id}", now)
        return delivery

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` whenever something is planned here that is due before what ``next`` has said."""
        self._watchers.append(watcher)

    def clear(self, account: str | None = None) -> None:
        """Forget what is planned and what was sent.

        Of one account the times at which something was to be done stay until they have come: a search for them would
        take as long as everybody's callbacks are many.
        """
        if account is None:
            self._schedule.clear()
        self._lines.forget(account)
        self._log.clear(account)
        self._log.changed()

    def forget_until(self, now: Millis) -> None:
        """Say that nobody knows what became of the callbacks that were due until now: a snapshot does not tell."""
        self._log.forget_until(now)

    def _claim(self, key: str, now: Millis, full: Collection[Receiver], claim: Claim) -> None:
        line = self._lines.get(key)
        if line is None:
            self._schedule.drop(key)
        elif line.receiver in full:
            claim.held.append((key, line.receiver))
        elif (task := self._writer.find(*key.split("/", 1))) is None:
            self._drop(key)
        elif (delivery := self._next(key, task, line, now)) is not None:
            claim.deliveries.append(delivery)

    def _claim_again(self, key: str, now: Millis, full: Collection[Receiver], claim: Claim) -> None:
        number, id = key.removeprefix(AGAIN).split("/", 1)
        delivery = self._log.get(id) or self._writer.named(id, now)
        if delivery is None or self._writer.find(delivery.service, delivery.task_id) is None:
            self._schedule.drop(key)
        elif delivery.receiver in full:
            claim.held.append((key, delivery.receiver))
        else:
            claim.deliveries.append(replace(delivery, is_again=True, claim=int(number)))

    def _next(self, key: str, task: Task, line: Line, now: Millis) -> Delivery | None:
        """Return the callback of a line that is to be sent now, if any; else plan when there will be one."""
        current = line.current
        if current is not None and current.attempts:
            latest = self._log.get(current.id)
            if latest is not None and latest.is_delivered:  # somebody has sent it again, before this retry
                line, current = line.going_on(), None
        if current is not None and line.retry is None:  # whoever took it is dead
            current = replace(current, claim=current.claim + 1)
        elif current is None:
            while line.is_to_describe(now):
                line = self._described(task, line)
            current = line.waiting[0] if line.waiting else None
        if current is None or (line.due is not None and line.due > now):
            self._set(key, line)
            return None
        self._lines.keep(key, line.sending(current))
        return current

    def _described(self, task: Task, line: Line) -> Line:
        """Write what is sent about the transition that is expected."""
        if line.step is None or line.step not in task.timeline:
            return line.expecting(None)
        sent, after = self._writer.sent(task, line.step)
        for each in sent:
            self._log.keep(each)
        return line.described(tuple(each for each in sent if not each.is_held), after)

    def _recorded(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        try:
            return self._attempted(delivery, attempt)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one that cannot be recorded must not keep back the others
            unexpected(error, f"gave up a callback of task {delivery.task}")
            self._drop(place_of(delivery))
            return delivery

    def _attempted(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        key = delivery.task
        logged = self._log.get(delivery.id)
        before = logged or delivery  # a doubled callback has one list of attempts
        tried = delivery.tried((*before.attempts, attempt))
        if delivery.is_again:
            self._schedule.drop(place_of(delivery))
            if logged is not None or self._writer.find(delivery.service, delivery.task_id) is not None:
                self._log.keep(tried)
            return tried
        line = self._lines.get(key)
        if logged is not None or line is not None:  # else a reset forgot it while it was being sent
            self._log.keep(tried)
        if line is None:
            self._schedule.drop(key)
        elif line.current is not None and (line.current.id, line.current.claim) == (delivery.id, delivery.claim):
            failures = len(tried.attempts)
            if attempt.is_success or attempt.is_refused or failures > len(delivery.pauses):
                self._set(key, line.going_on())
            else:
                self._set(key, line.retrying(tried, attempt.at + attempt.took + delivery.pauses[failures - 1]))
        return tried

    def _set(self, key: str, line: Line) -> None:
        """Keep a line, and plan when something is to be done about it; or forget it if there is nothing."""
        if line.is_over:
            self._drop(key)
        else:
            self._lines.keep(key, line)
            if line.due is not None:
                self._plan(key, line.due)

    def _change(self, key: str, before: Line | None, line: Line) -> None:
        """Keep a line, and plan it if it is due earlier than before."""
        self._lines.keep(key, line)
        # What has to be done by then already may be taken, and planned anew somebody else would take it, too.
        planned = None if before is None else before.due
        if line.due is not None and (before is None or (planned is not None and line.due < planned)):
            self._plan(key, line.due)

    def _drop(self, key: str) -> None:
        self._lines.drop(key)
        self._schedule.drop(key)

    def _plan(self, key: str, due: Millis) -> None:
        self._schedule.plan(key, due)
        if self._told is None or due < self._told:
            self._told = due
            for watcher in self._watchers:
                watcher()
