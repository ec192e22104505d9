"""The door over HTTP: ``/_mock/mcp``, one request at a time, so that each of several workers can answer any of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.datastructures import Address
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.errors import MissingPackage
from mockserver.extras import require
from mockserver.fake.core import Fake

if TYPE_CHECKING:
    from mockserver.adapters.mcp.steered import Reached
    from mockserver.adapters.mcp.tool import Session

PATH = "/mcp"
"""Behind ``/_mock``."""


def route(fake: Fake, own: ASGIApp) -> Route:
    """Return the route; ``own`` answers on our own paths. It is for a place behind the guard."""

    async def answer(request: Request) -> ASGIApp:
        try:
            require(request.url.path, "mcp", "httpx2")
        except MissingPackage as error:
            return JSONResponse({"error": str(error)}, 501)
        await to_thread.run_sync(_import)
        return _Exchange(fake, own, request)

    return Route(PATH, answer, methods=["POST"])


def _import() -> None:
    """Import the SDK, which takes a second or two, in which others are answered."""
    import mockserver.adapters.mcp.door  # noqa: F401


class _Exchange:
    """One request and its answer, which need nothing of any before."""

    def __init__(self, fake: Fake, own: ASGIApp, request: Request) -> None:
        self._fake, self._own, self._request = fake, own, request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        from mockserver.adapters.mcp.door import door

        async with self._reached() as reached:
            manager = StreamableHTTPSessionManager(door(self._session(reached)), json_response=True, stateless=True)
            async with manager.run():
                await manager.handle_request(scope, receive, send)

    @asynccontextmanager
    async def _reached(self) -> AsyncIterator[Reached]:
        """Reach the fake in the name of who has sent the request: the guard sees the same again."""
        import httpx2

        from mockserver.adapters.mcp.steered import Reached

        sent, client = self._request.headers, self._request.client or Address("", 0)
        headers = {name: sent[name] for name in ("host", "authorization") if name in sent}
        if (token := self._request.query_params.get("token")) is not None:
            headers.setdefault("authorization", f"Bearer {token}")
        base = str(self._request.base_url).rstrip("/").removesuffix("/_mock")
        transport = httpx2.ASGITransport(self._own, raise_app_exceptions=False, client=(client.host, client.port))
        async with httpx2.AsyncClient(transport=transport, base_url=base, headers=headers) as asking:
            yield Reached(asking, base)

    def _session(self, reached: Reached) -> Session:
        from mockserver.adapters.mcp.steered import Steered
        from mockserver.adapters.mcp.tool import Session

        async def reach() -> Reached:
            return reached

        return Session(Steered(reach), lambda: {service.id: service.title for service in self._fake.world.services})
