"""The guard of the control API: neither pages of other sites nor other machines may control the fake.

A browser sends the site of a page in ``Origin``, and the name that it looked up in ``Host``. A name that an attacker
points to loopback (DNS rebinding) is not a name of loopback, and is refused.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_WRONG_TOKEN = "the control token is wrong or missing. Send it as Authorization: Bearer TOKEN."  # noqa: S105 # no secret


class Guard:
    """Accepts requests of pages and programs on this machine, or with the token."""

    def __init__(self, app: ASGIApp, token: str | None = None) -> None:
        """With a ``token`` each request needs ``Authorization: Bearer TOKEN`` or ``?token=TOKEN``."""
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        reason = self._reason(scope) if scope["type"] == "http" else None
        if reason is None:
            await self._app(scope, receive, send)
        else:
            await JSONResponse({"error": reason}, 403)(scope, receive, send)

    def _reason(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return f"a page of {origin} may not control this fake."
        if self._token is not None:
            sent = headers.get("authorization", "").removeprefix("Bearer ").strip() or _query_token(scope)
            return None if hmac.compare_digest(sent.encode(), self._token.encode()) else _WRONG_TOKEN
        client = scope.get("client")
        if client is not None and not _is_loopback(client[0]):
            return "another machine may not control this fake. Start it with --control-token to allow that."
        if not _is_loopback(host):
            return f"Host {host!r} is not this machine. Start with --control-token to be controlled from elsewhere."
        return None


def _query_token(scope: Scope) -> str:
    return QueryParams(scope["query_string"]).get("token", "")


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or host
        return name == "localhost" or name.endswith(".localhost") or ip_address(name).is_loopback
    except ValueError:
        return False
