"""The line of a task: what is still to be told about it, one callback after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mockserver.fake.callbacks.delivery import Delivery, Moment, Receiver, as_json, from_json
from mockserver.fake.callbacks.writer import Find
from mockserver.fake.lifecycle import Task
from mockserver.fake.stores.store import Documents, Kind
from mockserver.types import JSON, Millis


class Line(NamedTuple):
    """What is still to be told about a task.

    * ``receiver``: who gets it
    * ``since``: when the task was created, from which its moments count
    * ``step``: the transition that is to be described next
    * ``current``: the callback that is out, or waits for its next attempt; what follows waits for it
    * ``retry``: when that attempt is due; ``None`` while it is out
    * ``waiting``: what was described and has not been sent yet, in the order in which it is due
    """

    receiver: Receiver
    since: Millis
    step: Moment | None = None
    current: Delivery | None = None
    retry: Millis | None = None
    waiting: tuple[Delivery, ...] = ()

    @property
    def due(self) -> Millis | None:
        """When something is to be done about it next; ``None`` if that is over, or a callback is out."""
        if self.current is not None:
            return self.retry
        described = self.waiting[0].due if self.waiting else None
        if self.step is None:
            return described
        expected = self.since + self.step[0]
        return expected if described is None else min(expected, described)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to tell."""
        return self.step is None and self.current is None and not self.waiting

    def is_to_describe(self, now: Millis) -> bool:
        """Whether the next transition has come, and what it leads to might be sent before all that waits."""
        if self.step is None:
            return False
        expected = self.since + self.step[0]
        return expected <= now and (not self.waiting or expected <= self.waiting[0].due)

    def expecting(self, step: Moment | None) -> Line:
        """Return the line with another transition to describe next."""
        return Line(self.receiver, self.since, step, self.current, self.retry, self.waiting)

    def described(self, sent: tuple[Delivery, ...], step: Moment | None) -> Line:
        """Return the line with callbacks put in where they are due, and the transition to describe after them."""
        # Sorting keeps the order of what is due at one moment.
        waiting = tuple(sorted((*self.waiting, *sent), key=_due)) if self.waiting or len(sent) > 1 else sent
        return Line(self.receiver, self.since, step, self.current, self.retry, waiting)

    def sending(self, delivery: Delivery) -> Line:
        """Return the line with a callback that is out."""
        waiting = self.waiting[1:] if self.current is None else self.waiting
        return Line(self.receiver, self.since, self.step, delivery, None, waiting)

    def retrying(self, delivery: Delivery, at: Millis) -> Line:
        """Return the line with a callback that waits for its next attempt."""
        return Line(self.receiver, self.since, self.step, delivery, at, self.waiting)

    def going_on(self) -> Line:
        """Return the line without the callback that was out."""
        return Line(self.receiver, self.since, self.step, None, None, self.waiting)


def _due(delivery: Delivery) -> Millis:
    return delivery.due


def _write(line: Line) -> JSON:
    current = None if line.current is None else as_json(line.current)
    waiting = [as_json(delivery) for delivery in line.waiting]
    return [list(line.receiver), line.since, line.step and list(line.step), current, line.retry, waiting]


def _read(written: JSON) -> Line:
    (account, origin), since, step, current, retry, waiting = written
    return Line(
        (account, origin),
        since,
        None if step is None else (step[0], step[1]),
        None if current is None else from_json(current),
        retry,
        tuple(from_json(delivery) for delivery in waiting),
    )


LINES: Kind[Line] = Kind("outbox", _write, _read)

_SWEPT_EVERY = 64
"""Tasks after which the lines of those that had to go are looked for: seldom, since a shared store takes its time."""


class Lines:
    """The lines by ``SERVICE/TASK_ID``: as many as there are tasks that are not told to their end."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._asked = 0

    def get(self, key: str) -> Line | None:
        """Find the line of a task."""
        return self._documents.get(LINES, key)

    def keep(self, key: str, line: Line) -> None:
        """Keep a line, in the place of the one with its key."""
        self._documents.put(LINES, key, line, line.receiver[0])

    def drop(self, key: str) -> None:
        """Forget the line of a task."""
        self._documents.drop(LINES, key)

    def forget(self, account: str | None) -> None:
        """Forget all lines, or those of one account."""
        self._documents.forget(LINES, account)

    def orphans(self, find: Find) -> Iterator[str]:
        """Yield, now and then, the oldest lines whose tasks had to go, to be dropped.

        Of time that stands still they would never come due.
        """
        self._asked += 1
        for _ in range(0 if self._asked % _SWEPT_EVERY else 2 * _SWEPT_EVERY):
            key = next((key for key, _ in self._documents.oldest(LINES)), None)
            if key is None or find(*key.split("/", 1)) is not None:
                return
            yield key


AGAIN = "+"
"""Begins the key of what is sent again: it waits for no line, and no line for it. No service's id begins with it."""


def key_of(task: Task) -> str:
    """Return the key of a task's line."""
    return f"{task.operation.partition('/')[0]}/{task.id}"


def place_of(delivery: Delivery) -> str:
    """Return the key by which a callback that is out was taken."""
    return f"{AGAIN}{delivery.claim}/{delivery.id}" if delivery.is_again else delivery.task
