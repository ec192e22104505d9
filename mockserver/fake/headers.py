"""Headers of ours on an answer: which rules were broken, and which mistake of ours it is. The body is the service's."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

from mockserver.contract.validation import Violation
from mockserver.errors import unexpected
from mockserver.types import Request, Response

ERROR = "mockserver-error"
"""The header that says that an exception has kept a request from its answer."""

_MOST_HEADER_LETTERS = 200
"""As much of a pointer, a rule or a reason goes into a header; the name of an unknown field can have megabytes."""

_MOST_RULES = 100
"""So many rules are named in a header. A null field breaks a rule of its own, and a body has thousands; many clients
read no line of more than 64 KiB."""


def annotated(response: Response, violations: tuple[Violation, ...]) -> Response:
    """Say in headers which rules were broken; the body stays what the real service's is."""
    if not violations:
        return response
    first = violations[0]
    rules = [*dict.fromkeys([violation.rule.id for violation in violations])][:_MOST_RULES]
    said = {
        "mockserver-rule": ", ".join([_quoted(rule[:_MOST_HEADER_LETTERS], "[]") for rule in rules]),
        "mockserver-pointer": _quoted(first.pointer[:_MOST_HEADER_LETTERS], "/~"),
        "mockserver-level": first.level,
    }
    return Response(response.status, response.body, {**response.headers, **said}, response.wire)


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
    reason = f"{type(error).__name__}: {error}"[:_MOST_HEADER_LETTERS]
    return {ERROR: quote(reason, safe=" ,:;/\"'{}[]()<>=+*!?@$&|", errors="replace")}
