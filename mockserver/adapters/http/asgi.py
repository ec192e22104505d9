"""The fake as an ASGI application."""

from __future__ import annotations

from asyncio import Future
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast
from urllib.parse import unquote

from anyio import to_thread
from starlette.applications import Starlette
from starlette.routing import Mount, Route, Router
from starlette.types import Receive, Scope, Send

from mockserver.adapters.control import probes
from mockserver.adapters.control.api import Control
from mockserver.adapters.control.errors import handlers
from mockserver.adapters.control.guard import Guard
from mockserver.adapters.dashboard import pages
from mockserver.adapters.http.bodies import Bodies
from mockserver.adapters.http.callbacks import CallbackSender, at_once
from mockserver.adapters.http.evictions import tell_of_evictions
from mockserver.adapters.http.hardening import hardening
from mockserver.adapters.http.headers import request_of
from mockserver.adapters.http.results import Results
from mockserver.adapters.http.turns import Deciding, Turns
from mockserver.adapters.http.wire import deliver
from mockserver.adapters.http.workers import Workers
from mockserver.contract.routes import plain
from mockserver.fake.core import Fake
from mockserver.fake.encoding import encoded
from mockserver.fake.media.results import PATH
from mockserver.fake.refusal import Refused, said
from mockserver.types import Request, Response

_OWN = ("/_mock", PATH)
"""The beginnings of paths that may be ours and belong to no service."""

_LARGE_BYTES = 32 * 1024
"""A body of this size or more is answered in a thread, as is one that is compressed: other requests would wait for it.
The worst of smaller ones, thousands of wrong fields or references, take 30 ms."""


def application(fake: Fake, control_token: str | None = None) -> Application:
    """Return an application that answers as the fake does, serves results, and sends callbacks while it runs."""
    workers, endpoint = Workers(), FakeEndpoint(fake)
    sender = CallbackSender(fake, workers, endpoint.turns.call if fake.waits else at_once)
    results = Results(fake, workers)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with endpoint.turns, sender, results:
            workers.start("evictions", tell_of_evictions(fake), "no longer looks whether tasks have to go")
            yield

    routes = [
        *pages.routes(results, control_token),
        *probes.routes(fake),
        Mount("/_mock", app=Guard(Router(Control(fake, sender).routes()), control_token)),
        Route(PATH + "{name:path}", results.serve, methods=["GET"]),
    ]
    application = Application(endpoint, routes=routes, lifespan=lifespan, exception_handlers=handlers(fake))
    # A route for the rest would not take every path: Starlette's patterns stop at a line feed.
    application.router.default = endpoint
    application.router.redirect_slashes = False  # it would match every request to a service twice
    return application


class Application(Starlette):
    """Sends requests to services past routes and middleware, which cost as much as finding the answer."""

    def __init__(self, endpoint: FakeEndpoint, **named: Any) -> None:
        """All but the ``endpoint``, which answers for services, is Starlette's."""
        super().__init__(**named)
        self.endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(_OWN):
            await self.router.default(scope, receive, send)
        else:
            await super().__call__(scope, receive, hardening(send))


class FakeEndpoint:
    """Passes every other request to the fake."""

    def __init__(self, fake: Fake) -> None:
        self._fake, self._bodies = fake, Bodies()
        self.turns: Turns[Any] = Turns(cast("Deciding[Any]", fake))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = await self._bodies.read(scope, receive, self._fake.settings.max_body)
        if body is None:
            return
        request = request_of(scope, body)
        try:
            await deliver(await self._response(request), scope, receive, send)
        except ConnectionError:
            raise  # a fault that resets the connection
        except Exception as error:  # noqa: BLE001 - the last resort: an answer that cannot be sent must not be silence
            await deliver(await self.failed(request, error), scope, receive, send)

    def at_once(self, request: Request) -> Response | Future[Response] | None:
        """Answer a request to a service, or begin to; ``None`` if other requests would wait for that."""
        if unquote(request.path).startswith(_OWN) or _is_long(request):
            return None
        return self.turns.ask(request) if self._fake.waits else self._fake.respond(request)

    async def failed(self, request: Request, error: Exception) -> Response:
        """Answer a request that an exception has kept from its answer."""
        return await self._done(partial(self._fake.failed, request, error))

    async def refuse(self, request: Request, refused: Refused) -> Response:
        """Answer what is no request: as the service that it may be for, or in the words of our own paths."""
        if not plain(request.path).startswith(_OWN):
            return await self._done(partial(self._fake.refuse, request, refused))
        service = self._fake.world.services[0]
        status, text = service.errors[refused.row].status, said(refused, service)
        return Response(status, encoded({"error": text}), {"content-type": "application/json"})

    async def _response(self, request: Request) -> Response:
        if self._fake.waits:
            return await (self.turns.answer(request) if _is_long(request) else self.turns.ask(request))
        if _is_long(request):
            return await to_thread.run_sync(self._fake.respond, request, abandon_on_cancel=True)
        return self._fake.respond(request)

    async def _done(self, work: Callable[[], Response]) -> Response:
        return await self.turns.call(work) if self._fake.waits else work()


def _is_long(request: Request) -> bool:
    """Whether it may take long to answer."""
    return len(request.body) >= _LARGE_BYTES or "content-encoding" in request.headers
