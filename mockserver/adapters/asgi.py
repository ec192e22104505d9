"""The fake as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from mockserver.adapters import control
from mockserver.adapters.callbacks import Courier
from mockserver.adapters.results import Results
from mockserver.fake.core import Fake
from mockserver.fake.results import PATH
from mockserver.types import Request

_LARGE = 256 * 1024
"""From this size on a body is read and judged in a thread, so that it holds nobody else up."""


def application(fake: Fake) -> Starlette:
    """Return an application that answers as the fake does, serves results, and sends callbacks while it runs."""
    courier = Courier(fake)
    results = Results(fake)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with courier, results:
            yield

    routes = [
        Mount("/_mock", routes=control.routes(fake)),
        Route(PATH + "{name:path}", results.serve, methods=["GET"]),
        Mount("", app=Door(fake)),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


class Door:
    """Carries every other request to the fake."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = await _body(receive, self._fake.settings.max_body)
        if body is None:
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request = Request(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            scheme=scope["scheme"],
        )
        if len(body) < _LARGE:
            response = self._fake.respond(request)
        else:
            response = await asyncio.to_thread(self._fake.respond, request)
        start: Message = {
            "type": "http.response.start",
            "status": response.status,
            "headers": [
                (b"content-length", str(len(response.body)).encode()),
                *((name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()),
            ],
        }
        await send(start)
        await send({"type": "http.response.body", "body": response.body})


async def _body(receive: Receive, limit: int) -> bytes | None:
    """Read a body, or enough of it to see that it is over ``limit``. ``None``: the client left."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    if not message.get("more_body"):
        return bytes(message.get("body", b""))
    chunks = [message.get("body", b"")]
    size = len(chunks[0])
    while message.get("more_body") and size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    return b"".join(chunks)
