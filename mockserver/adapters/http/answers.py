"""Answers as bytes: what a connection sends in one piece."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE

from mockserver.adapters.http.hardening import Pairs, hardened
from mockserver.adapters.http.headers import paired
from mockserver.types import Response

_KEPT_HEADS = 256
"""How many heads are kept written. Nearly all answers have the same, and a refusal names a rule and a field."""

_OF_THE_CONNECTION = frozenset({b"connection", b"transfer-encoding"})
"""Headers that say how the bytes are sent. uvicorn knows what follows from them."""


class Written(NamedTuple):
    """An answer, and its status line and headers as bytes, without date and length.

    ``head`` is ``None`` if there is more to do than to send it.
    """

    response: Response
    head: bytes | None

    @classmethod
    def of(cls, response: Response) -> Written:
        """Write the head of an answer. Raises ``ValueError`` for a status or a header that HTTP does not have."""
        head = _head(response.status, tuple(response.headers.items()))
        return cls(response, head if response.wire is None else None)

    def whole(self, usual: Pairs, method: str) -> bytes:
        """Return all of an answer, with the ``usual`` headers of a server, to a request with some method."""
        body = self.response.body
        length = b"content-length: %d\r\n\r\n" % len(body)
        return b"".join((self.head or b"", _lines(usual), length, b"" if method == "HEAD" else body))


@lru_cache(maxsize=_KEPT_HEADS)
def _head(status: int, headers: tuple[tuple[str, str], ...]) -> bytes | None:
    pairs = hardened(paired(headers))
    for name, value in pairs:
        if not name or HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
            raise ValueError(f"HTTP has no such header: {name!r}: {value!r}")
    if status not in STATUS_LINE:
        raise ValueError(f"HTTP has no status {status}")
    return None if _OF_THE_CONNECTION & dict(pairs).keys() else STATUS_LINE[status] + _lines(pairs)


def _lines(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\r\n" % pair for pair in pairs)
