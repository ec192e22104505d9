"""Answers as bytes: what a connection sends in one piece."""

from __future__ import annotations

from functools import lru_cache

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE

from mockserver.adapters.http.hardening import Pairs, hardened
from mockserver.adapters.http.headers import paired
from mockserver.types import Response

_KEPT_HEADS = 256
"""How many heads are kept written. Nearly all answers have the same, and a refusal names a rule and a field."""

_OF_THE_CONNECTION = frozenset({b"connection", b"transfer-encoding"})
"""Headers that say how the bytes are sent. uvicorn knows what follows from them."""


def written(response: Response, usual: bytes, *, has_body: bool = True) -> bytes | None:
    """Return an answer as bytes, with the ``usual`` lines of a server; ``None`` if there is more to do than to send it.

    Without a body it is the answer to HEAD. Raises ``ValueError`` for a status or a header that HTTP does not have.
    """
    head = _head(response.status, tuple(response.headers.items()))
    if head is None or response.wire is not None:
        return None
    body = response.body
    parts = (STATUS_LINE[response.status], usual, len(body), head, body if has_body else b"")
    return b"%b%bcontent-length: %d\r\n%b\r\n%b" % parts


def lines(pairs: Pairs) -> bytes:
    """Return headers as the lines of a head."""
    return b"".join(b"%b: %b\r\n" % pair for pair in pairs)


@lru_cache(maxsize=_KEPT_HEADS)
def _head(status: int, headers: tuple[tuple[str, str], ...]) -> bytes | None:
    """Return the headers of an answer as lines, but for its date and its length."""
    pairs = hardened(paired(headers))
    for name, value in pairs:
        if not name or HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
            raise ValueError(f"HTTP has no such header: {name!r}: {value!r}")
    if status not in STATUS_LINE:
        raise ValueError(f"HTTP has no status {status}")
    return None if _OF_THE_CONNECTION & dict(pairs).keys() else lines(pairs)
