"""The fake as an ASGI application."""

from __future__ import annotations

from asyncio import Future
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote

from mockserver.adapters.http.bodies import Bodies
from mockserver.adapters.http.callbacks import CallbackSender, at_once
from mockserver.adapters.http.connection.holding import Holding
from mockserver.adapters.http.evictions import tell_of_evictions
from mockserver.adapters.http.headers import request_of
from mockserver.adapters.http.own import BEGINNINGS, Own, may_be_own
from mockserver.adapters.http.turns import Deciding, Turns
from mockserver.adapters.http.wire import deliver
from mockserver.adapters.http.workers import Workers
from mockserver.contract.routes import plain
from mockserver.fake.answering.refusal import Refused, said
from mockserver.fake.core import Fake
from mockserver.fake.encoding import encoded
from mockserver.types import Request, Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

T = TypeVar("T")

_LARGE_BYTES = 32 * 1024
"""A body of this size or more is answered in a thread, as is one that is compressed: other requests would wait for it.
The worst of smaller ones, thousands of wrong fields or references, take 30 ms."""


def application(fake: Fake, control_token: str | None = None) -> Application:
    """Return an application that answers as the fake does, serves results, and sends callbacks while it runs."""
    return Application(fake, control_token)


class Application:
    """Sends requests to services past routes and middleware, which cost as much as finding the answer."""

    def __init__(self, fake: Fake, control_token: str | None = None) -> None:
        """``control_token``: what the control API asks for."""
        self._fake, self._workers = fake, Workers()
        self.endpoint = FakeEndpoint(fake, self._workers)
        self._sender = CallbackSender(fake, self._workers, self.endpoint.turns.call if fake.waits else at_once)
        self._own = Own(fake, self._workers, self._sender, self.endpoint, control_token)
        self.state = self._own.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run for as long as the server does."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and not may_be_own(scope["path"]):
            await self.endpoint(scope, receive, send)
        else:
            await self._own(scope, receive, send)

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Send callbacks, and end all that was begun at the end."""
        async with self.endpoint.turns, self._sender:
            looking = tell_of_evictions(self._fake)
            self._workers.start("evictions", looking, "no longer looks whether tasks have to go")
            try:
                yield
            finally:
                await self._own.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.lifespan():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


class FakeEndpoint:
    """Passes every other request to the fake."""

    def __init__(self, fake: Fake, workers: Workers | None = None) -> None:
        self._fake, self._bodies = fake, Bodies()
        self.turns: Turns[Any] = Turns(cast("Deciding[Any]", fake))
        self.holding = Holding(fake, self._done, workers or Workers())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = await self._bodies.read(scope, receive, self._fake.settings.max_body)
        if body is None:
            return
        request = request_of(scope, body)
        try:
            await self.deliver(await self._response(request), scope, receive, send)
        except ConnectionError:
            raise  # a fault that resets the connection
        except Exception as error:  # noqa: BLE001 - the last resort: an answer that cannot be sent must not be silence
            await deliver(await self.failed(request, error), scope, receive, send)

    async def deliver(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        """Send an answer, as soon as it may go if it is held."""
        held = None if response.wire is None else response.wire.held
        if held is None or await self.holding.may_go(held, receive):
            await deliver(response, scope, receive, send)

    def at_once(self, request: Request) -> Response | Future[Response] | None:
        """Answer a request to a service, or begin to; ``None`` if other requests would wait for that."""
        if may_be_own(unquote(request.path)) or _is_long(request):
            return None
        return self.turns.ask(request) if self._fake.waits else self._fake.respond(request)

    async def failed(self, request: Request, error: Exception) -> Response:
        """Answer a request that an exception has kept from its answer."""
        return await self._done(partial(self._fake.failed, request, error))

    async def refuse(self, request: Request, refused: Refused) -> Response:
        """Answer what is no request: as the service that it may be for, or in the words of our own paths."""
        if not plain(request.path).startswith(BEGINNINGS):
            return await self._done(partial(self._fake.refuse, request, refused))
        service = self._fake.world.services[0]
        status, text = service.errors[refused.row].status, said(refused, service)
        return Response(status, encoded({"error": text}), {"content-type": "application/json"})

    async def _response(self, request: Request) -> Response:
        if self._fake.waits:
            return await (self.turns.answer(request) if _is_long(request) else self.turns.ask(request))
        if _is_long(request):
            from anyio import to_thread

            return await to_thread.run_sync(self._fake.respond, request, abandon_on_cancel=True)
        return self._fake.respond(request)

    async def _done(self, work: Callable[[], T]) -> T:
        return await self.turns.call(work) if self._fake.waits else work()


def _is_long(request: Request) -> bool:
    """Whether it may take long to answer."""
    return len(request.body) >= _LARGE_BYTES or "content-encoding" in request.headers
