"""Scopes: from what ASGI says of a request to the request."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from starlette.types import Scope

from mockserver.types import Request


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


def mapped(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name; one that is repeated means its values in a list (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = _text(raw_name), _text(raw_value)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


@lru_cache(maxsize=1024)
def _text(raw: bytes) -> str:
    """Decode what nearly every request says again; the journal then holds it once."""
    return raw.decode("latin-1")
