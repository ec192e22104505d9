"""The story of an attempt: those before it that it cannot do without, so that the same can be sent again.

A query needs the create of its task, a list the tasks in it, a step of a random walk the steps before. What belongs
together is told from what attempts are about, and from the ids and names in them, whatever their purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from mockserver.kit.lookups import asked_for
from mockserver.kit.server.evidence import Attempt, Evidence, Purpose, ResultFile, Step, Watched
from mockserver.kit.task_view import TaskView, task_views

NAME = re.compile(r"[0-9a-f]{11}--?\d+-\d+")
"""A name that a probe has made up, ``Probe.new_name``."""

_MOST_LISTED = 12
"""Tasks of a list that are created again: each may cost money, and a fault of lists shows with few."""

_MOST_STEPS = 60
"""Steps of a random walk that are taken again, beside its creates."""

_SHORTEST_PART = 6
"""Characters at the beginning of a name by which a part of it is known; fewer may be there by chance."""

_LARGEST_READ = 100_000
"""Bytes of a body in which names are looked for: a larger one is a picture."""

_ALONE = frozenset({Purpose.BREAK_RULE, Purpose.AUTHENTICATE, Purpose.MALFORMED, Purpose.LIST_OUT_OF_RANGE})
"""What is refused for what it says itself, whatever tasks there are."""

AT_ONCE = (Purpose.BURST, Purpose.RACE_FOR_NAME)
"""What is sent side by side."""

_TURNED = (Purpose.LIST_ALL, Purpose.LIST_PAGE)
"""The lists that are compared with each other."""


class Stories:
    """Finds the stories of the attempts of one run."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._sent = [attempt for attempt in evidence.attempts if attempt.purpose is not Purpose.BUSY]

    def of(self, last: Attempt, words: str = "") -> tuple[Attempt, ...]:
        """Return the attempts that lead to one, in order, and itself. ``words`` may name tasks that matter, too."""
        chosen = {last.exchange.number: last}
        waiting = [last, *self._of_purpose(last), *self._named_in(words, last)]
        while waiting:
            each = waiting.pop()
            chosen[each.exchange.number] = each
            waiting += [need for need in self._needs(each) if need.exchange.number not in chosen]
        together = [each for each in chosen.values() if _is_before(each, last) or each.purpose in AT_ONCE]
        return tuple(sorted(together, key=lambda each: each.exchange.number))

    def has_part_of_name(self, attempt: Attempt) -> bool:
        """Whether a request asks for a part of a name: another run has other names, of other parts."""
        last = asked_for(attempt.operation, attempt.exchange.request)
        is_whole = any(name in last for name in self._names)
        return not is_whole and any(name[:_SHORTEST_PART] in last for name in self._names)

    def _of_purpose(self, last: Attempt) -> Iterator[Attempt]:
        """Yield what was sent for the same purpose and is looked at together with an attempt."""
        same = [each for each in self._sent if each.purpose is last.purpose]
        if last.purpose is Purpose.BURST:
            yield from same
        elif last.purpose is Purpose.DOWNLOAD:
            yield from (each for each in same if each.exchange.request.path == last.exchange.request.path)
        elif last.purpose is Purpose.RACE_FOR_NAME:
            yield from (each for each in same if {*names(each)} & {*names(last)})
        elif last.purpose is Purpose.STEP:
            before = [each for each in same if each.exchange.number < last.exchange.number and _is_of_use(each)]
            yield from (each for each in before if _does(each, "create"))
            yield from before[-_MOST_STEPS:]
        if _does(last, "list") and last.purpose not in _ALONE:
            if last.purpose in _TURNED:
                yield from (e for e in self._sent if e.purpose in _TURNED and e.operation is last.operation)
            listed = task_views(last.exchange.received, self._evidence.expectations.layout)
            known = [self._creates[view.id] for view in listed if view.id in self._creates]
            yield from known[:_MOST_LISTED]

    def _named_in(self, words: str, last: Attempt) -> Iterator[Attempt]:
        """Yield the creates of the tasks in some words with all that was seen of them, and answers by their ids."""
        for id, create in self._creates.items() if last.purpose not in _ALONE else ():
            if id in words and _is_before(create, last):
                yield create
                yield from self._of_task(create)
        for id, attempt in self._answers.items():
            if id in words:
                yield attempt

    def _needs(self, attempt: Attempt) -> Iterator[Attempt]:
        """Yield what an attempt itself cannot do without."""
        if isinstance(attempt.about, Watched | ResultFile) and not _does(attempt, "create"):
            yield from (each for each in self._of_task(attempt) if _is_before(each, attempt))
        request = attempt.exchange.request
        place = f"{request.path}?{request.query}"
        yield from (create for id, create in self._creates.items() if id in place and _is_before(create, attempt))
        for name in names(attempt):
            if name in self._names and _is_before(self._names[name], attempt):
                yield self._names[name]

    def _of_task(self, attempt: Attempt) -> Iterator[Attempt]:
        """Yield what was asked about the watched task of an attempt, but for its results and its name."""
        task = attempt.about.task if isinstance(attempt.about, Watched | ResultFile) else None
        for each in self._sent if task is not None else ():
            is_of_it = isinstance(each.about, Watched) and each.about.task == task
            if is_of_it and each.purpose is not Purpose.FIND_BY_NAME:
                yield each

    @cached_property
    def _creates(self) -> dict[str, Attempt]:
        """The first create of each task, by the task's id."""
        found: dict[str, Attempt] = {}
        for attempt in self._sent:
            view = self._created(attempt)
            if view is not None and view.id is not None:
                found.setdefault(view.id, attempt)
        return found

    @cached_property
    def _names(self) -> dict[str, Attempt]:
        """The first create that used each name."""
        found: dict[str, Attempt] = {}
        for attempt in self._sent:
            for name in names(attempt) if _does(attempt, "create") else ():
                found.setdefault(name, attempt)
        return found

    @cached_property
    def _answers(self) -> dict[str, Attempt]:
        """The first answer with each request id."""
        field, found = self._evidence.expectations.layout.request_id, dict[str, Attempt]()
        for attempt in self._sent if field is not None else ():
            body = attempt.exchange.received
            id = body.get(field) if isinstance(body, dict) else None
            if isinstance(id, str) and id:
                found.setdefault(id, attempt)
        return found

    def _created(self, attempt: Attempt) -> TaskView | None:
        if not attempt.is_accepted or not _does(attempt, "create"):
            return None
        return TaskView.of(attempt.exchange.received, self._evidence.expectations.layout)


def names(attempt: Attempt) -> Iterable[str]:
    """Return the names made up by the kit that a request has."""
    request = attempt.exchange.request
    body = request.body.decode(errors="replace") if len(request.body) <= _LARGEST_READ else ""
    return dict.fromkeys(NAME.findall(f"{request.path} {request.query} {body}"))


def _is_of_use(attempt: Attempt) -> bool:
    """Whether a step may matter to later ones: a look for nothing finds nothing."""
    return not isinstance(attempt.about, Step) or attempt.about.kind != "look for nothing"


def _does(attempt: Attempt, what: str) -> bool:
    return attempt.operation is not None and attempt.operation.does == what


def _is_before(one: Attempt, other: Attempt) -> bool:
    return one.exchange.number <= other.exchange.number
