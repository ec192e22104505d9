"""Callbacks: they come, say what a query says, and say it when it is true."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mockserver.contract.places import first
from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.callbacks import Callback, signature_fault
from mockserver.kit.server.evidence import Evidence, TaskHistory
from mockserver.kit.server.findings import finding, short
from mockserver.kit.task_view import FINAL, ORDER, TaskView, at
from mockserver.kit.verdict import Finding
from mockserver.types import JSON, is_url

CALLBACKS = Family[Evidence, Finding]("callbacks", "task lifecycle")

_REPORTED = {
    "every-change": ("submitted", "processing", "final"),
    "after-created": ("processing", "final"),
    "end-only": ("final",),
}
"""The changes that each reading of callback-on reports."""

_SIGNATURES = re.compile(r"v1,[A-Za-z0-9+/]+={0,2}( v1,[A-Za-z0-9+/]+={0,2})*")
"""The form of a ``webhook-signature``, for a secret that is not known."""


def _asking(evidence: Evidence) -> list[TaskHistory]:
    """Return the tasks that asked for callbacks, and ended or were called back. Raises ``NothingToJudge``."""
    if evidence.unreachable is not None:
        raise NothingToJudge(evidence.unreachable)
    field = evidence.expectations.layout.callback_field
    if field is None:
        raise NothingToJudge("the service calls nobody back")
    found = [
        history
        for history in evidence.histories
        if is_url(first(field, history.task.payload)) and (history.end is not None or history.callbacks)
    ]
    if not found:
        raise NothingToJudge("no task that asks for callbacks was seen at its end")
    return found


def _received(evidence: Evidence) -> Iterator[tuple[TaskHistory, Callback, TaskView]]:
    """Yield all callbacks, with the tasks in them. Raises ``NothingToJudge`` if there are none."""
    found = [
        (history, callback, TaskView.told(callback.document, evidence.expectations.layout))
        for history in _asking(evidence)
        for callback in history.callbacks
    ]
    if not found:
        raise NothingToJudge("no callback came")
    return iter(found)


def _finding(history: TaskHistory, received: str, documented: str = "") -> Finding:
    operation = history.task.operation
    subject = f"{operation.id} {operation.callback or ''}".rstrip()
    return finding(history.looks[0].attempt, received, subject=subject, documented=documented)


@CALLBACKS.check(why="Clients that rely on callbacks wait for ever.", source="kling 3; seed 004 SO-RURL")
def callback_comes(evidence: Evidence) -> Iterator[Finding]:
    """A task with a callback URL gets a callback when it ends."""
    layout = evidence.expectations.layout
    for history in _asking(evidence):
        words = [_status_at_any_depth(TaskView.told(callback.document, layout)) for callback in history.callbacks]
        states = {layout.states.get(word or "") for word in words}
        if history.end is not None and not states & FINAL:
            received = f"only callbacks that say {short(words)}" if words else "no callback within 10 s"
            yield _finding(history, received)


def _status_at_any_depth(view: TaskView) -> str | None:
    """Find the state also in a body that is wrapped: it came, and other checks say what is wrong with it."""
    if view.status is not None or not isinstance(view.document, dict):
        return view.status
    inner = (_status_at_any_depth(TaskView(value, view.layout)) for value in view.document.values())
    return next((status for status in inner if status is not None), None)


@CALLBACKS.check(why="Frameworks parse a body by its type.", source="kling 3; useapi W-04")
def callback_is_json(evidence: Evidence) -> Iterator[Finding]:
    """A callback is a POST of JSON, with the Content-Type of JSON."""
    for history, callback, _ in _received(evidence):
        media_type = callback.headers.get("content-type", "").partition(";")[0].strip().lower()
        if callback.method != "POST" or media_type != "application/json" or callback.document is None:
            body = short(callback.body.decode(errors="replace"))
            yield _finding(history, f"{callback.method} of {media_type or 'no type'}: {body}")


@CALLBACKS.check(why="Receivers look for the state at the root, and do not find it.", source="kling 3; useapi W-03")
def callback_is_a_record(evidence: Evidence) -> Iterator[Finding]:
    """A callback is the bare record of a task, without an envelope."""
    for history, callback, view in _received(evidence):
        file = history.task.operation.callback
        if file is None or callback.document is None:
            continue
        validator = evidence.expectations.catalog.validator(file)
        error = next(validator.iter_errors(callback.document), None)
        is_wrapped = view.document != callback.document and validator.is_valid(view.document)
        if (view.id is None and view.status is None) or is_wrapped:
            yield _finding(history, short(callback.document), "the bare record")
        elif error is not None:
            place = "/".join(map(str, error.instance_path))
            yield _finding(history, f"at /{place}: {short(error.message)}", f"schemas/{file}")


@CALLBACKS.check(why="Receivers mark the wrong task as done.", source="kling 3")
def callback_is_of_its_task(evidence: Evidence) -> Iterator[Finding]:
    """A callback is about the task that asked for it."""
    for history, _, view in _received(evidence):
        if view.id is not None and view.id != history.id:
            yield _finding(history, f"a callback about task {view.id}", f"about task {history.id}")


@CALLBACKS.check(why="A client that uses both gets two different answers.", source="kling 3, C-22; useapi W-03")
def callback_matches_query(evidence: Evidence) -> Iterator[Finding]:
    """The last callback says what a query says then: state, times, results, and the client's own name."""
    for history, _, told in _received(evidence):
        if history.end is None or not told.is_final:
            continue
        shown = history.end.view
        if told.status != shown.status:
            yield _finding(history, f"the state {told.status}", f"{shown.status}, as in the query")
            continue
        pairs: dict[str, tuple[JSON, JSON]] = {
            "time of creation": (told.created_at, shown.created_at),
            "time of the update": (told.updated_at, shown.updated_at),
            "results": (_without_query(told.urls), _without_query(shown.urls)),
        }
        if shown.external_id is not None:
            pairs["client's own name"] = told.external_id, shown.external_id
        for name, (here, there) in pairs.items():
            if here != there:
                yield _finding(history, f"{name} {short(here)}", f"{name} {short(there)}, as in the query")


def _without_query(urls: Sequence[str]) -> list[str]:
    """Return URLs without what a signature may change."""
    return [url.partition("?")[0] for url in urls]


@CALLBACKS.check(why="A receiver that asks at once, as most do, finds a task that is not done.", source="kling 3")
def callback_not_before_its_state(evidence: Evidence) -> Iterator[Finding]:
    """What a callback says is already true when it comes."""
    for history, callback, view in _received(evidence):
        for look in history.looks[1:]:
            if look.at > callback.at and _is_before(look.view, view):
                after = look.at - callback.at
                yield _finding(history, f"{view.status}, but a query {after} ms later shows {look.view.status}")
                break


@CALLBACKS.check(why="A receiver that keeps the last one shows a finished task as processing.", source="kling 3")
def callbacks_go_forward(evidence: Evidence) -> Iterator[Finding]:
    """The callbacks of a task come in the order of its states."""
    if not any(len(history.callbacks) > 1 for history in _asking(evidence)):
        raise NothingToJudge("no task had more than one callback")
    for history in _asking(evidence):
        views = [TaskView.told(callback.document, evidence.expectations.layout) for callback in history.callbacks]
        for before, after in pairwise(views):
            if _is_before(after, before):
                yield _finding(history, f"{after.status} after {before.status}")


def _is_before(one: TaskView, other: TaskView) -> bool:
    """Whether the state of one comes before that of the other, as far as both are known."""
    return one.state is not None and other.state is not None and ORDER[one.state] < ORDER[other.state]


@CALLBACKS.check(why="Clients show progress by them.", source="kling 3, 9.1; useapi W-02")
def callbacks_report_the_changes(evidence: Evidence) -> Iterator[Finding]:
    """The changes that callbacks report are those of one reading of callback-on."""
    possible = evidence.expectations.possible("callback-on") or {"end-only"}
    for history in _asking(evidence):
        views = [TaskView.told(callback.document, evidence.expectations.layout) for callback in history.callbacks]
        states = {"final" if view.is_final else view.state for view in views}
        if states and states not in [set(_REPORTED[reading]) for reading in possible]:
            documented = " or ".join(", ".join(_REPORTED[reading]) for reading in sorted(possible))
            yield _finding(history, short(sorted(map(str, states))), documented)


@CALLBACKS.check(why="Receivers find their own record by it.", source="seed 004 SO-RREF; useapi W-03")
def callback_has_the_reference(evidence: Evidence) -> Iterator[Finding]:
    """A callback carries the client's own reference to its task."""
    layout = evidence.expectations.layout
    if layout.finds_external_id or layout.external_id_field is None:
        raise NothingToJudge("the service has no reference of its own for callbacks")
    # A reading is called by the object that holds the reference; one at the root is in none.
    places = {str(place[0]) if len(place) > 1 else "root": place for place in layout.external_id}
    possible = evidence.expectations.possible("reply-ref-place") or {*places}
    for history, callback, _ in _received(evidence):
        wanted = first(layout.external_id_field, history.task.payload)
        found = {name for name, place in places.items() if at(callback.document, place) == wanted}
        if wanted is not None and not possible & found:
            places_found = f"{wanted} in {', '.join(sorted(found))}" if found else f"no {layout.external_id_field}"
            yield _finding(history, places_found, f"{wanted} in {' or '.join(sorted(possible))}")


@CALLBACKS.check(
    why="Receivers that verify signatures, as they should, refuse it; others are open to anybody.", source="kling 3"
)
def callback_signature(evidence: Evidence) -> Iterator[Finding]:
    """The signature of a signed callback is that of its id, its time and its body."""
    signed = [callback for _, callback, _ in _received(evidence) if "webhook-signature" in callback.headers]
    must = evidence.secret is not None and evidence.expectations.possible("callback-signed") == {"yes"}
    if not signed and not must:
        raise NothingToJudge(
            "no callback is signed, and none need be; to require it, give --webhook-secret and"
            " --reading callback-signed=yes"
        )
    for history, callback, _ in _received(evidence):
        signature = callback.headers.get("webhook-signature")
        if signature is None:
            if must:
                yield _finding(history, "no webhook-signature")
        elif evidence.secret is not None:
            fault = signature_fault(evidence.secret, callback)
            if fault is not None:
                yield _finding(history, fault)
        elif not _SIGNATURES.fullmatch(signature):
            yield _finding(history, signature, "v1, a comma and Base64")
