"""Faults on the wire: late headers, a slow body, no answer at all, a connection that is reset."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, cast

from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver.adapters.http.headers import listed
from mockserver.types import Response, Wire

_PIECES = 20
"""Pieces of a slow body: enough that it trickles, few enough that a short one has a letter in each."""
_TRANSPORT = "mockserver.transport"


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol; it sends an answer in one piece, and lets the application reset its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin a connection."""
        super().connection_made(cast("asyncio.Transport", _Gathering(transport, self.loop)))

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["extensions"] = {_TRANSPORT: {"transport": self.transport}}


class _Gathering:
    """A transport that sends what is written in one turn of the loop with one call.

    uvicorn writes an answer's head and its body apart, and each costs a system call and wakes the client: together
    a quarter of what a whole request costs.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._pieces:
            self._loop.call_soon(self._flush)
        self._pieces.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        self._pieces.clear()
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _flush(self) -> None:
        if self._pieces:
            data = b"".join(self._pieces)
            self._pieces.clear()
            self._transport.write(data)


async def deliver(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer as its ``wire`` says. Elapsed time is real, whatever the fake's clock says."""
    start: Message = {"type": "http.response.start", "status": response.status, "headers": listed(response)}
    if response.wire is None:
        await send(start)
        await send({"type": "http.response.body", "body": response.body})
    else:
        await _deliver_over(response.wire, start, response.body, scope, receive, send)


async def _deliver_over(wire: Wire, start: Message, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
    if wire.hangs:
        await gone(receive)
        return
    if wire.headers_after and await gone(receive, wire.headers_after / 1000):
        return
    if wire.resets == "before":
        await reset(scope, receive)
        return
    await send(start)
    if wire.resets == "during":
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(0.05)  # seconds: the half must arrive before the reset, which would overtake it
        await reset(scope, receive)
        return
    for piece in _pieces(body) if wire.body_over else [body]:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if wire.body_over and await gone(receive, wire.body_over / 1000 / _PIECES):
            return
    await send({"type": "http.response.body", "body": b""})


async def reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection of a request; if it is not one of uvicorn's, raise what its client would see."""
    extension = scope.get("extensions", {}).get(_TRANSPORT)
    if extension is None:
        raise ConnectionResetError("the fake reset the connection")
    transport: asyncio.Transport = extension["transport"]
    # A lingering time of nothing makes the kernel send RST. uvloop shows no real socket, so we take one of our own.
    with socket.socket(fileno=socket.dup(transport.get_extra_info("socket").fileno())) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await gone(receive)  # until uvicorn knows it: it would complain of a missing answer


def _pieces(body: bytes) -> list[bytes]:
    size = max(1, -(-len(body) // _PIECES))
    return [body[at : at + size] for at in range(0, len(body), size)]


async def gone(receive: Receive, seconds: float | None = None) -> bool:
    """Wait; return early, with ``True``, when the client leaves."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True
