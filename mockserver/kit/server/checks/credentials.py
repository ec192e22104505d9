"""Credentials: who is let in, and what the others are told."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence, Trial
from mockserver.kit.server.findings import finding, is_row, row_said, said, seen
from mockserver.kit.verdict import Finding

CREDENTIALS = Family[Evidence, Finding]("credentials", "credentials")


def _trial(evidence: Evidence, case: str) -> Trial:
    """Return the trial of a case.

    Raises ``NothingToJudge`` where it was not made, or the server lets nobody in anyway.
    """
    found = {trial.case: trial for trial in evidence.of("credentials") if trial.exchange.response is not None}
    if case not in found:
        raise NothingToJudge("the service has no such credentials, or none were given")
    if "good" in found and found["good"].exchange.status == 401:
        raise NothingToJudge("the server does not let the credentials in that were given")
    return found[case]


def _refusals(evidence: Evidence, case: str, *rows: str) -> Iterator[Finding]:
    """Find a case that is not refused with one of some rows of the error table."""
    trial = _trial(evidence, case)
    errors = evidence.terms.service.errors
    known = [errors[row] for row in rows if row in errors]
    if not any(is_row(trial, row) for row in known):
        documented = " or ".join(sorted({row_said(row) for row in known}))
        yield finding(
            trial, said(trial), subject=f"{trial.subject} {case}", documented=documented, source=known[0].source
        )


def _token_refusals(evidence: Evidence, case: str, *rows: str) -> Iterator[Finding]:
    """Find a token that is not refused as it should be, at a server that lets a fresh one in."""
    if not _trial(evidence, "fresh token").is_accepted:
        raise NothingToJudge("the server does not let a fresh token in: give --ak and --sk")
    yield from _refusals(evidence, case, *rows)


@CREDENTIALS.check(why="Nobody can use the service.", source="kling 5")
def good_credentials_enter(evidence: Evidence) -> Iterator[Finding]:
    """Who has credentials is let in."""
    for trial in seen(evidence.of("credentials"), "nothing was asked for"):
        if trial.case == "good" and trial.exchange.status in (401, 403):
            yield finding(trial, said(trial))


@CREDENTIALS.check(why="Whoever finds the address works at the owner's cost.", source="kling 4.1, 4.3; seed 004 SO-401")
def no_credentials_refused(evidence: Evidence) -> Iterator[Finding]:
    """A request without credentials is refused as such: 401 with code 1001 at Kling."""
    yield from _refusals(evidence, "none", "no-credentials")
    yield from _refusals(evidence, "empty", "no-credentials")


@CREDENTIALS.check(why="A client that sends the wrong form must see so at once.", source="kling 4.1")
def bad_credentials_refused(evidence: Evidence) -> Iterator[Finding]:
    """Credentials that are no bearer token are refused as bad: 401 with code 1002 at Kling."""
    for case in ("another scheme", "no scheme", "no key"):
        yield from _refusals(evidence, case, "bad-credentials", "no-credentials")


@CREDENTIALS.check(
    why="Whoever finds the address works at the owner's cost.",
    source="kling 4.1, 4.3; seed 004 SO-401",
    severity="warning",
)
def unknown_key_refused(evidence: Evidence) -> Iterator[Finding]:
    """A key that nobody has is refused: 401 with code 1002 at Kling."""
    yield from _refusals(evidence, "unknown key", "unknown-key", "not-a-jwt", "bad-credentials")


@CREDENTIALS.check(
    why="1004 makes clients sign a new one and go on; anything else stops them.", source="kling 4.1, 5; clients"
)
def expired_token_refused(evidence: Evidence) -> Iterator[Finding]:
    """A token whose exp is past is refused as expired: 401 with code 1004."""
    yield from _token_refusals(evidence, "expired token", "token-expired")


@CREDENTIALS.check(why="It tells a client whose clock is wrong from one whose key is.", source="kling 4.1, 5")
def early_token_refused(evidence: Evidence) -> Iterator[Finding]:
    """A token whose nbf is to come is refused as early: 401 with code 1003."""
    yield from _token_refusals(evidence, "early token", "token-early")


@CREDENTIALS.check(why="Libraries add them by themselves.", source="clients; kling 5")
def extra_claims_enter(evidence: Evidence) -> Iterator[Finding]:
    """A token may have claims that the sample has not, and an iat of long ago."""
    if not _trial(evidence, "fresh token").is_accepted:
        raise NothingToJudge("the server does not let a fresh token in: give --ak and --sk")
    trial = _trial(evidence, "token of 1970")
    if not trial.is_accepted:
        yield finding(trial, said(trial), subject=f"{trial.subject} {trial.case}")


@CREDENTIALS.check(why="Whoever knows an access key works at its owner's cost.", source="kling 4.1, 5")
def forged_token_refused(evidence: Evidence) -> Iterator[Finding]:
    """A token that is signed with another secret is refused: 401 with code 1000."""
    yield from _token_refusals(evidence, "forged token", "bad-signature", "bad-credentials")


@CREDENTIALS.check(why="Anybody can sign with a key of their own.", source="kling 4.1, 4.3")
def unknown_access_key_refused(evidence: Evidence) -> Iterator[Finding]:
    """A token of an access key that nobody has is refused: 401 with code 1002."""
    yield from _token_refusals(evidence, "token of an unknown access key", "unknown-access-key")
