"""Answers: each is what the contract has for its operation, or one of the service's refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mockserver.contract.differences import Difference
from mockserver.kit.checks import Check, Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence, Trial
from mockserver.kit.server.findings import finding, said, seen
from mockserver.kit.verdict import Finding

ANSWERS = Family[Evidence, Finding]("answers", "credentials", "lives", "burst", "noise", "queries")

_TIMES = frozenset({"created_at", "updated_at", "createTime", "updateTime", "viewTime"})
_STATES = frozenset({"task_status", "status_name"})
_APART = frozenset({"noise", "result"})
"""What checks of their own look at."""

_ENVELOPE = frozenset({"/code", "/message", "/request_id", "/error"})


def _kind(difference: Difference) -> str:
    """Tell which check a difference belongs to."""
    last = difference.pointer.rpartition("/")[2]
    if difference.keyword in ("status", "media-type", "json"):
        return {"status": "answer-status", "media-type": "answer-media-type", "json": "answer-is-json"}[
            difference.keyword
        ]
    if difference.keyword == "code":
        return "refusal-code"
    if difference.received == "null":
        return "absent-not-null"
    if last in ("task_id", "id") and difference.keyword == "type":
        return "task-id-type"
    if last in _STATES:
        return "status-words"
    if last in _TIMES:
        return "times-are-millis"
    if difference.pointer in _ENVELOPE or (difference.pointer == "/data" and difference.keyword == "required"):
        return "envelope"
    return "body-keeps-schema"


def _sorted_out(id: str) -> Callable[[Evidence], Iterator[Finding]]:
    """Return the judge that tells the differences of one kind."""

    def judge(evidence: Evidence) -> Iterator[Finding]:
        if not any(trial.exchange.response for trial in evidence.trials):
            raise NothingToJudge("the server answered nothing")
        for trial, difference in evidence.differences:
            if _kind(difference) == id:
                yield _told(trial, difference)

    return judge


def _told(trial: Trial, difference: Difference) -> Finding:
    place = f" at {difference.pointer}" if difference.pointer else ""
    received = f"{difference.received}{place} (HTTP {trial.exchange.status})"
    documented = f"{difference.documented}{place}"
    subject = f"{trial.subject} {difference.pointer}".rstrip()
    return finding(trial, received, subject=subject, documented=documented, source=difference.where)


for _id, _documented, _why, _source in (
    (
        "answer-status",
        "An answer has the status of its operation, and a refusal one of the error table's.",
        "Clients tell success from failure by the status: a 201 breaks one, a 200 with an error another.",
        "kling 2.1, 4.1; clients",
    ),
    (
        "answer-is-json",
        "Every answer is a JSON document, a refusal too.",
        "A client that parses every answer dies of HTML or of a cut one, and the code that says what is wrong is lost.",
        "kling 4.2; clients",
    ),
    (
        "answer-media-type",
        "An answer says that it is application/json.",
        "Strict clients parse only what says that it is JSON.",
        "kling 2.1",
    ),
    (
        "refusal-code",
        "A refusal's code is one that the error table has with its status.",
        "Clients retry, sign again or give up by the code.",
        "kling 4.1",
    ),
    (
        "absent-not-null",
        "What there is nothing to say of is absent or empty, never null.",
        "Clients reach into the object that they expect, and null has no fields.",
        "clients; kling 2.2",
    ),
    (
        "task-id-type",
        "A task's id has the type that is documented: text at Kling.",
        "Eighteen digits do not fit into a number of JavaScript's: the id is rounded, and the task is lost.",
        "kling 2.1; clients",
    ),
    (
        "status-words",
        "A task's state is one of the four words, spelled exactly; a new task is submitted.",
        "Clients compare words: succeeded, queued or upper case makes them poll for ever.",
        "kling K4, 2.2; clients",
    ),
    (
        "times-are-millis",
        "Times are whole Unix milliseconds.",
        "Seconds read as milliseconds are in January 1970, and expiry goes wrong.",
        "kling 2.1; useapi X-12",
    ),
    (
        "envelope",
        "code, message and request_id are in every answer, with data in one that is no refusal.",
        "Clients check code before anything else, and support asks for request_id.",
        "kling 2.1, 4.2",
    ),
    (
        "body-keeps-schema",
        "All other fields are what their schema says.",
        "Clients read what is documented, in the types that are documented.",
        "kling 2; useapi 1.3, 2",
    ),
):
    ANSWERS.add(Check(_id, ANSWERS.name, "error", _documented, _why, _source, find=_sorted_out(_id)))


@ANSWERS.check(why="Support finds a request by it.", source="kling 2.1")
def request_ids_differ(evidence: Evidence) -> Iterator[Finding]:
    """Each answer has a request_id of its own."""
    known: dict[str, Trial] = {}
    for trial in evidence.trials:
        body = trial.exchange.received
        id = body.get("request_id") if isinstance(body, dict) else None
        if isinstance(id, str) and id in known:
            yield finding(trial, f"{id}, as in the answer to {known[id].subject}", subject=trial.subject)
        elif isinstance(id, str):
            known[id] = trial
    if not known:
        raise NothingToJudge("no answer has a request_id")


@ANSWERS.check(why="A 5xx says try again, and clients do.", source="kling 4.1")
def no_server_errors(evidence: Evidence) -> Iterator[Finding]:
    """No request makes the server fail: what it cannot take it refuses with 4xx."""
    sent = (trial for trial in evidence.trials if trial.aim not in _APART)
    for trial in seen(sent, "the server answered nothing"):
        if (trial.exchange.status or 0) >= 500:
            yield finding(trial, said(trial))


@ANSWERS.check(why="A client that waits for ever holds up everything behind it.", source="kling 4.1")
def always_answers(evidence: Evidence) -> Iterator[Finding]:
    """Every request is answered, in time and to the end."""
    sent = [trial for trial in evidence.trials if trial.aim not in _APART]
    if not sent:
        raise NothingToJudge("nothing was sent")
    for trial in sent:
        if trial.exchange.response is None:
            yield finding(trial, said(trial))
