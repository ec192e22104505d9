"""Requests: payloads that break a rule are refused, those that keep all are accepted, and bad bytes do no harm."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from mockserver.contract import places
from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Evidence, OddBody, Purpose
from mockserver.kit.server.findings import answer_text, answered, finding, is_busy, is_row, row_text
from mockserver.kit.verdict import Finding

REQUESTS = Family[Evidence, Finding]("requests")


@REQUESTS.check(
    "broken payloads",
    why="A client that was tested here is refused there, or is charged for what it did not want.",
    source="the request schemas",
)
def refuses_broken_rules(evidence: Evidence) -> Iterator[Finding]:
    """A payload that breaks a rule is refused."""
    for attempt in _broken(evidence):
        if attempt.is_accepted and attempt.rule is not None:
            documented = f"{row_text(evidence.expectations.service.errors['invalid'])}: {attempt.rule.description}"
            received = f"accepted: {answer_text(attempt)}"
            yield finding(attempt, received, documented=documented, source=attempt.rule.source)


@REQUESTS.check(
    "broken payloads",
    why="By them clients decide whether to correct the request, to sign a new token or to try again.",
    source="kling 4.1, 4.3; seed 004 SO-400",
)
def refuses_as_documented(evidence: Evidence) -> Iterator[Finding]:
    """A payload that breaks a rule is refused with the status and the code of the error table."""
    expectations = evidence.expectations
    row = expectations.service.errors["invalid"]
    for attempt in _broken(evidence):
        status = attempt.exchange.status or 0
        is_absent = status == 404 and attempt.operation is not None and expectations.may_be_absent(attempt.operation)
        if status >= 300 and not (is_row(attempt, row) or is_busy(attempt, expectations) or is_absent):
            yield finding(attempt, answer_text(attempt), documented=row_text(row), source=row.source)


@REQUESTS.check(
    "task lifecycle",
    "burst",
    "valid payloads",
    why="A rule that is too strict shuts out clients that do nothing wrong.",
    source="the request schemas",
)
def accepts_valid_payloads(evidence: Evidence) -> Iterator[Finding]:
    """A payload that keeps every rule, and needs nothing from outside, is accepted."""
    wanted = evidence.of(Purpose.CREATE_WATCHED, Purpose.BURST, Purpose.KEEP_RULES)
    yield from _refused(evidence, [attempt for attempt in wanted if not _names_what_must_be_there(attempt)])


@REQUESTS.check(
    "valid payloads",
    why="Either a rule is too strict, or the server looked for a file that https://example.com does not have.",
    source="the request schemas",
    severity="warning",
)
def accepts_references(evidence: Evidence) -> Iterator[Finding]:
    """A payload that keeps every rule and names something outside, a picture's URL or an element, is accepted."""
    is_fetched = "404" in evidence.expectations.possible("foreign-image")
    judged = [each for each in evidence.of(Purpose.BORROW) if not _is_unknown_there(evidence, each)]
    for found in _refused(evidence, judged):
        if not (is_fetched and found.received.startswith("404")):
            yield found


@REQUESTS.check(
    "malformed",
    why="A request that stops a worker takes others with it; one that hangs holds a connection for ever.",
    source="kling 4.1",
)
def survives_bad_bytes(evidence: Evidence) -> Iterator[Finding]:
    """Bytes that make no sense are answered with 4xx, whatever they are."""
    attempts = list(evidence.of(Purpose.MALFORMED))
    if not attempts:
        raise NothingToJudge("no malformed request was sent")
    for attempt in attempts:
        if attempt.exchange.status is None or attempt.exchange.status >= 500:
            yield _of_case(attempt)


@REQUESTS.check(
    "malformed", why="A request that was cut off on its way becomes a task that nobody wanted.",
    source="kling 4.1; useapi Q3",
)  # fmt: skip
def refuses_unreadable_bodies(evidence: Evidence) -> Iterator[Finding]:
    """A body that is not a JSON object is refused with 4xx."""
    row = evidence.expectations.service.errors["unreadable"]
    answered(evidence.of(Purpose.MALFORMED), "no malformed request was sent")
    for attempt, body in evidence.about(OddBody, Purpose.MALFORMED):
        if not body.is_readable and attempt.exchange.status is not None and attempt.exchange.status < 400:
            yield _of_case(attempt, f"{row_text(row)}, or another 4xx", row.source)


@REQUESTS.check(
    "malformed", why="The author of a client that mistypes a path must see it, not an empty success.",
    source="kling 4.1",
)  # fmt: skip
def unknown_paths(evidence: Evidence) -> Iterator[Finding]:
    """An unknown path, and an unknown method of a path, are refused as the service does it."""
    rows = {"unknown path": "no-route", "unknown method": "no-method"}
    for attempt in answered(evidence.of(Purpose.MALFORMED), "no unknown path was asked for"):
        if attempt.case in rows:
            row = evidence.expectations.service.errors[rows[attempt.case]]
            is_4xx = 400 <= (attempt.exchange.status or 0) < 500
            if not (is_row(attempt, row) if evidence.expectations.is_certain(row) else is_4xx):
                yield _of_case(attempt, row_text(row), row.source)


def _of_case(attempt: Attempt, documented: str = "4xx", source: str = "") -> Finding:
    subject = f"{attempt.subject} {attempt.case}"
    return finding(attempt, answer_text(attempt), subject=subject, documented=documented, source=source)


def _broken(evidence: Evidence) -> list[Attempt]:
    reason = "no rule could be broken: an open question leaves each open, or no payload is known to break it"
    return answered(evidence.of(Purpose.BREAK_RULE), reason)


def _names_what_must_be_there(attempt: Attempt) -> bool:
    """Whether a payload names what its account must have, such as a task to go on with."""
    named = attempt.operation.task.get("elements", ()) if attempt.operation is not None else ()
    return any(value for place in named for value in places.values(place, attempt.payload))


def _is_unknown_there(evidence: Evidence, attempt: Attempt) -> bool:
    """Whether a payload names a thing, such as an element, and the answer may be that the account has none of it."""
    expectations, names = evidence.expectations, attempt.operation.names if attempt.operation is not None else ()
    service = expectations.service
    libraries = [service.libraries[id] for id, place in names if any(places.values(place, attempt.payload))]
    return any(
        "refused" in expectations.possible(each.unknown) and is_row(attempt, service.errors[each.missing])
        for each in libraries
    )


def _refused(evidence: Evidence, sent: list[Attempt]) -> Iterator[Finding]:
    """Yield valid payloads that were refused."""
    attempts = answered(sent, "no such payload was sent; raise --max-creates")
    if all(is_busy(attempt, evidence.expectations) for attempt in attempts):
        raise NothingToJudge("the server answered only 429: it is busy")
    for place, attempt in enumerate(attempts):
        if _is_refused(evidence, attempt) and not _is_explained(evidence, attempts, place):
            documented = f"accepted: it only just keeps {attempt.rule.id}" if attempt.rule else "accepted"
            source = attempt.rule.source if attempt.rule else ""
            received = f"{attempt.case}: {answer_text(attempt)}" if attempt.case else answer_text(attempt)
            yield finding(attempt, received, documented=documented, source=source)


def _is_refused(evidence: Evidence, attempt: Attempt) -> bool:
    return 300 <= (attempt.exchange.status or 0) < 500 and not is_busy(attempt, evidence.expectations)


def _is_explained(evidence: Evidence, attempts: list[Attempt], place: int) -> bool:
    """Whether one of the cases of a payload, each sent alone after it, was refused, too: it is to blame."""
    if attempts[place].rule is not None:
        return False
    alone = takewhile(lambda each: each.rule is not None, attempts[place + 1 :])
    return any(_is_refused(evidence, each) and each.operation is attempts[place].operation for each in alone)
