"""The keeper of a recording proxy: what belongs to a session besides its exchanges, results and callbacks.

It puts the proxy's own URLs in the place of results' and receivers', so that both go through the proxy.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from mockserver.adapters.http.headers import request_of
from mockserver.adapters.http.workers import Workers
from mockserver.adapters.proxy.callbacks import CallbackRecorder
from mockserver.adapters.proxy.results import MOST_BYTES, OWN, Kept, name_of
from mockserver.adapters.proxy.upstream import Pairs
from mockserver.contract.places import first
from mockserver.contract.routes import Match, Router
from mockserver.contract.service import Service
from mockserver.kit.task_view import TaskView, task_views
from mockserver.recent import Recent
from mockserver.secrecy.mask import json_of
from mockserver.types import JSON, Millis, Request, is_url, value

if TYPE_CHECKING:
    import aiohttp

    from mockserver.adapters.proxy.exchange_log import Say

RECEIVER = "/recorded-callbacks/"
"""The path at which a proxy takes callbacks; what follows stands for the client's URL."""

_SIGNATURE = "webhook-signature"
_PIECE_BYTES = 64 * 1024
_PATIENCE_SECONDS = 120.0
_MOST_CALLBACK_BYTES = 4 << 20


@value
class Keeping:
    """What is kept: results of at most so many bytes, and callbacks if the service reaches us at a public URL."""

    most_bytes: int = MOST_BYTES
    public_url: str | None = None


class Keeper:
    """Keeps results and callbacks beside the recordings of one service."""

    def __init__(
        self,
        place: Path,
        service: Service,
        router: Router,
        say: Say,
        keeping: Keeping,
        source: str,
        now: Callable[[], Millis],
        workers: Workers,
    ) -> None:
        """``source`` is what a recording says of where it is from; results are fetched by ``workers``."""
        self._kept, self._layout, self._router, self._say = Kept(place), service.layout, router, say
        self._most, self._public_url = keeping.most_bytes, keeping.public_url and keeping.public_url.rstrip("/")
        self._callbacks, self._now = CallbackRecorder(place, service, source), now
        self._workers = workers
        self._urls: Recent[str] = Recent()
        self._receivers: Recent[str] = Recent()
        self._fetches: Recent[asyncio.Task[None]] = Recent()
        self._client: aiohttp.ClientSession | None = None
        self._base_url = self._public_url or ""

    async def close(self) -> None:
        """Let go of all connections."""
        for _, fetch in self._fetches.items():  # noqa: PERF102 # it is no dict
            fetch.cancel()
        if self._client is not None:
            await self._client.close()

    async def takes(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a request for a result or a callback; ``False`` if it is for the service."""
        path = scope["path"]
        if scope["method"] == "GET" and path.startswith(OWN) and (url := self._urls.get((path.removeprefix(OWN),))):
            await self._serve(path.removeprefix(OWN), url, send)
            return True
        if scope["method"] == "POST" and path.startswith(RECEIVER):
            url = self._receivers.get((path.removeprefix(RECEIVER),))
            if url is not None:
                await self._pass_on(url, request_of(scope), receive, send)
                return True
        return False

    async def sent(
        self, request: Request, pairs: Pairs, pieces: AsyncIterator[bytes] | None
    ) -> tuple[Pairs, AsyncIterator[bytes] | None]:
        """Return the headers and the body of a request with the proxy's URL in the place of the receiver's."""
        match = self._router.match(request.method, request.path, "")
        has_receiver = (
            self._public_url and self._layout.callback_field and isinstance(match, Match) and match.operation.task
        )
        if pieces is None or not has_receiver or "content-encoding" in request.headers:
            return pairs, pieces
        body = b"".join([piece async for piece in pieces])
        url = first(self._layout.callback_field, json_of(body))
        if is_url(url):
            token = sha256(str(url).encode(errors="replace")).hexdigest()[:16]
            self._receivers.set((token,), str(url))
            body = _replaced(body, {str(url): f"{self._public_url}{RECEIVER}{token}"})
        return _with_length(pairs, len(body)), _one(body)

    def received(self, body: bytes, base_url: str) -> bytes:
        """Return an answer with the proxy's URLs in the place of those of results, which are fetched from now on."""
        self._base_url, document = base_url, json_of(body)
        view = TaskView.of(document, self._layout)
        return self._changed(body, [view] if view is not None else task_views(document, self._layout), base_url)

    def _changed(self, body: bytes, views: Sequence[TaskView], base_url: str) -> bytes:
        urls = dict[str, str]()
        for each in views:
            for item, name in each.result_urls:
                urls |= self._noted(item, [name, *filter(None, [self._layout.watermark])], base_url)
            if each.state == "succeed":
                urls |= {url: self._own(url, base_url, {}) for url in each.urls if url not in urls and is_url(url)}
        return _replaced(body, urls) if urls else body

    def _noted(self, item: Mapping[str, JSON], names: Sequence[str], base_url: str) -> dict[str, str]:
        layout, known = self._layout.result, dict[str, JSON]()
        for name, field in (("seconds", layout.seconds), ("width", layout.width), ("height", layout.height)):
            if field is not None and (found := _number(item.get(field))) is not None:
                known[name] = found
        return {
            str(item[name]): self._own(str(item[name]), base_url, known) for name in names if is_url(item.get(name))
        }

    def _own(self, url: str, base_url: str, known: Mapping[str, JSON]) -> str:
        name = name_of(url)
        self._urls.set((name,), url)
        if self._fetches.get((name,)) is None and not self._kept.has(name):
            fetch = self._workers.start("results to keep", self._fetch(name, url, known), "a result is not kept")
            self._fetches.set((name,), fetch)
        return f"{base_url}{OWN}{name}"

    async def _fetch(self, name: str, url: str, known: Mapping[str, JSON]) -> None:
        """Fetch a result and keep it; of one that is too large its beginning is enough."""
        import aiohttp

        content = bytearray()
        try:
            async with self._session().get(url) as response:
                if response.status != 200:
                    self._say(f"result {name} was not kept: HTTP {response.status}")
                    return
                async for piece in response.content.iter_chunked(_PIECE_BYTES):
                    content += piece
                    if len(content) > self._most:
                        break
                size = int(response.headers.get("content-length") or len(content))
                about = {"type": response.content_type, "bytes": size, **known}
            await asyncio.to_thread(self._kept.keep, name, bytes(content), about, self._most)
            how = (
                "as it is"
                if len(content) <= self._most
                else f"as what is known of it, for it is over {self._most} bytes"
            )
            self._say(f"result kept {how}: results/{name}")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            self._say(f"result {name} was not kept: {type(error).__name__}: {error}")

    async def _serve(self, name: str, url: str, send: Send) -> None:
        """Send a result: the kept file, or else what its URL answers."""
        import aiohttp

        if (fetch := self._fetches.get((name,))) is not None:
            await asyncio.wait([fetch])
        has_begun = False
        try:
            async with self._session().get(url) as response:
                headers = [(b"content-type", response.headers.get("content-type", "application/octet-stream").encode())]
                await send({"type": "http.response.start", "status": response.status, "headers": headers})
                has_begun = True
                async for piece in response.content.iter_chunked(_PIECE_BYTES):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            if has_begun:
                raise ConnectionResetError(str(error)) from error
            await _answer(502, f"the result cannot be fetched: {type(error).__name__}", send)

    async def _pass_on(self, url: str, request: Request, receive: Receive, send: Send) -> None:
        """Send a callback to its receiver, record it, and answer as the receiver did."""
        import aiohttp

        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if message["type"] == "http.disconnect" or len(body) > _MOST_CALLBACK_BYTES:
                return
            if not message.get("more_body"):
                break
        kept = {name: text for name, text in request.headers.items() if name.startswith(("webhook-", "content-type"))}
        told_of = TaskView.told(json_of(bytes(body)), self._layout)
        changed = self._changed(bytes(body), [told_of], self._base_url)
        passed = bytes(body) if _SIGNATURE in kept else changed  # another body would have another signature
        try:
            async with self._session().post(url, data=passed, headers=kept, allow_redirects=False) as response:
                status, told = response.status, await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            status, told = 502, f"the receiver does not answer: {type(error).__name__}".encode()
        try:
            name = await asyncio.to_thread(self._callbacks.record, bytes(body), kept, status, self._now())
            self._say(f"callback {status}; recorded as {name}")
        except OSError as error:
            self._say(f"callback {status}; not recorded: {error.strerror or error}")
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": told})

    def _session(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._client is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=_PATIENCE_SECONDS)
            self._client = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        return self._client


def _replaced(body: bytes, urls: Mapping[str, str]) -> bytes:
    """Replace URLs in JSON, however they are escaped there."""
    text = body.decode()
    for url, own in sorted(urls.items(), key=lambda each: -len(each[0])):
        written = json.dumps(url)[1:-1]
        for form in {url, written, json.dumps(url, ensure_ascii=False)[1:-1], written.replace("/", "\\/")}:
            text = text.replace(f'"{form}"', f'"{own}"').replace(f'\\"{form}\\"', f'\\"{own}\\"')
    return text.encode()


def _number(found: JSON) -> float | None:
    try:
        return float(found) if isinstance(found, str | int | float) else None
    except ValueError:
        return None


def _with_length(pairs: Pairs, length: int) -> Pairs:
    rest = [pair for pair in pairs if pair[0].lower() not in (b"content-length", b"transfer-encoding")]
    return [*rest, (b"content-length", str(length).encode())]


async def _one(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _answer(status: int, fact: str, send: Send) -> None:
    body = json.dumps({"error": f"mockserver proxy: {fact}"}).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
