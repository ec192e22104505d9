"""Answers: each is what the contract has for its operation, or one of the service's refusals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mockserver.contract.differences import Difference
from mockserver.kit.checks import Check, Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Evidence, Purpose
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.findings import answer_text, answered, finding
from mockserver.kit.verdict import Finding
from mockserver.types import pointer

ANSWERS = Family[Evidence, Finding](
    "answers", "authentication", "task lifecycle", "burst", "malformed", "queries"
)  # fmt: skip

_OTHER_CHECKS = frozenset({Purpose.MALFORMED, Purpose.DOWNLOAD})
"""Attempts that have checks of their own for answers that do not come, or are errors of the server."""

_BY_KIND = (
    (
        "answer-status",
        "An answer has the status of its operation, and a refusal has a status of the error table.",
        "Clients tell success from failure by the status: a 201 breaks one, a 200 with an error another.",
        "kling 2.1, 4.1; clients",
    ),
    (
        "answer-is-json",
        "Every answer is a JSON document, and so is every refusal.",
        "A client that parses every answer fails at HTML or half a document, and never sees what is wrong.",
        "kling 4.2; clients",
    ),
    (
        "answer-media-type",
        "The Content-Type of an answer is application/json.",
        "Strict clients parse an answer only if its type is JSON.",
        "kling 2.1",
    ),
    (
        "refusal-code",
        "The error table has the code of a refusal for its status.",
        "By the code clients decide whether to retry, to sign a new token or to give up.",
        "kling 4.1",
    ),
    (
        "absent-not-null",
        "A field without a value is absent or empty, never null.",
        "Clients read fields of the object that they expect, and null has none.",
        "clients; kling 2.2",
    ),
    (
        "task-id-type",
        "A task's id has the documented type: at Kling it is text.",
        "JavaScript rounds a number of eighteen digits, and the client then polls a task that does not exist.",
        "kling 2.1; clients",
    ),
    (
        "status-words",
        "A task's state is one of the four documented words, spelled exactly; a new task is submitted.",
        "Clients compare words: succeeded, queued or upper case makes them poll for ever.",
        "kling K4, 2.2; clients",
    ),
    (
        "times-are-millis",
        "Times are whole Unix milliseconds.",
        "Seconds that are read as milliseconds are in January 1970, and expiry is computed wrongly.",
        "kling 2.1; useapi X-12",
    ),
    (
        "envelope",
        "Every answer has the fields that the service wraps all answers in.",
        "Clients check the code before anything else, and support asks for the request id.",
        "kling 2.1, 4.2",
    ),
    (
        "body-keeps-schema",
        "All other fields are as their schema says.",
        "Clients read the documented fields, and rely on their documented types.",
        "kling 2; useapi 1.3, 2",
    ),
)
"""The checks that each take one kind of difference: id, promise, why it matters, source."""

_OF_THE_WHOLE = {"status": "answer-status", "media-type": "answer-media-type", "json": "answer-is-json"}


def _kind(difference: Difference, expectations: Expectations) -> str:
    """Return the check that a difference belongs to."""
    layout, place = expectations.layout, difference.pointer
    field = place.rpartition("/")[2]
    if difference.keyword in _OF_THE_WHOLE:
        return _OF_THE_WHOLE[difference.keyword]
    if difference.keyword == "code":
        return "refusal-code"
    if difference.received == "null":
        return "absent-not-null"
    if field == layout.id[-1] and difference.keyword == "type":
        return "task-id-type"
    if field == layout.status[-1]:
        return "status-words"
    # In schemas/, every time refers to a definition of this name.
    if (
        field in [place[-1] for place in (layout.created_at, layout.updated_at) if place]
        or "/$defs/millis/" in difference.where
    ):
        return "times-are-millis"
    is_missing_whole = difference.keyword == "required" and place in map(pointer, layout.task)
    if place.removeprefix("/") in expectations.refusal_fields or is_missing_whole:
        return "envelope"
    return "body-keeps-schema"


def _of_kind(evidence: Evidence, id: str) -> Iterator[Finding]:
    """Yield the differences of one kind."""
    if not any(attempt.exchange.response for attempt in evidence.attempts):
        raise NothingToJudge("the server did not answer any request")
    for attempt, difference in evidence.differences:
        if _kind(difference, evidence.expectations) == id:
            yield _different(attempt, difference)


def _different(attempt: Attempt, difference: Difference) -> Finding:
    place = f" at {difference.pointer}" if difference.pointer else ""
    received = f"{difference.received}{place} (HTTP {attempt.exchange.status})"
    documented = f"{difference.documented}{place}"
    subject = f"{attempt.subject} {difference.pointer}".rstrip()
    return finding(attempt, received, subject=subject, documented=documented, source=difference.where)


for _id, _documented, _why, _source in _BY_KIND:
    ANSWERS.add(Check(_id, ANSWERS.name, "error", _documented, _why, _source, find=partial(_of_kind, id=_id)))


@ANSWERS.check(why="Support finds a request by its id.", source="kling 2.1")
def request_ids_differ(evidence: Evidence) -> Iterator[Finding]:
    """Each answer has a request id of its own."""
    field, known = evidence.expectations.layout.request_id, dict[str, Attempt]()
    for attempt in evidence.attempts if field is not None else ():
        body = attempt.exchange.received
        id = body.get(field) if isinstance(body, dict) else None
        if isinstance(id, str) and id in known:
            yield finding(attempt, f"{id}, as in the answer to {known[id].subject}", subject=attempt.subject)
        elif isinstance(id, str):
            known[id] = attempt
    if not known:
        raise NothingToJudge("no answer has a request id")


@ANSWERS.check(why="A 5xx means that a retry may help, and clients do retry.", source="kling 4.1")
def no_server_errors(evidence: Evidence) -> Iterator[Finding]:
    """No request makes the server fail: it refuses with 4xx what it cannot take."""
    sent = (attempt for attempt in evidence.attempts if attempt.purpose not in _OTHER_CHECKS)
    for attempt in answered(sent, "the server did not answer any request"):
        if (attempt.exchange.status or 0) >= 500:
            yield finding(attempt, answer_text(attempt))


@ANSWERS.check(why="A client that waits for ever holds up everything behind it.", source="kling 4.1")
def always_answers(evidence: Evidence) -> Iterator[Finding]:
    """Every request is answered, in time and to the end."""
    sent = [attempt for attempt in evidence.attempts if attempt.purpose not in _OTHER_CHECKS]
    if not sent:
        raise NothingToJudge("nothing was sent")
    for attempt in sent:
        if attempt.exchange.response is None:
            yield finding(attempt, answer_text(attempt))
