"""Headers of ours on an answer: why it is so, and which rules were broken. The body is the service's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote

from mockserver.contract.validation import Violation
from mockserver.errors import unexpected
from mockserver.types import Reason, Request, Response

ERROR = "mockserver-error"
"""The header that says that an exception has kept a request from its answer."""

REASON = "mockserver-reason"
"""The header that says why an answer is a refusal, or not what the service would say: its kind, and a sentence."""

_MOST_HEADER_LETTERS = 200
"""As much of a pointer, a rule or an exception goes into a header; the name of an unknown field can have megabytes."""

_MOST_REASON_LETTERS = 400
"""As much of a sentence goes into a header; the journal has more of it."""

_MOST_LINE_LETTERS = 7500
"""So long is a line of rules or of pointers at most. A null field breaks a rule of its own, and a body has thousands;
many servers and proxies read no line of more than 8 KiB."""


def annotated(response: Response, violations: tuple[Violation, ...], took: float | None = None) -> Response:
    """Say in headers why an answer is so, and which rules were broken; the body stays what the real service's is."""
    if response.reason is None and not violations:
        return response if took is None else _timed(response, response.headers, took)
    told = {} if response.reason is None else {REASON: _reason(response.reason)}
    if violations:
        told |= _rules(violations)
    return _timed(response, {**response.headers, **told}, took)


def _timed(response: Response, headers: Mapping[str, str], took: float | None) -> Response:
    return Response(response.status, response.body, headers, response.wire, response.task, response.reason, took)


def _reason(reason: Reason) -> str:
    taken = "" if reason.reading is None else f" [reading {reason.reading}]"
    return _ascii(f"{reason.kind}; {reason.sentence[:_MOST_REASON_LETTERS]}{taken}")


def _rules(violations: tuple[Violation, ...]) -> dict[str, str]:
    """Name each broken rule, and at the same place of another line where it is broken first."""
    first: dict[str, Violation] = {}
    for violation in violations:
        first.setdefault(violation.rule.id, violation)
    rules: list[str] = []
    pointers: list[str] = []
    room = _MOST_LINE_LETTERS
    for id, violation in first.items():
        rule = _quoted(id[:_MOST_HEADER_LETTERS], "[]")
        pointer = _quoted(violation.pointer[:_MOST_HEADER_LETTERS], "/~")
        room -= max(len(rule), len(pointer)) + len(", ")
        if rules and room < 0:
            break
        rules.append(rule)
        pointers.append(pointer)
    return {
        "mockserver-rule": ", ".join(rules),
        "mockserver-pointer": ", ".join(pointers),
        "mockserver-level": violations[0].level,
    }


@lru_cache(maxsize=256)
def _quoted(name: str, safe: str) -> str:
    """Write a name in ASCII. Most are of a few known fields, and to quote one takes longer than all of the rest."""
    return quote(name, safe)


def told(error: Exception, request: Request) -> dict[str, str]:
    """Print an exception that nobody foresaw; return the header that names it to the client and in the journal."""
    unexpected(error, f"failed to answer {request.method} {request.path}")
    return named(error)


def named(error: Exception) -> dict[str, str]:
    """Return the header that names an exception to the client."""
    return {ERROR: _ascii(f"{type(error).__name__}: {error}"[:_MOST_HEADER_LETTERS])}


def _ascii(text: str) -> str:
    """Write a sentence as a header may have it: all but plain letters and signs is percent-encoded."""
    return quote(text, safe=" ,:;/\"'{}[]()<>=+*!?@$&|", errors="replace")
