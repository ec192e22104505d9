"""Bodies on their way through a proxy: a request's to the upstream, and an answer's to the client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.types import Receive, Send

from mockserver.adapters.http.hardening import hardened
from mockserver.adapters.http.headers import mapped
from mockserver.adapters.proxy.inspection import BodyCopy
from mockserver.adapters.proxy.upstream import passed
from mockserver.decoding import UnreadableBody
from mockserver.types import Request

if TYPE_CHECKING:
    import aiohttp

_BODYLESS = (204, 304)
"""The statuses of answers without a body (RFC 9110, 6.4.1)."""


class RequestBody:
    """A request's body on its way to the upstream."""

    def __init__(self, request: Request, receive: Receive, copy: BodyCopy) -> None:
        self.copy, self.is_gone = copy, False
        self._request, self._receive = request, receive

    def pieces(self) -> AsyncIterator[bytes] | None:
        """Return the body in pieces; ``None`` if the request says that it has none."""
        headers = self._request.headers
        if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
            return self._pieces()
        self.copy.end()
        return None

    async def _pieces(self) -> AsyncIterator[bytes]:
        has_more = True
        while has_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.is_gone = True
                raise ConnectionResetError("the client has left")
            piece, has_more = message.get("body", b""), message.get("more_body", False)
            self.copy.add(piece)
            # The upstream may answer to the last byte before we are told that it was the last.
            if not has_more or str(self.copy.size) == self._request.headers.get("content-length"):
                self.copy.end()
            if piece:
                yield piece


class Answer:
    """An answer on its way to the client; its last piece so far is held back."""

    def __init__(self, copy: BodyCopy, send: Send) -> None:
        self.copy, self.status, self.headers = copy, 0, dict[str, str]()
        self.has_begun = False
        self._send, self._held, self._start = send, b"", dict[str, Any]()

    async def run(self, response: aiohttp.ClientResponse, change: Callable[[bytes], bytes] | None = None) -> None:
        """Send all but the last piece; of JSON that is to ``change`` everything is the last."""
        self.status = response.status
        pairs = passed(response.raw_headers)
        if response.status in _BODYLESS:
            pairs = [pair for pair in pairs if pair[0] != b"content-length"]
        self.headers = mapped(pairs)
        self._start = {"type": "http.response.start", "status": response.status, "headers": hardened(pairs)}
        is_changed = change is not None and "json" in self.headers.get("content-type", "")
        async for piece in response.content.iter_any():
            self.copy.add(piece)
            if self._held and not is_changed:
                await self._send_held(is_last=False)
            self._held = self._held + piece if is_changed else piece
        self.copy.end()
        if is_changed and change is not None:
            with suppress(UnreadableBody):
                content = self.copy.content(self.headers.get("content-encoding", ""))
                if (changed := change(content)) == content:
                    return  # an answer to HEAD has the length of what it does not have
                self._held = changed
                kept = [pair for pair in pairs if pair[0] not in (b"content-length", b"content-encoding")]
                length = (b"content-length", str(len(changed)).encode())
                self._start["headers"] = hardened([*kept, length])

    async def end(self) -> None:
        """Send the rest."""
        await self._send_held(is_last=True)

    async def _send_held(self, *, is_last: bool) -> None:
        if not self.has_begun:
            self.has_begun = True
            await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._held, "more_body": not is_last})
