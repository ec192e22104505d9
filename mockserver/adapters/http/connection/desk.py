"""The desk: who answers in the place of the application, and what a connection does with such an answer."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from mockserver.adapters.http.wire import deliver
from mockserver.fake.answering.refusal import Refused
from mockserver.types import Request, Response, value

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send
    from uvicorn._types import ASGI3Application

AtOnce = Callable[[Request], Response | Future[Response] | None]
Deliver = Callable[[Response, "Scope", "Receive", "Send"], Awaitable[None]]


@value
class Desk:
    """Who answers in the place of the application.

    * ``refuse`` answers what is no request
    * ``failed`` answers a request that an exception has kept from its answer
    * ``at_once``, where there is one, answers a request, or begins to; it returns ``None`` if the application shall
    * ``deliver`` sends an answer to which something happens on its way
    """

    refuse: Callable[[Request, Refused], Awaitable[Response]]
    failed: Callable[[Request, Exception], Awaitable[Response]]
    at_once: AtOnce | None = None
    deliver: Deliver = deliver

    def refusing(self, request: Request, refused: Refused) -> ASGI3Application:
        """Return an application that answers what is no request."""
        return _answering(partial(self.refuse, request, refused))

    def failing(self, request: Request, error: Exception) -> ASGI3Application:
        """Return an application that answers what an exception has kept from its answer."""
        return _answering(partial(self.failed, request, error))

    def delivering(self, response: Response) -> ASGI3Application:
        """Return an application that gives one answer."""
        answer = partial(self.deliver, response)
        return cast("ASGI3Application", answer)  # it is Starlette's kind: the same, with looser types


def _answering(respond: Callable[[], Awaitable[Response]]) -> ASGI3Application:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await deliver(await respond(), scope, receive, send)

    return cast("ASGI3Application", answer)
