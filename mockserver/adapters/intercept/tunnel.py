"""A tunnel: what CONNECT asks for, to the fake or out of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mockserver.adapters.http.workers import Workers
from mockserver.adapters.intercept.gate import HostRefused
from mockserver.adapters.intercept.outward import Pipe, connect

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class WayOut(asyncio.Protocol):
    """A client's connection while one to a host is made, and then what joins both."""

    def __init__(
        self, transport: asyncio.Transport, connections: set[Any], workers: Workers, refuse: Callable[[str], None]
    ) -> None:
        """``connections`` are the server's; ``refuse`` answers with the reason why there is no tunnel."""
        self._transport, self._refuse = transport, refuse
        self._connections, self._workers = connections, workers
        self._task: asyncio.Task[None] | None = None

    def lead(self, host: str, port: int, rest: bytes) -> None:
        """Begin; ``rest`` has come already and is for the host."""
        self._transport.pause_reading()
        self._connections.add(self)
        self._task = self._workers.start("tunnels", self._lead(host, port, rest), "a tunnel was not made")

    def shutdown(self) -> None:
        """End, because the server does."""
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up: the client has left."""
        self._end()
        if self._task is not None:
            self._task.cancel()

    async def _lead(self, host: str, port: int, rest: bytes) -> None:
        try:
            other, said = await connect(host, port)
        except HostRefused as refused:
            self._end()
            self._transport.resume_reading()
            self._refuse(str(refused))
            return
        if self._transport.is_closing():
            other.abort()
            return
        self._transport.write(ESTABLISHED + said)
        if rest:
            other.write(rest)
        Pipe.join(self._transport, other, self._end)

    def _end(self) -> None:
        self._connections.discard(self)
