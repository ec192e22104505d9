"""The transport of a connection: it sends an answer in one piece, and sees that the last one arrives."""

from __future__ import annotations

import asyncio
from typing import Any

TRANSPORT = "mockserver.transport"
"""The extension of a scope that has the transport of its connection."""

_MOST_BYTES = 64 * 1024
"""More than this is not gathered: what a client does not read must be seen to pile up, and then no more is answered."""

_LINGER_SECONDS = 5.0
"""How long a client that is refused may go on sending; it gets the answer when it is done."""


class Gathering:
    """A transport that sends what is written in one turn of the loop with one call.

    uvicorn writes an answer's head and its body apart, and each costs a system call and wakes the client: together
    a quarter of what a whole request costs.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._pieces: list[bytes] = []
        self._size = 0
        self.lingers = False
        self.is_closing = transport.is_closing  # asked for each request

    @property
    def bare(self) -> asyncio.Transport:
        """The transport below, for who speaks something else from now on; what was gathered has been sent."""
        self._flush()
        return self._transport

    def write(self, data: bytes) -> None:
        if not self._pieces:
            self._loop.call_soon(self._flush)
        self._pieces.append(data)
        self._size += len(data)
        if self._size > _MOST_BYTES:
            self._flush()

    def close(self) -> None:
        """Close; if it ``lingers``, say so and go on reading until the client hangs up, or until the next call.

        Closed with bytes unread, the kernel resets the connection, and the client may not see the last answer.
        """
        self._flush()
        if self.lingers and not self.is_closing():
            self.is_closing = _yes
            self._transport.write_eof()
            self._loop.call_later(_LINGER_SECONDS, self._transport.close)
        else:
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
            self._size = 0
            self._transport.write(data)


def _yes() -> bool:
    return True
