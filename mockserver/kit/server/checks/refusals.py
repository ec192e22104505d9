"""Refusals: a create that was refused leaves nothing behind: no task, no name that is taken, no slot."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mockserver.contract.places import first
from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.lookups import asked_for
from mockserver.kit.server.evidence import Attempt, Evidence, Page, Purpose, Watched
from mockserver.kit.server.findings import answer_text, answered, finding, is_busy, is_in_words, is_row, row_text
from mockserver.kit.task_view import TaskView, task_views
from mockserver.kit.verdict import Finding

REFUSALS = Family[Evidence, Finding]("refusals", "broken payloads")

_FEWEST_STRANGERS = 5
"""Where tasks have no names, so many strangers must be new, and none before: others may use the account, too."""

_NOT_TRIED = "no task was left to see what refused creates leave behind; raise --max-creates"


def _refused(evidence: Evidence) -> list[Attempt]:
    """Return the creates that broke a rule, and were refused for it. Raises ``NothingToJudge``."""
    attempts = answered(evidence.of(Purpose.BREAK_RULE), "no rule could be broken")
    found = [
        each
        for each in attempts
        if each.operation is not None
        and each.operation.does == "create"
        and 400 <= (each.exchange.status or 0) < 500
        and not is_busy(each, evidence.expectations)
    ]
    if not found:
        raise NothingToJudge("no create was refused")
    return found


def _by_name(evidence: Evidence) -> dict[str, Attempt]:
    """Return the refused creates by the client's own names in them."""
    named = ((_name(evidence, attempt), attempt) for attempt in _refused(evidence))
    return {name: attempt for name, attempt in named if name is not None}


def _name(evidence: Evidence, attempt: Attempt) -> str | None:
    field = evidence.expectations.layout.external_id_field
    name = first(field, attempt.payload)
    return name if isinstance(name, str) and name else None


def _finding(attempt: Attempt, received: str, documented: str) -> Finding:
    return finding(attempt, received, subject=attempt.subject, documented=documented)


@REFUSALS.check(
    why="A client shows, and waits for, a task that it was told does not exist; the account may pay for it.",
    source="kling 2.3, 4.3; useapi 2.5, 2.7",
)
def refused_create_is_not_listed(evidence: Evidence) -> Iterator[Finding]:
    """No task of a refused create is in a list, or among those that run."""
    names = _by_name(evidence)
    for attempt in evidence.of(Purpose.AFTER_REFUSALS):
        names.pop(_name(evidence, attempt) or "", None)  # now there is a task with this name
    listed = [each for each in evidence.of(Purpose.LIST_AROUND_REFUSALS, Purpose.LIST_ALL) if each.is_accepted]
    if not listed:
        raise NothingToJudge("the server shows no lists")
    for attempt in listed:
        text = json.dumps(attempt.exchange.received, ensure_ascii=False)
        for name in names:
            if f'"{name}"' in text:
                yield _finding(names[name], f"refused, but {attempt.subject} has its task", "no task")
    if not _by_name(evidence):
        yield from _strangers(evidence)


def _strangers(evidence: Evidence) -> Iterator[Finding]:
    """Look for tasks that nobody knows, and that came while creates were refused and not before."""
    lists: dict[str, list[Attempt]] = {}
    for attempt, _ in evidence.about(Page, Purpose.LIST_AROUND_REFUSALS):
        lists.setdefault(attempt.subject, []).append(attempt)
    known = {_created(evidence, each) for each in evidence.attempts if each.is_accepted and each.payload is not None}
    refused = _refused(evidence)
    for subject, three in lists.items():
        ids = [{view.id for view in task_views(each.exchange.received, evidence.expectations.layout)} for each in three]
        if len(ids) < 3 or ids[1] - ids[0] - known:
            continue
        if len(new := ids[2] - ids[1] - known) >= _FEWEST_STRANGERS:
            received = f"refused, but {subject} has {len(new)} tasks more than after {len(refused)} refused creates"
            yield _finding(refused[0], received, "no task")


def _created(evidence: Evidence, attempt: Attempt) -> str | None:
    view = TaskView.of(attempt.exchange.received, evidence.expectations.layout)
    return view.id if view is not None else None


@REFUSALS.check(why="A client that lost the answer asks by the name, and believes that it has a task.",
                source="kling 2.4, 4.3")  # fmt: skip
def refused_create_is_not_found(evidence: Evidence) -> Iterator[Finding]:
    """A query for the name of a refused create finds no task."""
    names = _by_name(evidence)
    for attempt in answered(evidence.of(Purpose.FIND_REFUSED), "the service finds no task by a client's name"):
        name, id = asked_for(attempt.operation, attempt.exchange.request), _created(evidence, attempt)
        if attempt.is_accepted and id is not None and name in names:
            yield _finding(names[name], f"refused, but a query for its name shows task {id}", "no task")


@REFUSALS.check(why="A client that mends its request, and sends it again under the same name, is refused for ever.",
                source="kling 2.4, 4.3")  # fmt: skip
def refused_create_leaves_its_name(evidence: Evidence) -> Iterator[Finding]:
    """The name of a refused create can be used for another."""
    if not evidence.expectations.layout.finds_external_id:
        raise NothingToJudge("the service does not know tasks by a client's name")
    names = _by_name(evidence)
    for attempt, _ in _before_and_after(evidence):
        status = attempt.exchange.status or 0
        is_refused = 400 <= status < 500 and not is_busy(attempt, evidence.expectations)
        if is_refused and _name(evidence, attempt) in names:
            yield _finding(attempt, f"with the name of a refused create: {answer_text(attempt)}", "accepted")


@REFUSALS.check(
    why="A client that makes a mistake a few times can create nothing more, though nothing runs.",
    source="kling 4.1, 6",
)
def refused_create_takes_no_slot(evidence: Evidence) -> Iterator[Finding]:
    """A refused create does not count among the tasks that may run at once."""
    errors = evidence.expectations.service.errors
    slots, others = errors["no-slot"], (errors["too-fast"], errors["invalid"])
    was_judged = False
    for after, before in _before_and_after(evidence):
        begin, end = _end_of(evidence, before), after.exchange.number
        between = [
            each
            for each in evidence.attempts
            if each.operation is before.operation and begin is not None and begin < each.exchange.number <= end
        ]
        # What was wrongly accepted may well have taken a slot, and where there was none before, others have them.
        is_shared = any(each.exchange.number == before.exchange.number - 1 for each in evidence.of(Purpose.BUSY))
        if begin is None or is_shared or any(each.is_accepted and each is not after for each in between):
            continue
        was_judged = True
        # A slot that is soon free again may have been another client's: only what was still so at last counts.
        lasting = (each for each in between if each.purpose is not Purpose.BUSY)
        busy = [
            each
            for each in lasting
            if is_in_words(each, slots) or (is_row(each, slots) and not any(is_row(each, other) for other in others))
        ]
        if busy:
            number = sum(each.exchange.number < busy[0].exchange.number for each in between)
            received = f"{answer_text(busy[0])}, after {number} refused creates, with no task of ours running"
            yield _finding(busy[0], received, f"no {row_text(slots)}")
    if not was_judged:
        raise NothingToJudge("no task could be created before the refused ones, and seen at its end")


def _before_and_after(evidence: Evidence) -> list[tuple[Attempt, Attempt]]:
    """Return the creates after the refused ones, each with the accepted one before. Raises ``NothingToJudge``."""
    before = {each.subject: each for each in evidence.of(Purpose.BEFORE_REFUSALS) if each.is_accepted}
    found = [(each, before[each.subject]) for each in evidence.of(Purpose.AFTER_REFUSALS) if each.subject in before]
    if not found:
        raise NothingToJudge(_NOT_TRIED)
    return found


def _end_of(evidence: Evidence, create: Attempt) -> int | None:
    """Return the number of the exchange that showed a task at its end."""
    for attempt, watched in evidence.about(Watched, Purpose.POLL):
        view = TaskView.of(attempt.exchange.received, evidence.expectations.layout) if attempt.is_accepted else None
        if watched == create.about and view is not None and view.is_final:
            return attempt.exchange.number
    return None
