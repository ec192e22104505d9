"""Faults on the wire: late headers, a slow body, no answer at all, a connection that is reset."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

from mockserver.adapters.http.connection.transport import TRANSPORT
from mockserver.adapters.http.hardening import hardened
from mockserver.adapters.http.headers import listed
from mockserver.types import Response, Wire

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

_PIECES = 20
"""Pieces of a slow body: enough that it trickles, few enough that a short one has a letter in each."""


async def deliver(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer as its ``wire`` says. Elapsed time is real, whatever the fake's clock says."""
    pairs = hardened(listed(response))
    start: Message = {"type": "http.response.start", "status": response.status, "headers": pairs}
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
    extension = scope.get("extensions", {}).get(TRANSPORT)
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
