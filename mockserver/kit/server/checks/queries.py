"""Queries: both ids find a task, an unknown id finds none, and a name that is taken cannot be used again."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.places import first
from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Evidence, Purpose, Watched
from mockserver.kit.server.findings import (
    answer_text,
    answered,
    finding,
    is_row,
    nothing_text,
    row_text,
    short,
    shows_nothing,
)
from mockserver.kit.task_view import TaskView
from mockserver.kit.verdict import Finding

QUERIES = Family[Evidence, Finding]("queries", "task lifecycle", "burst", "queries")

_NO_NAMES = "the service does not find tasks by a name of the client's own"


@QUERIES.check(
    "task lifecycle",
    why="A client that lost the answer to a create finds the task by its name, and does not pay twice.",
    source="kling 2.4",
)
def external_id_finds(evidence: Evidence) -> Iterator[Finding]:
    """The client's own name for a task finds it, too."""
    answered(evidence.of(Purpose.FIND_BY_NAME), _NO_NAMES)
    histories = {history.task.name: history for history in evidence.histories}
    for attempt, watched in evidence.about(Watched, Purpose.FIND_BY_NAME):
        history, view = histories.get(watched.task), _view(evidence, attempt)
        found = view.id if view is not None else None
        if attempt.exchange.response is not None and history is not None and found != history.id:
            yield finding(attempt, answer_text(attempt), documented=f"the task {history.id}")


@QUERIES.check("task lifecycle", why="Clients match tasks with their own records by it.", source="kling 2.1, 2.2")
def external_id_is_echoed(evidence: Evidence) -> Iterator[Finding]:
    """A task shows the client's own name for it."""
    layout = evidence.expectations.layout
    named = [history for history in evidence.histories if first(layout.external_id_field, history.task.payload)]
    if not named or not layout.finds_external_id:
        raise NothingToJudge("no task has a name of the client's own that answers show")
    for history in named:
        for look in history.looks[1:]:
            name = first(layout.external_id_field, history.task.payload)
            if look.view.external_id != name:
                shown = short(look.view.external_id) if look.view.external_id is not None else "no name"
                yield finding(look.attempt, f"{shown} instead of {short(name)}")


@QUERIES.check(
    why="By it clients tell a wrong id from a service that is down, and stop asking.",
    source="kling 4.3, C-18; useapi 2.6",
)
def missing_task_refused(evidence: Evidence) -> Iterator[Finding]:
    """A query for a task that does not exist is refused for that reason, or shows none."""
    documented, source = nothing_text(evidence.expectations)
    for attempt in answered(evidence.of(Purpose.ASK_FOR_MISSING), "the service shows no tasks"):
        if (
            attempt.operation is not None
            and evidence.expectations.may_be_absent(attempt.operation)
            and attempt.exchange.status == 404
        ):
            continue
        if not shows_nothing(attempt, evidence.expectations):
            subject = f"{attempt.subject} {attempt.case}"
            yield finding(attempt, answer_text(attempt), subject=subject, documented=documented, source=source)


@QUERIES.check(
    why="It keeps a create that is tried again from creating, and costing, two tasks.", source="kling 2.4, 4.3"
)
def duplicate_external_id_refused(evidence: Evidence) -> Iterator[Finding]:
    """A name that another task of the account has is refused, also across products."""
    for attempt in answered(evidence.of(Purpose.REUSE_NAME), _NO_NAMES):
        row = evidence.expectations.service.errors["duplicate-external-id"]
        if not is_row(attempt, row):
            yield finding(attempt, answer_text(attempt), documented=row_text(row), source=row.source)


@QUERIES.check(
    "burst",
    why="A create that is tried again while the first is still on its way makes, and costs, two tasks.",
    source="kling 2.4, 4.3",
)
def names_are_unique_at_once(evidence: Evidence) -> Iterator[Finding]:
    """Of two creates of one name that are sent at once, one at the most is accepted."""
    sent = answered(evidence.of(Purpose.RACE_FOR_NAME), _NO_NAMES)
    accepted = [attempt for attempt in sent if attempt.is_accepted]
    if len(accepted) > 1:
        row = evidence.expectations.service.errors["duplicate-external-id"]
        received = f"{len(accepted)} of {len(sent)} accepted: {answer_text(accepted[-1])}"
        yield finding(accepted[-1], received, documented=f"one, and {row_text(row)}", source=row.source)


@QUERIES.check(
    "task lifecycle",
    "burst",
    why="Two clients share one task, and one of them never gets its own.",
    source="kling 2.1; useapi T-01",
)
def ids_differ(evidence: Evidence) -> Iterator[Finding]:
    """Each task has an id of its own, even if several are created at once."""
    created: dict[str, Attempt] = {}
    creates = (Purpose.CREATE_WATCHED, Purpose.BURST, Purpose.KEEP_RULES, Purpose.BORROW, Purpose.RACE_FOR_NAME)
    for attempt in evidence.of(*creates):
        view = _view(evidence, attempt)
        if view is not None and view.id is not None:
            if view.id in created:
                yield finding(attempt, f"{view.id}, which another task has", subject=attempt.subject)
            created[view.id] = attempt
    if len(created) < 2:  # one alone differs from nothing, and many with one id were found above
        asked = [*evidence.of(Purpose.CREATE_WATCHED, Purpose.BURST)]
        if not created or len(asked) < 2:
            raise NothingToJudge("fewer than two tasks could be created")


def _view(evidence: Evidence, attempt: Attempt) -> TaskView | None:
    """Return the task in an answer that is no refusal."""
    return TaskView.of(attempt.exchange.received, evidence.expectations.layout) if attempt.is_accepted else None
