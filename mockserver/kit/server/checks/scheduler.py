"""Scheduler: what is told of running jobs agrees with the jobs that run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.contract.layout import JobFields
from mockserver.contract.places import first
from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Evidence, Purpose
from mockserver.kit.server.findings import answer_text, finding, short
from mockserver.kit.task_view import TaskView, at
from mockserver.kit.verdict import Finding
from mockserver.types import JSON

SCHEDULER = Family[Evidence, Finding]("scheduler", "scheduler")

_GONE = (404, 410)
"""The statuses for what is not there."""

_NO_SCHEDULER = "the service does not tell what runs"


def _asked(evidence: Evidence) -> tuple[JobFields, list[Attempt]]:
    """Return where it is told what runs, and the answers that tell it. Raises ``NothingToJudge``."""
    jobs = evidence.expectations.layout.jobs
    asked = [attempt for attempt in _that(evidence, "running", "available") if attempt.is_accepted]
    if jobs is None or not asked:
        raise NothingToJudge(_NO_SCHEDULER)
    return jobs, asked


def _that(evidence: Evidence, *does: str) -> Iterator[Attempt]:
    """Yield the attempts around the scheduler that do something."""
    for attempt in evidence.of(Purpose.SCHEDULER):
        if attempt.operation is not None and attempt.operation.does in does:
            yield attempt


def _jobs(fields: JobFields, attempt: Attempt) -> list[dict[str, Any]]:
    """Return the jobs in an answer."""
    does = attempt.operation.does if attempt.operation is not None else ""
    return _objects(at(attempt.exchange.received, fields.running if does == "running" else fields.executing))


def _objects(items: JSON) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _looks(evidence: Evidence) -> Mapping[str, list[tuple[int, bool]]]:
    """Return when each job was seen, by the number of the exchange, and whether it had ended."""
    found: dict[str, list[tuple[int, bool]]] = {}
    for attempt in _that(evidence, "create", "get"):
        view = TaskView.of(attempt.exchange.received, evidence.expectations.layout) if attempt.is_accepted else None
        if view is not None and view.id is not None and view.state is not None:
            found.setdefault(view.id, []).append((attempt.exchange.number, view.is_final))
    return found


@SCHEDULER.check(why="A client that waits for a free slot starts too many jobs.", source="useapi 2.7, S-01")
def running_job_is_shown(evidence: Evidence) -> Iterator[Finding]:
    """A job that runs is among what runs, with the account, the reference and the callback that were sent."""
    fields, asked = _asked(evidence)
    layout, looks, was_judged = evidence.expectations.layout, _looks(evidence), False
    names = {
        fields.external_id: layout.external_id_field,
        fields.callback: layout.callback_field,
        fields.account: layout.account_field,
    }
    for attempt in asked:
        shown = {str(job.get(fields.id)): job for job in _jobs(fields, attempt)}
        for id, payload in _running(evidence, looks, attempt):
            was_judged = True
            if id not in shown:
                yield finding(attempt, f"the job {id}, which runs, is not shown")
            for name, field in names.items() if id in shown else ():
                value, received = first(field, payload), shown[id].get(name)
                if value not in (None, "") and received != value:
                    yield finding(attempt, f"{name} {short(received)} of a job, where {short(value)} was sent")
    if not was_judged:
        raise NothingToJudge("the jobs ended before the scheduler could be asked")


def _running(
    evidence: Evidence, looks: Mapping[str, list[tuple[int, bool]]], asked: Attempt
) -> Iterator[tuple[str, Mapping[str, JSON]]]:
    """Yield the jobs that ran while the scheduler was asked, and what was sent for each.

    A job was certainly running if it was created before, and a query that came later shows that it has not ended.
    """
    stopped = _stopped(evidence, asked)
    for attempt in _that(evidence, "create"):
        view = TaskView.of(attempt.exchange.received, evidence.expectations.layout)
        if view is None or view.id is None or view.id in stopped or attempt.exchange.number > asked.exchange.number:
            continue
        if any(number > asked.exchange.number and not has_ended for number, has_ended in looks.get(view.id, ())):
            yield view.id, attempt.payload if isinstance(attempt.payload, dict) else {}


def _stopped(evidence: Evidence, asked: Attempt) -> set[str]:
    """Return the jobs that the server was told to stop before it was asked, and did."""
    return {
        attempt.exchange.request.path.rpartition("/")[2]
        for attempt in _that(evidence, "stop")
        if attempt.is_accepted and attempt.exchange.number < asked.exchange.number
    }


@SCHEDULER.check(
    why="A client that gives a job up gets its slot back, and still finds what was made.", source="useapi S-03"
)
def stopped_job_is_gone(evidence: Evidence) -> Iterator[Finding]:
    """A job that was stopped is not among what runs any more, and a query still shows it."""
    fields, asked = _asked(evidence)
    if not any(_stopped(evidence, attempt) for attempt in asked):
        raise NothingToJudge("no job could be stopped before its end")
    for attempt in asked:
        for id in sorted(_stopped(evidence, attempt) & {str(job.get(fields.id)) for job in _jobs(fields, attempt)}):
            yield finding(attempt, f"the job {id}, which was stopped, is shown as running")
    for attempt in _that(evidence, "get"):
        id = attempt.exchange.request.path.rpartition("/")[2]
        if id in _stopped(evidence, attempt) and attempt.exchange.status in _GONE:
            yield finding(attempt, f"the job {id}, which was stopped, is not found: {answer_text(attempt)}")


@SCHEDULER.check(why="A client waits for a slot that is free.", source="useapi 2.7")
def ended_job_is_gone(evidence: Evidence) -> Iterator[Finding]:
    """A job that has ended is not among what runs."""
    fields, asked = _asked(evidence)
    looks, was_judged = _looks(evidence), False
    for attempt in asked:
        ended = {
            id for id, seen in looks.items()
            if any(number < attempt.exchange.number and has_ended for number, has_ended in seen)
        }  # fmt: skip
        was_judged = was_judged or bool(ended)
        for id in sorted(ended & {str(job.get(fields.id)) for job in _jobs(fields, attempt)}):
            yield finding(attempt, f"the job {id}, which has ended, is shown as running")
    if not was_judged:
        raise NothingToJudge("no job of the kit's own was seen to its end")


@SCHEDULER.check(why="A client starts more jobs than there is room for, or waits for no reason.", source="useapi S-04")
def free_slots_add_up(evidence: Evidence) -> Iterator[Finding]:
    """Of each account as many jobs are counted as are shown, and what is free is what it may run without those."""
    fields, asked = _asked(evidence)
    was_judged = False
    for attempt in asked:
        accounts = _objects(at(attempt.exchange.received, fields.available))
        for account in accounts if attempt.operation is not None and attempt.operation.does == "available" else ():
            was_judged = True
            name = account.get(fields.account)
            most, busy, free = (account.get(each) for each in (fields.most, fields.busy, fields.free))
            shown = sum(job.get(fields.account) == name for job in _jobs(fields, attempt))
            if busy != shown:
                yield finding(
                    attempt, f"{fields.busy} {short(busy)}, where the jobs of the account that are shown are {shown}"
                )
            if isinstance(most, int) and isinstance(busy, int) and free != max(most - busy, 0):
                said = f"{fields.free} {short(free)}, where {fields.most} is {most} and {fields.busy} is {busy}"
                yield finding(attempt, said, subject=f"{attempt.subject} {fields.free}")
    if not was_judged:
        raise NothingToJudge(_NO_SCHEDULER)
