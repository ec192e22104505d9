"""A receiver of callbacks: takes everything at once and counts it."""

from __future__ import annotations

import asyncio
from typing import Self

from benchmarks.harness.wire import message

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Receiver:
    """Counts what is sent to ``url``, on a free port of the loopback address. ``async with Receiver() as receiver:``"""

    def __init__(self) -> None:
        self.count = 0
        self.port = 0
        self.url = ""
        self.transports: set[asyncio.WriteTransport] = set()
        self._wanted = 0
        self._enough = asyncio.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Reader(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/callback"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for transport in tuple(self.transports):
            transport.close()

    async def arrived(self, count: int, seconds: float) -> None:
        """Wait until so many have arrived in all. Raises ``TimeoutError``."""
        self._wanted = count
        self._enough.clear()
        if self.count < count:
            await asyncio.wait_for(self._enough.wait(), seconds)

    def note(self) -> None:
        """Count one more."""
        self.count += 1
        if self.count >= self._wanted:
            self._enough.set()


class _Reader(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._buffer = b""

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override] # TCP can be written
        self._transport = transport
        self._receiver.transports.add(transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (found := message(self._buffer)) is not None:
            self._buffer = self._buffer[found.size :]
            self._transport.write(_ANSWER)
            self._receiver.note()

    def connection_lost(self, exc: Exception | None) -> None:
        self._receiver.transports.discard(self._transport)
