"""Scopes: from what ASGI says of a request to the request."""

from __future__ import annotations

from starlette.types import Scope

from mockserver.adapters.http.headers import mapped
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
