"""TLS on a connection: from encrypted bytes to a protocol that knows nothing of them, and back.

asyncio could begin TLS with a connection, but not in the middle of one, with the bytes that came with the request for a
tunnel; it could not tell who speaks plain HTTP, nor end the sending half while the last answer arrives. What is done
here is to carry bytes between a transport and OpenSSL.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from uvicorn.server import ServerState

HANDSHAKE_SECONDS = 10.0
"""How long a client may take until it has something to send: as long as for a head."""

_TLS = 0x16
"""The first byte of TLS: a record of a handshake (RFC 8446, 5.1). No method of HTTP begins with it."""

_CHUNK_BYTES = 64 * 1024

MakeProtocol = Callable[[], asyncio.Protocol]


class Session(asyncio.Protocol):
    """A connection whose first byte says whether it is TLS: ``secure`` speaks within it, and otherwise ``plain``."""

    def __init__(self, context: ssl.SSLContext, state: ServerState, secure: MakeProtocol, plain: MakeProtocol) -> None:
        """``state`` is the server's, which knows all connections."""
        self._context, self._secure, self._plain = context, secure, plain
        self._connections: set[Any] = state.connections
        self._loop = asyncio.get_running_loop()
        self._tls: Secured | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first byte, but not for long."""
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")  # noqa: S101 # for mypy
        self._transport: Any = transport
        self._connections.add(self)
        self._late = self._loop.call_later(HANDSHAKE_SECONDS, self._be_late)

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        if self._tls is None:
            if data[0] != _TLS:
                self._step_aside(data)
                return
            self._tls = Secured(self._transport, self._context, self._loop, self._secure)
        self._tls.feed(data)
        if self._tls.is_established:
            self._let_go()

    def eof_received(self) -> None:
        """Take the end of what a client sends."""
        if self._tls is not None:
            self._tls.end_of_client()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._let_go()
        if self._tls is not None:
            self._tls.lost(exc)

    def pause_writing(self) -> None:
        """Tell who writes that it piles up."""
        if self._tls is not None and self._tls.protocol is not None:
            self._tls.protocol.pause_writing()

    def resume_writing(self) -> None:
        """Tell who writes that there is room again."""
        if self._tls is not None and self._tls.protocol is not None:
            self._tls.protocol.resume_writing()

    def shutdown(self) -> None:
        """End, because the server does: nothing has been asked so far."""
        self._transport.close()

    def _step_aside(self, data: bytes) -> None:
        self._let_go()
        protocol = self._plain()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(data)

    def _let_go(self) -> None:
        """Leave the rest to who speaks now: it has time limits of its own, and the server knows it."""
        self._late.cancel()
        self._connections.discard(self)

    def _be_late(self) -> None:
        self._transport.close()


class Secured(asyncio.Transport):
    """The transport of the protocol within TLS, which is made when the handshake is done."""

    def __init__(
        self, transport: Any, context: ssl.SSLContext, loop: asyncio.AbstractEventLoop, make: MakeProtocol
    ) -> None:
        super().__init__()
        self._transport, self._context, self._loop, self._make = transport, context, loop, make
        self._coming, self._going = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._coming, self._going, server_side=True)
        self._is_paused = self._is_over = False
        self.protocol: asyncio.Protocol | None = None

    @property
    def is_established(self) -> bool:
        """Whether the handshake is done."""
        return self.protocol is not None

    def feed(self, data: bytes) -> None:
        """Take encrypted bytes."""
        if not self._is_over:
            self._coming.write(data)
            self._go_on()

    def end_of_client(self) -> None:
        """Take the end of what a client sends."""
        if self.protocol is not None:
            self.protocol.eof_received()

    def lost(self, exc: Exception | None) -> None:
        """End; ``exc`` is why, if it is not as usual."""
        self._is_over = True
        if self.protocol is not None:
            self.protocol.connection_lost(exc)

    def _go_on(self) -> None:
        """Go on with the handshake, and then hand over what has come, until more has to come."""
        try:
            if self.protocol is None:
                self._tls.do_handshake()
                self.protocol = self._make()
                self.protocol.connection_made(self)
            while not (self._is_paused or self._is_over):
                data = self._tls.read(_CHUNK_BYTES)
                if not data:  # the client has said that nothing more comes
                    self.close()
                    return
                self.protocol.data_received(data)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:  # it is no TLS, or a client that does not trust us; OpenSSL says so to it
            self._flush()
            self._end(self._transport.close)
            return
        self._flush()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes."""
        if self._is_over:
            return
        rest = memoryview(data)
        with suppress(ssl.SSLError):  # the client has ended the session: its connection ends, too
            while rest:
                rest = rest[self._tls.write(rest) :]
        self._flush()

    def writelines(self, list_of_data: Any) -> None:
        """Send bytes."""
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        """Send nothing more, and hear nothing more."""
        self._say_goodbye()
        if not self._is_over:
            self._is_over = True
            self._transport.write_eof()

    def can_write_eof(self) -> bool:
        """Whether that is possible."""
        return True

    def close(self) -> None:
        """End, after what was sent."""
        self._say_goodbye()
        self._end(self._transport.close)

    def abort(self) -> None:
        """End at once."""
        self._end(self._transport.abort)

    def is_closing(self) -> bool:
        """Whether it ends."""
        return self._is_over or bool(self._transport.is_closing())

    def pause_reading(self) -> None:
        """Hand over nothing for a while."""
        self._is_paused = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on handing over, also what has come meanwhile."""
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
            self._loop.call_soon(self._catch_up)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another one speak."""
        assert isinstance(protocol, asyncio.Protocol)  # noqa: S101 # there is no other kind here
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return who speaks."""
        assert self.protocol is not None  # noqa: S101 # it has the transport from us
        return self.protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of the connection."""
        return self._context if name == "sslcontext" else self._transport.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait."""
        return int(self._transport.get_write_buffer_size())

    def _catch_up(self) -> None:
        if not self._is_over:
            self._go_on()

    def _say_goodbye(self) -> None:
        """Tell the client that nothing more comes, or it could not tell an end from a cut (RFC 8446, 6.1)."""
        if not self._is_over:
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()

    def _end(self, end: Callable[[], None]) -> None:
        self._is_over = True
        end()

    def _flush(self) -> None:
        if self._going.pending:
            self._transport.write(self._going.read())
