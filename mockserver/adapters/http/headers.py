"""Headers: from the pairs of bytes that ASGI has to a mapping of texts, and back; and the request around them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from mockserver.types import Request, Response

if TYPE_CHECKING:
    from starlette.types import Scope

_KEPT_HEADERS, _KEPT_BYTES = 1024, 512
"""How many headers are kept decoded, and how long they are at most: a JWT and all that is usual. That is 2 MiB."""


def mapped(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name, in lower case; the values of a repeated one are joined with commas (RFC 9110, 5.3)."""
    found = [_kept(pair) if len(pair[0]) + len(pair[1]) <= _KEPT_BYTES else _texts(pair) for pair in pairs]
    headers = dict(found)
    if len(headers) < len(found):
        headers.clear()
        for name, value in found:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def listed(response: Response) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer as pairs of bytes, the length of its body first."""
    return [(b"content-length", str(len(response.body)).encode()), *paired(response.headers.items())]


def paired(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return headers as pairs of bytes, their names in lower case."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def request_of(scope: Scope, body: bytes = b"") -> Request:
    """Return the request of an ASGI scope, with its ``body``."""
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=mapped(scope["headers"]),
        body=body,
        scheme=scope["scheme"],
    )


def _texts(pair: tuple[bytes, bytes]) -> tuple[str, str]:
    return pair[0].decode("latin-1").lower(), pair[1].decode("latin-1")


# Nearly all requests repeat the same headers: each is decoded once, and the journal shares the text.
_kept = lru_cache(maxsize=_KEPT_HEADERS)(_texts)
