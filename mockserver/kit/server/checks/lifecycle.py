"""Lifecycle: a task goes forward, ends, and stays as it ended."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence, Sighting, Story
from mockserver.kit.server.findings import finding, short
from mockserver.kit.task_view import ORDER, lasting
from mockserver.kit.verdict import Finding
from mockserver.types import Millis

LIFECYCLE = Family[Evidence, Finding]("lifecycle", "lives")

_DAY: Millis = 24 * 3600 * 1000
_LEEWAY: Millis = 2000


def _stories(evidence: Evidence) -> list[Story]:
    """Return the stories of tasks that could be watched. Raises ``NothingToJudge``."""
    created = [story for story in evidence.stories if story.id is not None]
    if not created:
        raise NothingToJudge("no task could be created")
    found = [story for story in created if len(story.sightings) > 1]
    if not found:
        raise NothingToJudge("no task was shown after it was created")
    return found


def _ended(evidence: Evidence) -> list[Story]:
    found = [story for story in _stories(evidence) if story.end is not None]
    if not found:
        raise NothingToJudge("no task was seen at its end")
    return found


@LIFECYCLE.check(
    why="A client cannot know that its task is there, and creates, and pays, another.", source="kling 2.2; useapi 2.1"
)
def task_is_shown(evidence: Evidence) -> Iterator[Finding]:
    """A task can be asked for as soon as it is created."""
    asked = [trial for trial in evidence.of("poll") if trial.exchange.response is not None]
    if not asked:
        raise NothingToJudge("no task was asked for")
    known = [
        trial for trial in asked if trial.operation is not None and not evidence.terms.may_be_absent(trial.operation)
    ]
    if not known and not any(trial.is_accepted for trial in asked):
        raise NothingToJudge("the server shows no tasks, and no page says that it does")
    for trial in known:
        if not trial.is_accepted and trial.exchange.status is not None and trial.exchange.status < 500:
            yield finding(trial, short(f"{trial.exchange.status} {trial.exchange.received}"))


@LIFECYCLE.check(why="Somebody gets another's pictures.", source="kling 2.2; useapi 2.1")
def query_shows_the_task(evidence: Evidence) -> Iterator[Finding]:
    """A query for a task shows that task."""
    for story in _stories(evidence):
        for sighting in story.sightings[1:]:
            if sighting.record.id != story.id:
                yield finding(sighting.trial, f"{sighting.record.id} instead of {story.id}")


@LIFECYCLE.check(
    why="Clients that count on it show progress that jumps, or start their work twice.", source="kling 2.2; useapi 2.3"
)
def status_moves_forward(evidence: Evidence) -> Iterator[Finding]:
    """A task goes from submitted over processing to succeed or failed, and never back."""
    for story in _stories(evidence):
        for before, after in pairwise(story.sightings):
            ranks = [ORDER.get(each.record.status or "") for each in (before, after)]
            if not before.record.is_final and None not in ranks and ranks[1] < ranks[0]:  # type: ignore[operator]
                yield finding(after.trial, f"{after.record.status} after {before.record.status}")


@LIFECYCLE.check(why="Clients stop asking at the end, and never learn of another.", source="kling 2.2; useapi 2.2")
def final_stays_final(evidence: Evidence) -> Iterator[Finding]:
    """What succeeded or failed stays so."""
    for story in _ended(evidence):
        for before, after in pairwise(story.sightings):
            if before.record.is_final and after.record.status != before.record.status:
                yield finding(after.trial, f"{after.record.status} after {before.record.status}")


@LIFECYCLE.check(why="Clients wait for it, and give up at some time.", source="kling 6")
def task_ends(evidence: Evidence) -> Iterator[Finding]:
    """A task ends, at the latest after five times as long as the real service takes."""
    stories = _stories(evidence)
    judged = [story for story in stories if not story.ran_out]
    if not judged:
        raise NothingToJudge("the time was over before any task ended: give more --seconds")
    for story in judged:
        last = story.sightings[-1]
        if not last.record.is_final and story.end is None:
            seconds = (last.at - story.sightings[0].at) / 1000
            yield finding(last.trial, f"still {last.record.status} after {seconds:.0f} s")


@LIFECYCLE.check(why="Clients sort by it, and page by it.", source="kling 2.1, 2.2; useapi X-12")
def created_at_stays(evidence: Evidence) -> Iterator[Finding]:
    """created_at is the same in every answer."""
    for story in _stories(evidence):
        first = story.sightings[0].record.created_at
        for sighting in story.sightings[1:]:
            now = sighting.record.created_at
            if None not in (first, now) and now != first:
                yield finding(sighting.trial, f"{now} instead of {first}")


@LIFECYCLE.check(why="Results are kept for thirty days from then.", source="kling 2.1, 6; useapi X-12")
def created_at_is_now(evidence: Evidence) -> Iterator[Finding]:
    """created_at is when the task was created, give or take a day of wrong clocks."""
    for story in _created(evidence):
        first = story.sightings[0]
        if first.record.created_at is not None and abs(first.record.created_at - first.at) > _DAY:
            yield finding(first.trial, f"{first.record.created_at}, when it was {first.at}")


@LIFECYCLE.check(why="A client that waits for the first change sees one that was none.", source="kling 2.1; useapi 1.3")
def new_task_is_not_updated(evidence: Evidence) -> Iterator[Finding]:
    """A new task's updated_at is its created_at."""
    for story in _created(evidence):
        record = story.sightings[0].record
        if None not in (record.created_at, record.updated_at) and record.created_at != record.updated_at:
            yield finding(story.sightings[0].trial, f"{record.updated_at}, created at {record.created_at}")


@LIFECYCLE.check(why="A span that is computed from both is negative.", source="kling 2.2; useapi X-12")
def updated_not_before_created(evidence: Evidence) -> Iterator[Finding]:
    """updated_at is never before created_at."""
    for sighting in _sightings(evidence):
        created, updated = sighting.record.created_at, sighting.record.updated_at
        if created is not None and updated is not None and updated < created:
            yield finding(sighting.trial, f"{updated}, created at {created}")


@LIFECYCLE.check(
    why="Clients that ask for what is new miss the change, or see changes that were none.",
    source="kling 2.2; useapi X-12",
)
def updated_at_moves(evidence: Evidence) -> Iterator[Finding]:
    """updated_at moves on when the state changes, and only then, and never back."""
    for story in _stories(evidence):
        for before, after in pairwise(story.sightings[1:]):
            old, new = before.record.updated_at, after.record.updated_at
            if old is None or new is None:
                continue
            if new < old:
                yield finding(after.trial, f"{new} after {old}")
            elif new == old and before.record.status != after.record.status:
                yield finding(after.trial, f"still {new} when {before.record.status} became {after.record.status}")
            elif new != old and before.record.is_final and after.record.status == before.record.status:
                yield finding(after.trial, f"{new} after {old}, and still {after.record.status}")


@LIFECYCLE.check(why="What was updated tomorrow is newer than all that happens today.", source="kling 2.2; useapi X-12")
def updated_at_not_ahead(evidence: Evidence) -> Iterator[Finding]:
    """updated_at is not in the future."""
    for story in _stories(evidence):
        first = story.sightings[0]
        for sighting in story.sightings[1:]:
            created, updated = first.record.created_at, sighting.record.updated_at
            elapsed = sighting.at + sighting.trial.exchange.took - first.at
            if created is not None and updated is not None and updated - created > elapsed + _LEEWAY:
                yield finding(sighting.trial, f"{updated - created} ms after created_at, when {elapsed} ms had passed")


@LIFECYCLE.check(why="Clients take the first URL that they see.", source="kling 2.2; useapi 2.3")
def no_result_before_end(evidence: Evidence) -> Iterator[Finding]:
    """There are no results before the end."""
    for story in _stories(evidence):
        for sighting in story.sightings:
            if sighting.record.urls and not sighting.record.is_final:
                yield finding(sighting.trial, f"{sighting.record.urls[0]} while {sighting.record.status}")


@LIFECYCLE.check(why="A read that changes something cannot be retried, and reads are.", source="kling 2.2; useapi 2.1")
def reads_are_idempotent(evidence: Evidence) -> Iterator[Finding]:
    """Asking twice for a task that has ended gives the same."""
    for story in _ended(evidence):
        ended = [sighting for sighting in story.sightings if sighting.record.is_final]
        for before, after in pairwise(ended):
            if _alike(before) != _alike(after):
                yield finding(after.trial, f"{short(after.record.document)} after {short(before.record.document)}")


def _alike(sighting: Sighting) -> object:
    """Return a record without the state and the time of its change, which checks of their own look at."""
    layout = sighting.record.layout
    return lasting(sighting.record.document, frozenset({layout.status[-1], layout.updated_at[-1]}))


def _created(evidence: Evidence) -> list[Story]:
    if not evidence.stories:
        raise NothingToJudge("no task could be created")
    return list(evidence.stories)


def _sightings(evidence: Evidence) -> Iterator[Sighting]:
    for story in _created(evidence):
        yield from story.sightings
