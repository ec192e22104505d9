"""Headers: from the pairs of bytes that ASGI has to a mapping of texts, and back; and the request around them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from starlette.types import Scope

from mockserver.types import Request, Response


def mapped(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name, in lower case; the values of a repeated one are joined with commas (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = _name(raw_name), _text(raw_value)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def listed(response: Response) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer as pairs of bytes, the length of its body first."""
    return [
        (b"content-length", str(len(response.body)).encode()),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()),
    ]


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


# Nearly all requests repeat the same headers: each is decoded once, and the journal shares the text.


@lru_cache(maxsize=1024)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()


@lru_cache(maxsize=1024)
def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
