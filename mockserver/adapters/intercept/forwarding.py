"""Forwarding: a request for a whole URL of a host that is let out, which is asked as it is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from mockserver.adapters.http.headers import request_of
from mockserver.adapters.http.wire import reset
from mockserver.adapters.intercept.gate import HostRefused
from mockserver.adapters.intercept.outward import proxy_for

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_PATIENCE_SECONDS = 300.0
"""How long a host may be silent: longer than clients wait."""


class Forwarding:
    """An application that asks one host, perhaps through the proxy that the environment names."""

    def __init__(self, scheme: str, authority: str) -> None:
        self._scheme, self._authority = scheme, authority

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request."""
        from mockserver.adapters.proxy.upstream import NoAnswer, Upstream, passed

        has_begun = False
        try:
            async with Upstream(f"{self._scheme}://{self._authority}", _PATIENCE_SECONDS, self._proxy()) as upstream:
                request = request_of(scope)
                async with upstream.answer(request, scope["headers"], _body(request.headers, receive)) as response:
                    # The server sends a date of its own.
                    pairs = [pair for pair in passed(response.raw_headers) if pair[0] != b"date"]
                    has_begun = True
                    await send({"type": "http.response.start", "status": response.status, "headers": pairs})
                    async for piece in response.content.iter_any():
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                    await send({"type": "http.response.body", "body": b""})
        except (NoAnswer, HostRefused) as error:
            if has_begun:
                await reset(scope, receive)
                return
            body = json.dumps({"error": str(error)}, ensure_ascii=False).encode()
            fields = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 502, "headers": fields})
            await send({"type": "http.response.body", "body": body})

    def _proxy(self) -> str | None:
        host, _, port = self._authority.rpartition(":")
        number = int(port) if host and port.isdigit() else {"http": 80, "https": 443}[self._scheme]
        found = proxy_for(self._scheme, (host or self._authority).strip("[]"), number)
        return None if found is None else found.geturl()


def _body(headers: Mapping[str, str], receive: Receive) -> AsyncIterator[bytes] | None:
    """Return the body of a request in pieces; ``None`` if it has none."""
    return _pieces(receive) if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers else None


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    has_more = True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the client has left")
        has_more = message.get("more_body", False)
        if piece := message.get("body", b""):
            yield piece
