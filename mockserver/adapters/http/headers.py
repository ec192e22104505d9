"""Headers: from pairs of bytes, as the wire has them, to names with a text each, and back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from starlette.types import Scope

from mockserver.types import Request, Response


def mapped(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name, in lower case; one that is repeated means its values in a list (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = _name(raw_name), _text(raw_value)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def listed(response: Response) -> list[tuple[bytes, bytes]]:
    """Return an answer's headers as the wire has them, the length of its body first."""
    return [
        (b"content-length", str(len(response.body)).encode()),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()),
    ]


def request_of(scope: Scope, body: bytes = b"") -> Request:
    """Return the request that a scope is about."""
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=mapped(scope["headers"]),
        body=body,
        scheme=scope["scheme"],
    )


# What nearly every request says again is decoded once, and the journal then holds it once.


@lru_cache(maxsize=1024)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()


@lru_cache(maxsize=1024)
def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
