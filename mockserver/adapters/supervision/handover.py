"""The handover of connections: the parent of several workers accepts them, and hands each worker one in turn.

Workers that accept for themselves from one socket share badly: whoever wakes first takes all that wait, and of 32
connections that are opened together, and kept open, one of two workers often has each. With a socket for each worker
(``SO_REUSEPORT``) the kernel deals by chance, and what a dead worker had not accepted is lost with it. The price is one
more system call on each side, once for a connection.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from mockserver.adapters.http.connection.entry import Entry
from mockserver.adapters.http.server import PLAIN, Server
from mockserver.adapters.http.workers import Workers
from mockserver.fake.core import Fake

DRAIN_SECONDS = 10.0
"""How long the requests of a worker have to end when it stops: slow ones take some, and a container is given 30."""

_LATE_SECONDS = 0.1
"""How long the request of a connection that was just taken may be on its way: who connects has something to send."""


def hand_over(connection: socket.socket, door: socket.socket) -> bool:
    """Send a connection through a door, and say whether that was possible: a worker may be dead, or have stopped."""
    try:
        socket.send_fds(door, [b"+"], [connection.fileno()])
    except OSError:
        return False
    return True


class WorkerServer(Server):
    """A server that accepts nothing itself: connections come through a door."""

    def __init__(
        self,
        fake: Fake,
        door: socket.socket,
        ready: Callable[[], None],
        control_token: str | None = None,
        entry: Entry = PLAIN,
    ) -> None:
        """``ready`` is called once requests are answered; ``entry`` is what connections speak."""
        super().__init__(fake, door, lambda _: ready(), control_token, patience_seconds=DRAIN_SECONDS, entry=entry)
        self._door = door
        self._door.setblocking(False)
        self._opening = Workers()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and report that it is ready."""
        await uvicorn.Server.startup(self, [])
        if not self.should_exit:
            asyncio.get_running_loop().add_reader(self._door, self._take)
            self._ready("")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, after taking what has been accepted for it; what comes now the parent gives to somebody else."""
        self._take()
        with suppress(OSError):  # the parent is gone
            self._door.shutdown(socket.SHUT_RD)
        self._take()
        asyncio.get_running_loop().remove_reader(self._door)
        await asyncio.sleep(_LATE_SECONDS)
        await self._opening.stop()
        await super().shutdown(sockets)

    def _take(self) -> None:
        """Open the connections that have come."""
        while descriptors := self._handed():
            for descriptor in descriptors:
                self._open(socket.socket(fileno=descriptor))

    def _handed(self) -> list[int]:
        """Return the next connection, if there is one."""
        with suppress(BlockingIOError, ConnectionError):
            said, descriptors, _, _ = socket.recv_fds(self._door, 1, 1)
            if said:
                return descriptors
            asyncio.get_running_loop().remove_reader(self._door)  # the parent is gone
        return []

    def _open(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        opening = asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
        self._opening.start("connection", opening)  # what fails is a client that has left, and nobody needs to know

    def _protocol(self) -> asyncio.Protocol:
        """Return a protocol, as uvicorn's servers make them."""
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
