"""Lifecycle: a task goes forward, ends, and stays as it ended."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence, Look, Purpose, TaskHistory
from mockserver.kit.server.findings import answer_text, finding, short
from mockserver.kit.task_view import ORDER, lasting
from mockserver.kit.verdict import Finding
from mockserver.types import Millis

LIFECYCLE = Family[Evidence, Finding]("lifecycle", "task lifecycle")

_CLOCK_MILLIS: Millis = 24 * 3600 * 1000
"""By so much a server's clock may be wrong: a day, with its time zone."""

_LEEWAY_MILLIS: Millis = 2000
"""By so much a time may be rounded, or late on its way."""


def _watched(evidence: Evidence) -> list[TaskHistory]:
    """Return the histories of tasks that were shown after they were created. Raises ``NothingToJudge``."""
    created = [history for history in evidence.histories if history.id is not None]
    if not created:
        raise NothingToJudge("no task could be created")
    found = [history for history in created if len(history.looks) > 1]
    if not found:
        raise NothingToJudge("no task was shown after it was created")
    return found


def _ended(evidence: Evidence) -> list[TaskHistory]:
    found = [history for history in _watched(evidence) if history.end is not None]
    if not found:
        raise NothingToJudge("no task was seen at its end")
    return found


@LIFECYCLE.check(
    why="A client cannot know that its task exists, so it creates, and pays for, another.",
    source="kling 2.2; useapi 2.1",
)
def task_is_shown(evidence: Evidence) -> Iterator[Finding]:
    """A query finds a task as soon as it is created."""
    asked = [attempt for attempt in evidence.of(Purpose.POLL) if attempt.exchange.response is not None]
    if not asked:
        raise NothingToJudge("no task was asked for")
    documented = [
        attempt
        for attempt in asked
        if attempt.operation is not None and not evidence.expectations.may_be_absent(attempt.operation)
    ]
    if not documented and not any(attempt.is_accepted for attempt in asked):
        raise NothingToJudge("the server shows no tasks, and no page says that it does")
    for attempt in documented:
        if not attempt.is_accepted and attempt.exchange.status is not None and attempt.exchange.status < 500:
            yield finding(attempt, answer_text(attempt))


@LIFECYCLE.check(why="One client gets the pictures of another.", source="kling 2.2; useapi 2.1")
def query_shows_the_task(evidence: Evidence) -> Iterator[Finding]:
    """A query for a task shows that task."""
    for history in _watched(evidence):
        for look in history.looks[1:]:
            if look.view.id != history.id:
                yield finding(look.attempt, f"{look.view.id} instead of {history.id}")


@LIFECYCLE.check(
    why="Clients that rely on it show progress that jumps, or start their work twice.",
    source="kling 2.2; useapi 2.3",
)
def status_moves_forward(evidence: Evidence) -> Iterator[Finding]:
    """A task goes from submitted through processing to succeed or failed, and never back."""
    for history in _watched(evidence):
        for before, after in pairwise(history.looks):
            if before.view.state is None or after.view.state is None or before.view.is_final:
                continue
            if ORDER[after.view.state] < ORDER[before.view.state]:
                yield finding(after.attempt, f"{after.view.status} after {before.view.status}")


@LIFECYCLE.check(
    why="Clients stop asking at the end, and never learn of another state.", source="kling 2.2; useapi 2.2"
)
def final_stays_final(evidence: Evidence) -> Iterator[Finding]:
    """A task that succeeded or failed stays so."""
    for history in _ended(evidence):
        for before, after in pairwise(history.looks):
            if before.view.is_final and after.view.status != before.view.status:
                yield finding(after.attempt, f"{after.view.status} after {before.view.status}")


@LIFECYCLE.check(why="Clients wait for the end, and give up at some time.", source="kling 6")
def task_ends(evidence: Evidence) -> Iterator[Finding]:
    """A task ends, at the latest after five times as long as the real service takes."""
    judged = [history for history in _watched(evidence) if not history.is_abandoned]
    if not judged:
        raise NothingToJudge("the time was over before any task ended; raise --seconds")
    for history in judged:
        last = history.looks[-1]
        if not last.view.is_final and history.end is None:
            seconds = (last.at - history.looks[0].at) / 1000
            yield finding(last.attempt, f"still {last.view.status} after {seconds:.0f} s")


@LIFECYCLE.check(why="Clients sort and page by it.", source="kling 2.1, 2.2; useapi X-12")
def created_at_stays(evidence: Evidence) -> Iterator[Finding]:
    """The time of creation is the same in every answer."""
    for history in _watched(evidence):
        first = history.looks[0].view.created_at
        for look in history.looks[1:]:
            now = look.view.created_at
            if None not in (first, now) and now != first:
                yield finding(look.attempt, f"{now} instead of {first}")


@LIFECYCLE.check(why="Results are kept for thirty days from then.", source="kling 2.1, 6; useapi X-12")
def created_at_is_now(evidence: Evidence) -> Iterator[Finding]:
    """The time of creation is when the task was created, give or take a day for wrong clocks."""
    for history in _created(evidence):
        first = history.looks[0]
        if first.view.created_at is not None and abs(first.view.created_at - first.at) > _CLOCK_MILLIS:
            yield finding(first.attempt, f"{first.view.created_at}, but it was created at {first.at}")


@LIFECYCLE.check(
    why="A client that waits for the first change sees one where there is none.", source="kling 2.1; useapi 1.3"
)
def new_task_is_not_updated(evidence: Evidence) -> Iterator[Finding]:
    """A new task was last updated when it was created."""
    for history in _created(evidence):
        view = history.looks[0].view
        if None not in (view.created_at, view.updated_at) and view.created_at != view.updated_at:
            yield finding(history.looks[0].attempt, f"updated at {view.updated_at}, created at {view.created_at}")


@LIFECYCLE.check(why="A duration computed from both is negative.", source="kling 2.2; useapi X-12")
def updated_not_before_created(evidence: Evidence) -> Iterator[Finding]:
    """A task is never updated before it is created."""
    for history in _created(evidence):
        for look in history.looks:
            created, updated = look.view.created_at, look.view.updated_at
            if created is not None and updated is not None and updated < created:
                yield finding(look.attempt, f"updated at {updated}, created at {created}")


@LIFECYCLE.check(
    why="Clients that ask for what is new miss a change, or see a change where there is none.",
    source="kling 2.2; useapi X-12",
)
def updated_at_moves(evidence: Evidence) -> Iterator[Finding]:
    """The time of the last update moves on when the state changes, only then, and never back."""
    for history in _watched(evidence):
        for before, after in pairwise(history.looks[1:]):
            old, new = before.view.updated_at, after.view.updated_at
            if old is None or new is None:
                continue
            is_same = after.view.status == before.view.status
            if new < old:
                yield finding(after.attempt, f"{new} after {old}")
            elif new == old and not is_same:
                yield finding(after.attempt, f"still {new} when {before.view.status} became {after.view.status}")
            elif new != old and before.view.is_final and is_same:
                yield finding(after.attempt, f"{new} after {old}, and still {after.view.status}")


@LIFECYCLE.check(
    why="A task updated tomorrow is newer than everything that happens today.", source="kling 2.2; useapi X-12"
)
def updated_at_not_ahead(evidence: Evidence) -> Iterator[Finding]:
    """The time of the last update is not in the future."""
    for history in _watched(evidence):
        first = history.looks[0]
        for look in history.looks[1:]:
            created, updated = first.view.created_at, look.view.updated_at
            elapsed = look.at + look.attempt.exchange.took - first.at
            if created is not None and updated is not None and updated - created > elapsed + _LEEWAY_MILLIS:
                ahead = f"updated {updated - created} ms after it was created, when {elapsed} ms had passed"
                yield finding(look.attempt, ahead)


@LIFECYCLE.check(why="Clients take the first URL that they see.", source="kling 2.2; useapi 2.3")
def no_result_before_end(evidence: Evidence) -> Iterator[Finding]:
    """A task has no results before its end."""
    for history in _watched(evidence):
        for look in history.looks:
            if look.view.urls and not look.view.is_final:
                yield finding(look.attempt, f"{look.view.urls[0]} while {look.view.status}")


@LIFECYCLE.check(
    why="A read that changes something cannot be repeated, and clients do repeat reads.",
    source="kling 2.2; useapi 2.1",
)
def reads_are_idempotent(evidence: Evidence) -> Iterator[Finding]:
    """Two queries for a task that has ended get the same answer."""
    for history in _ended(evidence):
        ended = [look for look in history.looks if look.view.is_final]
        for before, after in pairwise(ended):
            if _without_change(before) != _without_change(after):
                yield finding(after.attempt, f"{short(after.view.document)} after {short(before.view.document)}")


def _without_change(look: Look) -> object:
    """Return a record without its state and the time of its change, which other checks look at."""
    layout = look.view.layout
    changing = (place[-1] for place in (layout.status, layout.updated_at) if place)
    return lasting(look.view.document, frozenset(changing))


def _created(evidence: Evidence) -> tuple[TaskHistory, ...]:
    if not evidence.histories:
        raise NothingToJudge("no task could be created")
    return evidence.histories
