"""Credentials: which the server accepts, and what it answers to the others."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Evidence, Purpose
from mockserver.kit.server.findings import answer_text, answered, finding, is_row, row_text
from mockserver.kit.server.scenarios.authentication import UNKNOWN
from mockserver.kit.server.scenarios.forgeries import NEAR_KEYS
from mockserver.kit.verdict import Finding

CREDENTIALS = Family[Evidence, Finding]("credentials", "authentication")

_REFUSALS = ("bad-signature", "bad-credentials", "unknown-access-key")
"""The rows of the error table for tokens that do not open an account."""


def _attempt(evidence: Evidence, case: str) -> Attempt:
    """Return the attempt of a case.

    Raises ``NothingToJudge`` where there is none, or the server rejects good credentials anyway.
    """
    found = {each.case: each for each in evidence.of(Purpose.AUTHENTICATE) if each.exchange.response is not None}
    if case not in found:
        raise NothingToJudge("the service has no such credentials, or none were given")
    if "good" in found and found["good"].exchange.status == 401:
        raise NothingToJudge("the server rejects the credentials that were given")
    return found[case]


def _not_refused(evidence: Evidence, case: str, *rows: str) -> Iterator[Finding]:
    """Yield the attempt of a case if it is not refused with one of some rows of the error table."""
    attempt = _attempt(evidence, case)
    errors = evidence.expectations.service.errors
    known = [errors[row] for row in rows if row in errors]
    if not any(is_row(attempt, row) for row in known):
        documented = " or ".join(sorted({row_text(row) for row in known}))
        subject = f"{attempt.subject} {case}"
        yield finding(attempt, answer_text(attempt), subject=subject, documented=documented, source=known[0].source)


def _token_not_refused(evidence: Evidence, case: str, *rows: str) -> Iterator[Finding]:
    """Yield a token that is not refused as it should be, at a server that accepts a fresh one."""
    _require_tokens(evidence)
    yield from _not_refused(evidence, case, *rows)


def _require_tokens(evidence: Evidence) -> None:
    if not _attempt(evidence, "fresh token").is_accepted:
        raise NothingToJudge("the server rejects a fresh token; give --ak and --sk")


@CREDENTIALS.check(why="Nobody can use the service.", source="kling 5")
def good_credentials_enter(evidence: Evidence) -> Iterator[Finding]:
    """Good credentials are accepted."""
    for attempt in answered(evidence.of(Purpose.AUTHENTICATE), "no credentials were sent"):
        if attempt.case == "good" and attempt.exchange.status in (401, 403):
            yield finding(attempt, answer_text(attempt))


@CREDENTIALS.check(
    why="Anybody who finds the address can work at the owner's cost.", source="kling 4.1, 4.3; seed 004 SO-401"
)
def no_credentials_refused(evidence: Evidence) -> Iterator[Finding]:
    """A request without credentials is refused for that reason: at Kling 401 with code 1001."""
    yield from _not_refused(evidence, "none", "no-credentials")
    yield from _not_refused(evidence, "empty", "no-credentials")


@CREDENTIALS.check(why="A client that sends them in a wrong form must be told so at once.", source="kling 4.1")
def bad_credentials_refused(evidence: Evidence) -> Iterator[Finding]:
    """Credentials that are not a bearer token are refused as bad: at Kling 401 with code 1002."""
    for case in ("another scheme", "no scheme", "no key"):
        yield from _not_refused(evidence, case, "bad-credentials", "no-credentials")


@CREDENTIALS.check(
    why="Anybody who finds the address can work at the owner's cost.",
    source="kling 4.1, 4.3; seed 004 SO-401",
    severity="warning",
)
def unknown_key_refused(evidence: Evidence) -> Iterator[Finding]:
    """A key that no account has is refused: at Kling 401 with code 1002."""
    yield from _not_refused(evidence, UNKNOWN, "unknown-key", "not-a-jwt", "bad-credentials")


@CREDENTIALS.check(why="Keys that are compared in part can be guessed letter by letter.", source="kling 4.1, 4.3")
def near_key_refused(evidence: Evidence) -> Iterator[Finding]:
    """A key that is nearly that of an account is refused with 401, where an unknown key is."""
    near = [attempt for attempt in evidence.of(Purpose.AUTHENTICATE) if attempt.case in NEAR_KEYS]
    for attempt in answered(near, "no API key was given, or the server takes any"):
        yield from _unless_401(evidence, attempt)


@CREDENTIALS.check(
    why="After 1004 clients sign a new token and go on; after anything else they stop.",
    source="kling 4.1, 5; clients",
)
def expired_token_refused(evidence: Evidence) -> Iterator[Finding]:
    """A token whose exp is past is refused as expired: 401 with code 1004."""
    yield from _token_not_refused(evidence, "expired token", "token-expired")


@CREDENTIALS.check(why="It tells a client whose clock is wrong from one whose key is wrong.", source="kling 4.1, 5")
def early_token_refused(evidence: Evidence) -> Iterator[Finding]:
    """A token whose nbf is in the future is refused as early: 401 with code 1003."""
    yield from _token_not_refused(evidence, "early token", "token-early")


@CREDENTIALS.check(why="Some JWT libraries add such claims by themselves.", source="clients; kling 5")
def extra_claims_enter(evidence: Evidence) -> Iterator[Finding]:
    """A token may have claims that the official sample lacks, and an iat of long ago."""
    _require_tokens(evidence)
    attempt = _attempt(evidence, "token of 1970")
    if not attempt.is_accepted:
        yield finding(attempt, answer_text(attempt), subject=f"{attempt.subject} {attempt.case}")


@CREDENTIALS.check(why="Anybody who knows an access key can work at its owner's cost.", source="kling 4.1, 5")
def forged_token_refused(evidence: Evidence) -> Iterator[Finding]:
    """A token signed with another secret is refused: 401 with code 1000."""
    yield from _token_not_refused(evidence, "forged token", "bad-signature", "bad-credentials")


@CREDENTIALS.check(why="Anybody can sign a token with a secret of their own.", source="kling 4.1, 4.3")
def unknown_access_key_refused(evidence: Evidence) -> Iterator[Finding]:
    """A token of an access key that no account has is refused: 401 with code 1002."""
    yield from _token_not_refused(evidence, "token of an unknown access key", "unknown-access-key")


@CREDENTIALS.check(
    why="Anybody who can write a token, or has an old one, can work at another's cost.",
    source="kling 4.1, 5; RFC 8725 3",
)
def altered_token_refused(evidence: Evidence) -> Iterator[Finding]:
    """A token that is not signed, or was altered after that, or names no account, is refused with 401."""
    yield from _forgeries_not_refused(evidence, Purpose.FORGE)


@CREDENTIALS.check(
    why="A client that signs in another way works here, and not at the real service.",
    source="kling 5",
    severity="warning",
)
def undocumented_token_refused(evidence: Evidence) -> Iterator[Finding]:
    """A token that is signed with the right secret, but is not of HS256, has no exp or stands not alone, is refused."""
    yield from _forgeries_not_refused(evidence, Purpose.FORGE_SOUND)


def _forgeries_not_refused(evidence: Evidence, purpose: Purpose) -> Iterator[Finding]:
    attempts = answered(evidence.of(purpose), "the service takes no signed tokens, or no access key was given")
    for attempt in attempts:
        yield from _unless_401(evidence, attempt)


def _unless_401(evidence: Evidence, attempt: Attempt) -> Iterator[Finding]:
    """Yield an attempt that is not refused with the status of credentials that open no account."""
    errors = evidence.expectations.service.errors
    refusing = {errors[row].status for row in _REFUSALS if row in errors}
    if attempt.exchange.status not in refusing:
        said = f"accepted {attempt.case}" if attempt.is_accepted else f"to {attempt.case}"
        documented = " or ".join(map(str, sorted(refusing)))
        subject = f"{attempt.subject} {attempt.case}"
        yield finding(attempt, f"{said}: {answer_text(attempt)}", subject=subject, documented=documented)
