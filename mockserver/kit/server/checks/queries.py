"""Queries: both ids find a task, what is not there is not found, and what is taken is not given twice."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.catalog import Row
from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence, Story, Trial
from mockserver.kit.server.findings import finding, is_row, row_said, said, seen, short
from mockserver.kit.task_view import TaskView
from mockserver.kit.verdict import Finding

QUERIES = Family[Evidence, Finding]("queries", "lives", "burst", "queries")


def _story(evidence: Evidence, name: str | None) -> Story | None:
    return next((story for story in evidence.stories if story.order.name == name), None)


@QUERIES.check(
    "lives",
    why="Who lost the answer to a create finds the task by the name, and does not pay twice.",
    source="kling 2.4",
)
def external_id_finds(evidence: Evidence) -> Iterator[Finding]:
    """The client's own name for a task finds it, too."""
    for trial in seen(evidence.of("lookup"), "no task has a name of the client's own that is an id"):
        story, record = _story(evidence, trial.order), TaskView.of(trial.exchange.received, evidence.terms.layout)
        found = record.id if trial.is_accepted and record is not None else None
        if story is not None and found != story.id:
            yield finding(trial, said(trial), documented=f"the task {story.id}")


@QUERIES.check("lives", why="Clients match tasks with their own records by it.", source="kling 2.1, 2.2")
def external_id_is_echoed(evidence: Evidence) -> Iterator[Finding]:
    """A task shows the client's own name for it."""
    layout = evidence.terms.layout
    named = [story for story in evidence.stories if layout.external_id_field in story.order.payload]
    if not named or not layout.finds_external_id:
        raise NothingToJudge("no task has a name of the client's own that answers show")
    for story in named:
        for sighting in story.sightings[1:]:
            name = story.order.payload[layout.external_id_field]
            if sighting.record.external_id != name:
                yield finding(sighting.trial, short(sighting.record.external_id), documented=short(name))


@QUERIES.check(
    why="Clients tell a wrong id from a service that is down, and stop asking.", source="kling 4.3, C-18; useapi 2.6"
)
def missing_task_refused(evidence: Evidence) -> Iterator[Finding]:
    """A task that is not there is refused as such."""
    for trial in seen(evidence.of("missing"), "the service shows no tasks"):
        if (
            trial.operation is not None
            and evidence.terms.may_be_absent(trial.operation)
            and trial.exchange.status == 404
        ):
            continue
        rows = _missing(evidence)
        if not any(is_row(trial, row) for row in rows):
            documented = " or ".join(row_said(row) for row in rows)
            about = f"{trial.subject} {trial.case}"
            yield finding(trial, said(trial), subject=about, documented=documented, source=rows[0].source)


def _missing(evidence: Evidence) -> list[Row]:
    errors, possible = evidence.terms.service.errors, evidence.terms.possible("missing-task")
    if not possible:
        return [errors[name] for name in ("missing-task", "bad-task-id") if name in errors]
    names = {"400-1201": "missing-task", "404-1203": "missing-task-documented"}
    return [errors[name] for reading, name in names.items() if reading in possible]


@QUERIES.check(
    why="It is what keeps a create that is tried again from making, and costing, two tasks.", source="kling 2.4, 4.3"
)
def duplicate_external_id_refused(evidence: Evidence) -> Iterator[Finding]:
    """A name that a task of the account has already is refused, across products."""
    for trial in seen(evidence.of("duplicate"), "no task has a name of the client's own that is an id"):
        row = evidence.terms.service.errors["duplicate-external-id"]
        if not is_row(trial, row):
            yield finding(trial, said(trial), documented=row_said(row), source=row.source)


@QUERIES.check(
    "lives",
    "burst",
    why="Two clients share one task, and one of them never gets its own.",
    source="kling 2.1; useapi T-01",
)
def ids_differ(evidence: Evidence) -> Iterator[Finding]:
    """Each task has an id of its own, also of those created at once."""
    created: dict[str, Trial] = {}
    for trial in evidence.of("live", "burst", "accept"):
        record = TaskView.of(trial.exchange.received, evidence.terms.layout) if trial.is_accepted else None
        if record is not None and record.id is not None:
            if record.id in created:
                yield finding(trial, f"{record.id}, as another task", subject=trial.subject)
            created[record.id] = trial
    if len(created) < 2:  # one alone differs from nothing
        first = next(iter(created.values()), None)
        if first is None or len([*evidence.of("live", "burst")]) < 2:
            raise NothingToJudge("fewer than two tasks could be created")
