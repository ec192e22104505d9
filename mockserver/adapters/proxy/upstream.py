"""The upstream: the service behind the proxy, how requests reach it, and why it may not answer."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from mockserver.adapters.http.connector import IDLE_SECONDS
from mockserver.decoding import READABLE
from mockserver.errors import BadSetting
from mockserver.types import Request

if TYPE_CHECKING:
    import aiohttp

Pairs = list[tuple[bytes, bytes]]

_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te"),
        *("trailer", "transfer-encoding", "upgrade"),
    }
)
"""Headers for the next hop only, which are not forwarded (RFC 9110, 7.6.1)."""

_CONNECT_SECONDS = 10.0
"""How long a connection may take; one that takes longer hardly ever succeeds."""

_MOST_HEADER_BYTES = 64 * 1024
"""The size of the largest header: what uvicorn accepts, too."""

_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class NoAnswer(Exception):
    """The upstream has not answered; the text says why, in a line."""


class _Method(str):
    """A method that is sent as it came: ``get`` is another one than ``GET``, which aiohttp would make of it."""

    __slots__ = ()

    def upper(self) -> str:
        """Return it as it is."""
        return self


class Upstream:
    """A service by its base URL. ``async with`` opens and closes its connections."""

    def __init__(self, url: str, patience: float, proxy: str | None = None) -> None:
        """``patience`` is how many seconds it may be silent; ``proxy`` is asked in its place. Raises ``BadSetting``."""
        self.host = _host(url)
        self.url, self._patience = urlsplit(url).geturl().rstrip("/"), patience  # with its scheme in lower case
        self._client: aiohttp.ClientSession | None = None
        self._proxy = proxy

    async def __aenter__(self) -> Self:
        import aiohttp

        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=self._patience),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("accept", "accept-encoding", "content-type", "user-agent"),
            max_line_size=_MOST_HEADER_BYTES,
            max_field_size=_MOST_HEADER_BYTES,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.close()

    @asynccontextmanager
    async def answer(
        self, request: Request, headers: Pairs, body: AsyncIterator[bytes] | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request, and return the answer with its body unread. Raises ``NoAnswer``, also during the body."""
        import aiohttp
        from multidict import CIMultiDict
        from yarl import URL

        assert self._client is not None, "the upstream is not open"  # noqa: S101 # a mistake in this code
        if not request.path.startswith("/"):
            raise NoAnswer(f"{self.url} cannot be asked for {request.path!r}, which is not a path")
        query = f"?{request.query}" if request.query else ""
        url = URL(f"{self.url}{request.path}{query}", encoded=True)
        sent = CIMultiDict(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in forwarded_headers(headers)
        )
        try:
            async with self._client.request(
                _Method(request.method), url, headers=sent, data=body, allow_redirects=False, proxy=self._proxy
            ) as response:
                if not 200 <= response.status < 600:
                    raise NoAnswer(f"{self.url} answered with status {response.status}, which ends no exchange")
                yield response
        except (TimeoutError, aiohttp.ClientError) as error:
            raise NoAnswer(f"{self.url} {self._fact(error)}") from error

    def _fact(self, error: Exception) -> str:
        """Return what went wrong, as the rest of a sentence that begins with the URL."""
        import aiohttp

        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return f"could not be reached within {_CONNECT_SECONDS:g} s"
        if isinstance(error, TimeoutError):
            return f"was silent for {self._patience:g} s"
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            return f"cannot be found: there is no host {self.host!r}, or no network"
        if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
            return f"has no TLS that can be trusted: {_line(error)}"
        if isinstance(error, aiohttp.ClientConnectorError):
            cause = error.os_error
            is_refused = isinstance(cause, ConnectionRefusedError)
            return "refused the connection; is it running?" if is_refused else f"cannot be reached: {_line(cause)}"
        if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError | aiohttp.ClientOSError):
            return "closed the connection without an answer"
        if isinstance(error, aiohttp.ClientPayloadError):
            return "closed the connection in the middle of its answer"
        if isinstance(error, aiohttp.ClientResponseError):
            return f"did not answer in HTTP: {_line(error.message)}"
        return f"could not be asked: {type(error).__name__}: {_line(error)}"


def forwarded_headers(headers: Pairs) -> Pairs:
    """Return the headers of a request to forward; only encodings that we can decode are accepted."""
    found = []
    for name, value in passed(headers):
        if name == b"accept-encoding":
            kept = [part for part in value.split(b",") if part.partition(b";")[0].strip().decode("latin-1") in READABLE]
            found.append((name, b",".join(kept).strip() or b"identity"))
        elif name not in (b"host", b"expect"):
            found.append((name, value))
    return found


def passed(headers: Iterable[tuple[bytes, bytes]]) -> Pairs:
    """Return the headers to forward, with names in lower case and without control characters."""
    pairs = [(name.lower(), _CONTROL_BYTES.sub(b" ", value)) for name, value in headers]
    listed = {part.strip().lower() for name, value in pairs if name == b"connection" for part in value.split(b",")}
    dropped = {name.encode() for name in _HOP} | listed
    return [(name, value) for name, value in pairs if name not in dropped]


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 # raises for a port that is not a number
        (parts.hostname or "").encode("idna")  # raises for a name that no name server knows
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSetting("UPSTREAM", f"{url!r} is not an http or https URL. Write one such as https://api.klingai.com.")
    if parts.username is not None or parts.query or parts.fragment:
        text = "the URL has credentials, a query or a fragment. Leave them out; the client sends its own."
        raise BadSetting("UPSTREAM", text)
    return parts.hostname


def _line(error: object) -> str:
    return " ".join(str(error).split())[:200]
