"""Requests: what breaks a rule is refused, what keeps them all is not, and bad bytes do no harm."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence, Trial
from mockserver.kit.server.findings import finding, is_row, row_said, said, seen
from mockserver.kit.verdict import Finding

REQUESTS = Family[Evidence, Finding]("requests")

_BUSY = 429


@REQUESTS.check(
    "refusals",
    why="A client that was tested here is refused there, or is charged for what it did not want.",
    source="the request schemas",
)
def refuses_broken_rules(evidence: Evidence) -> Iterator[Finding]:
    """What breaks a rule is refused."""
    for trial in _judged(evidence, "refuse"):
        if trial.is_accepted and trial.rule is not None:
            documented = f"{row_said(evidence.terms.service.errors['invalid'])}: {trial.rule.description}"
            yield finding(trial, said(trial), documented=documented, source=trial.rule.source)


@REQUESTS.check(
    "refusals",
    why="Clients decide by them whether to mend the request, to sign again or to try again.",
    source="kling 4.1, 4.3; seed 004 SO-400",
)
def refuses_as_documented(evidence: Evidence) -> Iterator[Finding]:
    """What breaks a rule is refused with the status and the code of the error table."""
    row = evidence.terms.service.errors["invalid"]
    for trial in _judged(evidence, "refuse"):
        status = trial.exchange.status or 0
        is_absent = status == 404 and trial.operation is not None and evidence.terms.may_be_absent(trial.operation)
        if status >= 300 and status != _BUSY and not is_row(trial, row) and not is_absent:
            yield finding(trial, said(trial), documented=row_said(row), source=row.source)


@REQUESTS.check(
    "lives",
    "burst",
    "acceptance",
    why="A rule that is too strict shuts out clients that do nothing wrong.",
    source="the request schemas",
)
def accepts_valid_payloads(evidence: Evidence) -> Iterator[Finding]:
    """What keeps every rule, and needs nothing from outside, is accepted."""
    yield from _refused(evidence, borrows=False)


@REQUESTS.check(
    "acceptance",
    why="Either a rule is too strict, or the server looked for what https://example.com does not have.",
    source="the request schemas",
    severity="warning",
)
def accepts_references(evidence: Evidence) -> Iterator[Finding]:
    """What keeps every rule and speaks of something outside, a picture's URL or an element, is accepted."""
    is_fetched = "404" in evidence.terms.possible("foreign-image")
    for found in _refused(evidence, borrows=True):
        if not (is_fetched and found.received.startswith("404")):
            yield found


@REQUESTS.check(
    "noise",
    why="A request that brings a worker down takes others with it; one that hangs holds a connection for ever.",
    source="kling 4.1",
)
def survives_bad_bytes(evidence: Evidence) -> Iterator[Finding]:
    """Bytes that make no sense are answered with 4xx, whatever they are."""
    trials = list(evidence.of("noise"))
    if not trials:
        raise NothingToJudge("no bad bytes were sent")
    for trial in trials:
        if trial.exchange.status is None or trial.exchange.status >= 500:
            yield _of_case(trial)


@REQUESTS.check(
    "noise", why="What was cut on its way becomes a task that nobody wanted.", source="kling 4.1; useapi Q3"
)
def refuses_unreadable_bodies(evidence: Evidence) -> Iterator[Finding]:
    """A body that is no JSON object is refused with 4xx."""
    row = evidence.terms.service.errors["unreadable"]
    for trial in seen(evidence.of("noise"), "no bad bytes were sent"):
        if trial.about.get("unreadable") and (trial.exchange.status or 0) < 400:
            yield _of_case(trial, f"{row_said(row)}, or another 4xx", row.source)


@REQUESTS.check("noise", why="A client that mistypes a path must see so, and not an empty success.", source="kling 4.1")
def unknown_paths(evidence: Evidence) -> Iterator[Finding]:
    """A path that is none, and a method that a path does not have, get a refusal of the service."""
    rows = {"unknown path": "no-route", "unknown method": "no-method"}
    for trial in seen(evidence.of("noise"), "no unknown path was asked for"):
        if trial.case in rows:
            row = evidence.terms.service.errors[rows[trial.case]]
            wanted = is_row(trial, row) if evidence.terms.certain(row) else 400 <= (trial.exchange.status or 0) < 500
            if not wanted:
                yield _of_case(trial, row_said(row), row.source)


def _of_case(trial: Trial, documented: str = "", source: str = "") -> Finding:
    return finding(
        trial, said(trial), subject=f"{trial.subject} {trial.case}", documented=documented or "4xx", source=source
    )


def _judged(evidence: Evidence, aim: str) -> list[Trial]:
    return seen(evidence.of(aim), "no rule could be broken: each is left open by a question, or is not known to break")


def _refused(evidence: Evidence, *, borrows: bool) -> Iterator[Finding]:
    sent = [trial for trial in evidence.of("live", "burst", "accept") if (trial.case == "borrows") is borrows]
    trials = seen(iter(sent), "no such payload was sent: give more --max-creates")
    if all(trial.exchange.status == _BUSY for trial in trials):
        raise NothingToJudge("the server has no room: it answers 429")
    for trial in trials:
        status = trial.exchange.status or 0
        if 300 <= status < 500 and status != _BUSY:
            kept = f"accepted: it just keeps {trial.rule.id}" if trial.rule else "accepted"
            source = trial.rule.source if trial.rule else ""
            yield finding(trial, said(trial), documented=kept, source=source)
