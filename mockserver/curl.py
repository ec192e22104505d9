"""A line for a shell that repeats a request."""

from __future__ import annotations

import shlex

from mockserver.types import Request

SECRETS = frozenset({"authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"})
"""Headers, in lower case, whose values are never shown."""

_REPEATED = frozenset({"content-type", "accept"})


def curl(request: Request) -> str:
    """Return the line; secrets are left out, ``$KEY`` stands for the bearer token."""
    query = f"?{request.query}" if request.query else ""
    words = ["curl", "-X", request.method, f"{request.base_url}{request.path}{query}"]
    for name, value in request.headers.items():
        if name == "authorization":
            words += ["-H", "authorization: Bearer $KEY"]
        elif name in _REPEATED:
            words += ["-H", f"{name}: {value}"]
    if request.body:
        words += ["--data-binary", request.body.decode(errors="replace")]
    return " ".join(f'"{word}"' if word.endswith("$KEY") else shlex.quote(word) for word in words)
