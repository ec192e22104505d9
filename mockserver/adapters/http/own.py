"""Our own paths, which belong to no service: the front page, the control API, the probes, the dashboard,
the door for assistants, and results.

Starlette routes them. It is imported with the first request to one of them: a third of a start would go into it, and a
test that only creates tasks needs none of them.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from mockserver.adapters.http.hardening import hardening
from mockserver.fake.media.results import PATH

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.adapters.http.callbacks import CallbackSender
    from mockserver.adapters.http.results import Results
    from mockserver.adapters.http.workers import Workers
    from mockserver.fake.core import Fake

BEGINNINGS = ("/_mock", PATH)
"""The beginnings of paths that may be ours."""


def may_be_own(path: str) -> bool:
    """Whether a path may be ours, and no operation's."""
    return path == "/" or path.startswith(BEGINNINGS)


class Own:
    """The application behind our own paths. ``state`` tells it whether the server is stopping."""

    def __init__(
        self, fake: Fake, workers: Workers, sender: CallbackSender, rest: ASGIApp, control_token: str | None
    ) -> None:
        """``rest`` answers what is not ours after all."""
        self.state = SimpleNamespace(is_stopping=False)
        self._fake, self._workers, self._sender = fake, workers, sender
        self._rest, self._control_token = rest, control_token
        self._starlette: Starlette | None = None
        self._results: Results | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._starlette is None:
            self._starlette = self._made()
        await self._starlette(scope, receive, hardening(send))

    async def close(self) -> None:
        """Remove the files of results."""
        if self._results is not None:
            await self._results.__aexit__()

    def _made(self) -> Starlette:
        from starlette.applications import Starlette
        from starlette.routing import Mount, Route, Router

        from mockserver.adapters.control import front, probes
        from mockserver.adapters.control.api import Control
        from mockserver.adapters.control.errors import handlers
        from mockserver.adapters.control.guard import Guard
        from mockserver.adapters.dashboard import pages
        from mockserver.adapters.docs.pages import Pages
        from mockserver.adapters.http.results import Results
        from mockserver.adapters.mcp import route as mcp

        self._results = Results(self._fake, self._workers)
        control = Router([*Control(self._fake, self._sender).routes(), mcp.route(self._fake, self)])
        routes = [
            *pages.routes(self._results, self._control_token),
            *Pages(self._fake).routes(self._control_token),
            *probes.routes(self._fake),
            front.route(self._fake, self._rest),
            Mount("/_mock", app=Guard(control, self._control_token)),
            Route(PATH + "{name:path}", self._results.serve, methods=["GET"]),
        ]
        made = Starlette(routes=routes, exception_handlers=handlers(self._fake))
        made.state = self.state  # type: ignore[assignment] # it is read by attribute, as Starlette's own
        # A route for the rest would not take every path: Starlette's patterns stop at a line feed.
        made.router.default = self._rest
        made.router.redirect_slashes = False  # it would match every request to a service twice
        return made
