"""The front page: what ``GET /`` says to whoever wonders where they are."""

from __future__ import annotations

from html import escape
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.adapters.dashboard.pages import HEADERS
from mockserver.adapters.http.headers import request_of
from mockserver.contract.routes import Match
from mockserver.fake.core import Fake

PATH = "/"


def route(fake: Fake, rest: ASGIApp) -> Route:
    """Return the route of the front page; ``rest`` answers where a service has an operation on its path."""
    return Route(PATH, _Front(fake, rest))


class _Front:
    def __init__(self, fake: Fake, rest: ASGIApp) -> None:
        self._fake, self._rest = fake, rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["method"] in ("GET", "HEAD") and not self._is_served(scope)
        await (self._page(Request(scope)) if is_ours else self._rest)(scope, receive, send)

    def _is_served(self, scope: Scope) -> bool:
        return isinstance(self._fake.prepare(request_of(scope)).match, Match)

    def _page(self, request: Request) -> Response:
        # Relative, so that it holds behind a proxy that serves us under a prefix.
        places = {"dashboard": "_mock/", "health": "_mock/health"}
        services = {service.id: f"{service.id}/" for service in self._fake.world.services}
        if "text/html" not in request.headers.get("accept", ""):
            base = str(request.base_url)
            absolute = {name: f"{base}{path}" for name, path in places.items()}
            bases = {name: f"{base}{path}".rstrip("/") for name, path in services.items()}
            return JSONResponse({"mockserver": version("kling-mockserver"), **absolute, "services": bases})
        links = "".join(f'<li><a href="{path}">{name}</a></li>' for name, path in places.items())
        items = "".join(f"<li><code>{escape(path)}</code> {escape(id)}</li>" for id, path in services.items())
        page = (
            '<!doctype html><html lang="en"><title>mockserver</title><h1>mockserver</h1>'
            f"<p>A fake of the Kling HTTP APIs.</p><ul>{links}</ul><h2>Base paths of the services</h2><ul>{items}</ul>"
        )
        return HTMLResponse(page, headers=dict(HEADERS))
