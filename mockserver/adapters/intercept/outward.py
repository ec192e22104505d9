"""The way out: connections to hosts that are let out, also through the proxy that the environment names."""

from __future__ import annotations

import asyncio
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from mockserver.adapters.intercept.gate import HostRefused
from mockserver.destinations import is_loopback

_CONNECT_SECONDS = 20.0
"""How long a connection out may take, with what a proxy of the user's says to it."""

_MOST_BYTES = 64 * 1024
"""The largest answer of a proxy to CONNECT."""


def proxy_for(scheme: str, host: str, port: int) -> SplitResult | None:
    """Return the proxy that the environment names for a host, as a URL. Raises ``HostRefused`` for one of no use."""
    proxies = urllib.request.getproxies_environment()
    named = proxies.get(scheme) or proxies.get("all")
    # The types of the standard library do not know this one, which all of Python's clients use.
    is_bypassed: Callable[..., bool] = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
    if not named or is_loopback(host) or is_bypassed(f"{host}:{port}", proxies):
        return None
    try:
        found = urlsplit(named if "://" in named else f"http://{named}")
        is_known = found.scheme in ("http", "https") and bool(found.hostname) and (found.port or 1) > 0
    except ValueError:
        is_known = False
    if not is_known:
        text = (
            f"the proxy of the environment for {scheme} is none of http. Unset {scheme.upper()}_PROXY, or name another."
        )
        raise HostRefused(text)
    return found


async def connect(host: str, port: int) -> tuple[asyncio.Transport, bytes]:
    """Connect to a host; return the connection, and what it has said already. Raises ``HostRefused``."""
    bare = host.removeprefix("[").removesuffix("]")
    proxy = proxy_for("https", bare, port)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            if proxy is None:
                transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, bare, port)
                transport.pause_reading()
                return transport, b""
            return await _through(proxy, host, port)
    except TimeoutError as error:
        raise HostRefused(f"{host}:{port} could not be reached within {_CONNECT_SECONDS:g} s.") from error
    except (OSError, UnicodeError) as error:
        where = f"{host}:{port}" if proxy is None else f"the proxy {proxy.hostname}:{proxy.port or _usual(proxy)}"
        raise HostRefused(f"{where} cannot be reached: {getattr(error, 'strerror', None) or error}.") from error


async def _through(proxy: SplitResult, host: str, port: int) -> tuple[asyncio.Transport, bytes]:
    """Connect to a host through a proxy. Raises ``HostRefused`` if that says no."""
    loop = asyncio.get_running_loop()
    lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}")
    transport, said = await loop.create_connection(
        _Answer, str(proxy.hostname), proxy.port or _usual(proxy), ssl=proxy.scheme == "https" or None
    )
    try:
        transport.write("\r\n".join([*lines, "", ""]).encode())
        head, rest = await said.head
        status, _, reason = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")[2].partition(" ")
        if not status.startswith("2"):
            name = f"{proxy.hostname}:{proxy.port or _usual(proxy)}"
            raise HostRefused(f"the proxy {name} lets nothing out to {host}:{port}: {status} {reason}"[:300])
    except BaseException:
        transport.abort()
        raise
    return transport, rest


def _usual(proxy: SplitResult) -> int:
    return 443 if proxy.scheme == "https" else 80


class _Answer(asyncio.Protocol):
    """Waits for the head of an answer to CONNECT."""

    def __init__(self) -> None:
        self.head: asyncio.Future[tuple[bytes, bytes]] = asyncio.get_running_loop().create_future()
        self._said = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._said += data
        head, end, rest = self._said.partition(b"\r\n\r\n")
        if end and not self.head.done():
            self._transport.pause_reading()
            self.head.set_result((head, rest))
        elif len(self._said) > _MOST_BYTES:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.head.done():
            self.head.set_exception(exc or ConnectionResetError("it closed the connection"))


class Pipe(asyncio.Protocol):
    """One end of two connections: what comes is written to the other one, as fast as that takes it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport, self.has_heard_all = transport, False
        self.other: Pipe = self
        self.ended: Callable[[], None] = lambda: None

    @classmethod
    def join(cls, one: asyncio.Transport, other: asyncio.Transport, ended: Callable[[], None]) -> None:
        """Connect two connections until both have ended; then ``ended`` is called."""
        ends = cls(one), cls(other)
        for end, far in (ends, ends[::-1]):
            end.other, end.ended = far, ended
            end.transport.set_protocol(end)
            end.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Pass on bytes."""
        if not self.other.transport.is_closing():
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        """Pass on the end of what is sent, and go on with the other direction, unless that has ended, too."""
        self.has_heard_all = True
        if self.other.has_heard_all or not self.other.transport.can_write_eof():
            return False
        with suppress(OSError):
            self.other.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        """Let nothing more come for this one."""
        with suppress(RuntimeError):  # that one has ended
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Let more come."""
        with suppress(RuntimeError):
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the other one as this one has ended."""
        other = self.other.transport
        (other.close if exc is None else other.abort)()
        self.ended()
