"""Uploads: a good file is taken and listed, and one that the contract does not allow is refused."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Beside, Evidence, Purpose
from mockserver.kit.server.findings import answer_text, answered, finding, is_row, row_text
from mockserver.kit.server.scenarios.uploads import GOOD, NO_CREDENTIALS, WRONG_TYPES
from mockserver.kit.task_view import each
from mockserver.kit.verdict import Finding

UPLOADS = Family[Evidence, Finding]("uploads", "uploads")

_NO_UPLOADS = "the service takes no files"

_ROWS = {**{f"the type of {case}": "media-type" for case in WRONG_TYPES}, NO_CREDENTIALS: "no-credentials"}
"""The rows of the error table that are documented for an upload; for the other cases any 4xx will do."""


@UPLOADS.check(why="Nobody can send a picture of their own.", source="useapi 3.1")
def good_upload_is_taken(evidence: Evidence) -> Iterator[Finding]:
    """A small picture of a documented type is taken."""
    for attempt in answered(evidence.of(Purpose.UPLOAD), _NO_UPLOADS):
        if attempt.case == GOOD and attempt.about is None and not attempt.is_accepted:
            yield _of_case(attempt, answer_text(attempt), "200")


@UPLOADS.check(
    why="A client that sends a wrong file learns of it only when a task fails, and pays.", source="useapi 3.1, X-03"
)
def wrong_upload_refused(evidence: Evidence) -> Iterator[Finding]:
    """A file of another type, an empty one, one that is too large, or one of nobody, is refused."""
    errors = evidence.expectations.service.errors
    for attempt in answered(evidence.of(Purpose.UPLOAD), _NO_UPLOADS):
        row = errors[_ROWS[attempt.case]] if attempt.case in _ROWS else None
        is_refused = 400 <= (attempt.exchange.status or 0) < 500 if row is None else is_row(attempt, row)
        if attempt.case != GOOD and not is_refused:
            said = f"{attempt.case} is taken: " if attempt.is_accepted else f"to {attempt.case}: "
            yield _of_case(attempt, said + answer_text(attempt), "4xx" if row is None else row_text(row))


@UPLOADS.check(why="A client that lost the answer to an upload cannot find its file.", source="useapi 3.2")
def upload_is_listed(evidence: Evidence) -> Iterator[Finding]:
    """A file that was taken is in the list of files."""
    fields = evidence.expectations.layout.uploads
    listed = [
        (attempt, beside.own) for attempt, beside in evidence.about(Beside, Purpose.UPLOAD)
        if attempt.is_accepted and beside.own is not None
    ]  # fmt: skip
    if fields is None or not listed:
        raise NothingToJudge("the service has no list of files, or took none")
    for attempt, url in listed:
        if url not in set(each(attempt.exchange.received, fields.listed)):
            yield finding(attempt, f"no {url}, which was uploaded before")


def _of_case(attempt: Attempt, received: str, documented: str) -> Finding:
    return finding(attempt, received, subject=f"{attempt.subject} {attempt.case}", documented=documented)
