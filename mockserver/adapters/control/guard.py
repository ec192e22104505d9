"""The guard of the control API: neither pages of other sites nor other machines nor callbacks may control the fake.

A browser sends the site of a page in ``Origin`` or ``Sec-Fetch-Site``, and the name that it looked up in ``Host``. A
name that an attacker points to loopback (DNS rebinding) is not a name of loopback, and is refused. That a request is
from loopback proves nothing if a reverse proxy passed it on, or if it is a callback whose URL a client has chosen.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.adapters.http.poster import CALLBACK
from mockserver.destinations import is_loopback

_FORWARDED = (
    *("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"),
    *("x-forwarded-server", "x-forwarded-prefix", "x-forwarded-by", "x-forwarded", "x-original-host", "x-real-ip"),
    *("x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip", "x-envoy-peer"),
)
"""Headers of reverse proxies: whoever they speak for is not on this machine."""

_OWN_SITES = frozenset({"same-origin", "none"})
"""``Sec-Fetch-Site`` of our own pages, and of what a person types or opens from a bookmark."""

_WRONG_TOKEN = "the control token is wrong or missing. Send it as Authorization: Bearer TOKEN."  # noqa: S105 # no secret


class Guard:
    """Accepts requests of pages and programs on this machine, or with the token."""

    def __init__(self, app: ASGIApp, token: str | None = None, *, is_page: bool = False) -> None:
        """With a ``token`` each request needs ``Authorization: Bearer TOKEN`` or ``?token=TOKEN``.

        ``is_page``: links of other sites may lead here.
        """
        self._app, self._token, self._is_page = app, token, is_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        reason = self._reason(scope) if scope["type"] == "http" else None
        if reason is None:
            await self._app(scope, receive, send)
        else:
            # A frame gets an error of the browser instead of ours.
            await JSONResponse({"error": reason}, 403, {"x-frame-options": "DENY"})(scope, receive, send)

    def _reason(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        return self._reason_of_sender(headers) or (
            self._reason_of_place(scope, headers) if self._token is None else self._reason_of_token(scope, headers)
        )

    def _reason_of_sender(self, headers: Headers) -> str | None:
        """Refuse what no person has sent, whatever token comes with it."""
        if CALLBACK in headers:
            return "a callback may not control a fake."
        for origin in headers.getlist("origin"):
            if origin.partition("://")[2] != headers.get("host", ""):
                return f"a page of {origin} may not control this fake."
        sites = {site.strip().lower() for value in headers.getlist("sec-fetch-site") for site in value.split(",")}
        if sites <= _OWN_SITES or (self._is_page and _is_navigation(headers)):
            return None
        return "a page of another site may not control this fake."

    def _reason_of_token(self, scope: Scope, headers: Headers) -> str | None:
        sent = headers.get("authorization", "").removeprefix("Bearer ").strip() or _query_token(scope)
        return None if hmac.compare_digest(sent.encode(), str(self._token).encode()) else _WRONG_TOKEN

    def _reason_of_place(self, scope: Scope, headers: Headers) -> str | None:
        """Refuse what does not come from this machine under one of its own names."""
        client = scope.get("client")
        if client is not None and not is_loopback(client[0]):
            return "another machine may not control this fake. Start it with --control-token to allow that."
        if passed_on := next((name for name in _FORWARDED if name in headers), None):
            return f"a proxy passed this on ({passed_on}). Start with --control-token to be controlled through it."
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not is_loopback(_name(hosts[0])):
            host = ", ".join(hosts)
            return f"Host {host!r} is not this machine. Start with --control-token to be controlled from elsewhere."
        return None


def _is_navigation(headers: Headers) -> bool:
    """Whether a browser opens a page in a tab, which the site with the link cannot see."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _query_token(scope: Scope) -> str:
    return QueryParams(scope["query_string"]).get("token", "")


def _name(host: str) -> str:
    """Return the name in a ``Host``; nothing if it is more than a name and a port."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 # raises for a port that is not a number
    except ValueError:
        return ""
    return parts.hostname or "" if parts.netloc == host and "@" not in host else ""
