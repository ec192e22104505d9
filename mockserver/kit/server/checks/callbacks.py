"""Callbacks: they come, say what a query says, and say it when it is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Callback, Evidence, Story
from mockserver.kit.server.findings import finding, short
from mockserver.kit.server.signatures import fault_of
from mockserver.kit.task_view import ORDER, TaskView
from mockserver.kit.verdict import Finding
from mockserver.types import JSON

CALLBACKS = Family[Evidence, Finding]("callbacks", "lives")

_REPORTED = {
    "every-change": ("submitted", "processing", "final"),
    "after-created": ("processing", "final"),
    "end-only": ("final",),
}
_SHAPE = re.compile(r"v1,[A-Za-z0-9+/]+={0,2}( v1,[A-Za-z0-9+/]+={0,2})*")


def _asked(evidence: Evidence) -> list[Story]:
    """Return the stories of tasks that asked for callbacks and ended. Raises ``NothingToJudge``."""
    if evidence.unreachable is not None:
        raise NothingToJudge(evidence.unreachable)
    field = evidence.terms.layout.callback_field
    found = [
        story
        for story in evidence.stories
        if field in story.order.payload and (story.end is not None or story.callbacks)
    ]
    if not found:
        raise NothingToJudge("no task that asks for callbacks was seen at its end")
    return found


def _heard(evidence: Evidence) -> Iterator[tuple[Story, Callback, TaskView]]:
    """Yield the callbacks of all stories. Raises ``NothingToJudge`` if there are none."""
    found = [
        (story, callback, TaskView(callback.document, evidence.terms.layout))
        for story in _asked(evidence)
        for callback in story.callbacks
    ]
    if not found:
        raise NothingToJudge("no callback came")
    return iter(found)


def _found(story: Story, received: str, documented: str = "") -> Finding:
    subject = f"{story.order.operation.id} {story.order.operation.callback or ''}".rstrip()
    return finding(story.sightings[0].trial, received, subject=subject, documented=documented)


@CALLBACKS.check(why="Clients that rely on it wait for ever.", source="kling 3; seed 004 SO-RURL")
def callback_comes(evidence: Evidence) -> Iterator[Finding]:
    """Who gave a URL is told of the end."""
    for story in _asked(evidence):
        records = [TaskView(callback.document, evidence.terms.layout) for callback in story.callbacks]
        states = [record.status or at_any_depth(record.document, evidence) for record in records]
        if story.end is not None and not set(states) & {"succeed", "failed"}:
            yield _found(story, f"callbacks that say {short(states)}" if states else "no callback within 10 s")


def at_any_depth(document: JSON, evidence: Evidence) -> str | None:
    """Find the state also in a body that is wrapped: it came, and what is wrong with it is another check's."""
    if isinstance(document, dict):
        record = TaskView(document, evidence.terms.layout)
        inner = (at_any_depth(value, evidence) for value in document.values())
        return record.status or next((state for state in inner if state is not None), None)
    return None


@CALLBACKS.check(why="Frameworks parse the body by its type.", source="kling 3; useapi W-04")
def callback_is_json(evidence: Evidence) -> Iterator[Finding]:
    """A callback is a POST of JSON, and says so."""
    for story, callback, _ in _heard(evidence):
        kind = callback.headers.get("content-type", "").partition(";")[0].strip().lower()
        if callback.method != "POST" or kind != "application/json" or callback.document is None:
            body = short(callback.body.decode(errors="replace"))
            yield _found(story, f"{callback.method} of {kind or 'no type'}: {body}")


@CALLBACKS.check(why="Receivers read task_status at the root, and find nothing.", source="kling 3; useapi W-03")
def callback_is_a_record(evidence: Evidence) -> Iterator[Finding]:
    """A callback is the bare record of a task, without an envelope."""
    for story, callback, record in _heard(evidence):
        file = story.order.operation.callback
        if file is None or callback.document is None:
            continue
        if record.id is None and record.status is None:
            yield _found(story, short(callback.document), "the bare record")
            continue
        error = next(evidence.terms.catalog.validator(file).iter_errors(callback.document), None)
        if error is not None:
            place = "/".join(map(str, error.instance_path))
            yield _found(story, f"at /{place}: {short(error.message)}", f"schemas/{file}")


@CALLBACKS.check(why="Receivers mark another's task as done.", source="kling 3")
def callback_is_of_its_task(evidence: Evidence) -> Iterator[Finding]:
    """A callback is of the task that asked for it."""
    for story, _, record in _heard(evidence):
        if record.id is not None and record.id != story.id:
            yield _found(story, record.id, str(story.id))


@CALLBACKS.check(why="Clients that use both come to two answers.", source="kling 3, C-22; useapi W-03")
def callback_matches_query(evidence: Evidence) -> Iterator[Finding]:
    """The last callback says what a query says then: state, times, results, and the client's own name."""
    for story, _, told in _heard(evidence):
        if story.end is None or not told.is_final:
            continue
        shown = story.end.record
        if told.status != shown.status:
            yield _found(story, f"{told.status}", f"{shown.status}, as the query has it")
            continue
        pairs: dict[str, tuple[JSON, JSON]] = {
            "created_at": (told.created_at, shown.created_at),
            "updated_at": (told.updated_at, shown.updated_at),
            "results": (_bare(told.urls), _bare(shown.urls)),
        }
        if shown.external_id is not None:
            pairs["external id"] = told.external_id, shown.external_id
        for name, (here, there) in pairs.items():
            if here != there:
                yield _found(story, f"{name} {short(here)}", f"{name} {short(there)}, as the query has it")


def _bare(urls: list[str]) -> list[str]:
    return [url.partition("?")[0] for url in urls]


@CALLBACKS.check(why="Whoever looks at once, as one does, finds a task that is not done.", source="kling 3")
def callback_not_before_its_state(evidence: Evidence) -> Iterator[Finding]:
    """What a callback says is so when it says it."""
    for story, callback, record in _heard(evidence):
        rank = ORDER.get(record.status or "", -1)
        for sighting in story.sightings[1:]:
            if sighting.at > callback.at and ORDER.get(sighting.record.status or "", 9) < rank:
                after = sighting.at - callback.at
                yield _found(story, f"{record.status}, and {sighting.record.status} in a query {after} ms later")
                break


@CALLBACKS.check(why="A receiver that keeps the last one shows a finished task as processing.", source="kling 3")
def callbacks_go_forward(evidence: Evidence) -> Iterator[Finding]:
    """Callbacks of a task come in the order of its states."""
    if not any(len(story.callbacks) > 1 for story in _asked(evidence)):
        raise NothingToJudge("no task had more than one callback")
    for story in _asked(evidence):
        states = [TaskView(callback.document, evidence.terms.layout).status or "" for callback in story.callbacks]
        for before, after in pairwise(states):
            if ORDER.get(after, 9) < ORDER.get(before, -1):
                yield _found(story, f"{after} after {before}")


@CALLBACKS.check(why="Clients show progress by them.", source="kling 3, 9.1; useapi W-02")
def callbacks_report_the_changes(evidence: Evidence) -> Iterator[Finding]:
    """The changes that are reported are those of one reading of callback-on."""
    possible = evidence.terms.possible("callback-on")
    for story in _asked(evidence):
        records = [TaskView(callback.document, evidence.terms.layout) for callback in story.callbacks]
        states = {"final" if record.is_final else record.status for record in records}
        if states and states not in [set(_REPORTED[reading]) for reading in possible]:
            documented = " or ".join(", ".join(_REPORTED[reading]) for reading in sorted(possible))
            yield _found(story, short(sorted(map(str, states))), documented)


@CALLBACKS.check(why="Receivers find their own record by it.", source="seed 004 SO-RREF; useapi W-03")
def callback_has_the_reference(evidence: Evidence) -> Iterator[Finding]:
    """A callback carries the replyRef of its task."""
    layout = evidence.terms.layout
    if layout.finds_external_id:
        raise NothingToJudge("the service has no reference of its own for callbacks")
    places = {"root": layout.external_id[0], "request": layout.external_id[1], "response": layout.external_id[2]}
    possible = evidence.terms.possible("reply-ref-place")
    for story, callback, record in _heard(evidence):
        wanted = story.order.payload.get(layout.external_id_field)
        found = [place for place, path in places.items() if _at(callback.document, path) == wanted]
        if wanted is not None and not possible & set(found):
            yield _found(story, short(record.external_id), f"{wanted} in {' or '.join(sorted(possible))}")


def _at(document: JSON, path: tuple[str | int, ...]) -> JSON:
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return document


@CALLBACKS.check(
    why="Receivers that verify, as they should, refuse it; those that cannot are open to anybody.", source="kling 3"
)
def callback_signature(evidence: Evidence) -> Iterator[Finding]:
    """A signed callback's signature is that of its id, its time and its body."""
    signed = [each for each in _heard(evidence) if "webhook-signature" in each[1].headers]
    must = evidence.secret is not None and evidence.terms.possible("callback-signed") == {"yes"}
    if not signed and not must:
        raise NothingToJudge(
            "no callback is signed, and nobody said that it must be: --webhook-secret, --reading callback-signed=yes"
        )
    for story, callback, _ in _heard(evidence):
        signature = callback.headers.get("webhook-signature")
        if signature is None:
            if must:
                yield _found(story, "no webhook-signature")
        elif evidence.secret is not None:
            fault = fault_of(evidence.secret, callback)
            if fault is not None:
                yield _found(story, fault)
        elif not _SHAPE.fullmatch(signature):
            yield _found(story, signature, "v1, and Base64")
