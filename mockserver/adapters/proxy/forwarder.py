"""The proxy: forwards each request to a real service, and checks both sides against the contract.

Bodies are forwarded in pieces. The last piece of an answer waits until the exchange was checked, so that a client that
has the answer finds it in the journal.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Self

from anyio import to_thread
from starlette.applications import Starlette
from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from mockserver.adapters.control import probes
from mockserver.adapters.control.api import Control
from mockserver.adapters.control.errors import handlers
from mockserver.adapters.control.guard import Guard
from mockserver.adapters.dashboard import pages
from mockserver.adapters.docs.pages import Pages
from mockserver.adapters.http.callbacks import CallbackSender
from mockserver.adapters.http.hardening import hardening
from mockserver.adapters.http.headers import request_of
from mockserver.adapters.http.results import Results
from mockserver.adapters.http.wire import reset
from mockserver.adapters.http.workers import Workers
from mockserver.adapters.proxy.exchange_log import ExchangeLog, Say
from mockserver.adapters.proxy.inspection import BodyCopy, Exchange, Inspection, Inspector
from mockserver.adapters.proxy.keeper import Keeper, Keeping
from mockserver.adapters.proxy.recordings import Recorder
from mockserver.adapters.proxy.streams import Answer, RequestBody
from mockserver.adapters.proxy.upstream import NoAnswer, Upstream
from mockserver.decoding import UnreadableBody
from mockserver.fake.answering.refusal import Refused, said
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import Request, Response

_LARGE_BYTES = 32 * 1024
"""An exchange of this size or more is checked in a thread: other requests would wait for it. The worst
of smaller ones, thousands of wrong fields or references, take 30 ms."""

_SHOWN_LETTERS = 200
"""As much of a path is shown; it can be as long as the client likes."""

_PATIENCE_SECONDS = 120.0
"""How long an upstream may be silent: longer than a film takes to begin, shorter than most clients wait."""


class Proxy:
    """An ASGI application in front of an upstream; ``async with`` opens and closes its connections."""

    def __init__(
        self,
        fake: Fake,
        upstream: Upstream,
        say: Say,
        recorder: Recorder | None = None,
        warn: Say | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        """The ``fake`` has the contract and the journal; ``say`` gets a line for each exchange.

        ``warn`` gets a line for each exchange that should have been recorded and could not.
        """
        self._upstream, self._recorder, self._warn, self._keeper = upstream, recorder, warn, keeper
        self._inspector, self._log = Inspector(fake.world), ExchangeLog(fake.world, say)
        self._clock, self._limit = fake.clock, fake.settings.max_body
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._upstream.__aenter__()
        return self

    async def __aexit__(self, *reason: object) -> None:
        if self._keeper is not None:
            await self._keeper.close()
        await self._upstream.__aexit__(*reason)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request."""
        keeper = self._keeper
        if scope["type"] != "http" or (keeper is not None and await keeper.takes(scope, receive, send)):
            return
        request = request_of(scope)
        sent, answer = RequestBody(request, receive, BodyCopy(self._limit)), Answer(BodyCopy(self._limit), send)
        began = perf_counter()
        try:
            pairs, pieces = scope["headers"], sent.pieces()
            if keeper is not None:
                pairs, pieces = await keeper.sent(request, pairs, pieces)
            async with self._upstream.answer(request, pairs, pieces) as response:
                change = None if keeper is None else partial(keeper.received, base_url=request.base_url)
                await answer.run(response, change)
        except (NoAnswer, ConnectionResetError) as error:
            if sent.is_gone:
                return
            if not answer.has_begun:
                await self._answer_bad_gateway(request, sent.copy, str(error), send)
                return
            await self._check(request, sent.copy, answer, began)
            await reset(scope, receive)
            return
        await self._check(request, sent.copy, answer, began)
        await answer.end()

    async def _check(self, request: Request, sent: BodyCopy, answer: Answer, began: float) -> None:
        """Check an exchange against the contract, and log it; those that end first come first."""
        unknown: dict[str, str] = {}
        asked = replace(request, body=_content(sent, request.headers, "request", unknown))
        body = _content(answer.copy, answer.headers, "answer", unknown)
        took = 1000 * (perf_counter() - began)
        exchange = Exchange(asked, Response(answer.status, body, answer.headers, took=took), unknown)
        async with self._lock:
            if len(asked.body) + len(body) < _LARGE_BYTES:
                self._finish(exchange)
            else:
                await to_thread.run_sync(self._finish, exchange)

    def _finish(self, exchange: Exchange) -> None:
        found = self._inspector.inspect(exchange, self._clock.now())
        remark = ""
        if self._recorder is not None:
            try:
                name = self._recorder.record(exchange, found.differences, self._clock.now())
                remark = f"recorded as {name}" if name else ""
            except OSError as error:
                remark = f"not recorded: {error.strerror or error}"
                if self._warn is not None:
                    self._warn(f"{exchange.request.method} {exchange.request.path[:_SHOWN_LETTERS]} was {remark}")
        self._log.write(exchange, found, remark)

    async def _answer_bad_gateway(self, request: Request, sent: BodyCopy, fact: str, send: Send) -> None:
        """Answer with 502 in the place of an upstream that does not answer."""
        unknown = {"answer": "the upstream did not answer"}
        asked = replace(request, body=_content(sent, request.headers, "request", unknown))
        body = _own_error(fact)
        headers = {"content-type": "application/json", "content-length": str(len(body))}
        exchange = Exchange(asked, Response(502, body, headers), unknown)
        async with self._lock:
            found = replace(self._inspector.inspect(exchange, self._clock.now()), differences=())
            self._log.write(exchange, found, fact)
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 502, "headers": pairs})
        await send({"type": "http.response.body", "body": body})


def forwarding(
    url: str,
    settings: Settings,
    say: Say,
    record: Path | None = None,
    patience: float = _PATIENCE_SECONDS,
    *,
    warn: Say | None = None,
    keeping: Keeping | None = None,
) -> tuple[Fake, Starlette]:
    """Return a proxy in front of a URL, and the fake that shows what it sees. Raises ``MockserverError``.

    ``record`` is a folder for recordings; ``patience`` is how many seconds the upstream may be silent; ``say`` and
    ``warn`` are those of ``Proxy``; ``keeping`` is what is recorded besides exchanges.
    """
    fake, upstream = _Front(settings, say), Upstream(url, patience)
    inspector = Inspector(fake.world)
    recorder, keeper, workers = None, None, Workers()
    if record:
        recorder = Recorder(record, inspector.service, inspector.router, upstream.host)
        kept = keeping or Keeping()
        source, now = recorder.source, fake.clock.now
        keeper = Keeper(record, inspector.service, inspector.router, say, kept, source, now, workers)
    return fake, application(fake, Proxy(fake, upstream, say, recorder, warn, keeper), workers)


class _Front(Fake):
    """The fake of a proxy: what it refuses itself, it refuses in the proxy's words, and in its log."""

    def __init__(self, settings: Settings, say: Say) -> None:
        super().__init__(settings)
        self._log = ExchangeLog(self.world, say)

    def refuse(self, request: Request, refused: Refused) -> Response:
        """Answer what is no request, and is not forwarded."""
        service = self.world.services[0]
        fact = said(refused, service)
        headers = {"content-type": "application/json", **refused.headers}
        response = Response(service.errors[refused.row].status, _own_error(fact), headers)
        unknown = {"answer": "the request was not forwarded"}
        exchange = Exchange(request, response, unknown)
        self.turn(lambda: self._log.write(exchange, Inspection(None, None, (), ()), fact))
        return response


def application(fake: Fake, proxy: Proxy, workers: Workers) -> Starlette:
    """Return an application that forwards every path except ``/_mock/``, where the fake shows its journal."""
    sender, results = CallbackSender(fake, workers), Results(fake, workers)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with sender, results, proxy:
            yield

    control = Mount("/_mock", app=Guard(Router(Control(fake, sender).routes())))
    routes = [*pages.routes(results), *Pages(fake).routes(), *probes.routes(fake), control]
    starlette = _Hardened(routes=routes, lifespan=lifespan, exception_handlers=handlers(fake))
    starlette.router.default = proxy
    starlette.router.redirect_slashes = False
    return starlette


class _Hardened(Starlette):
    """An application whose answers are all hardened, even that to an exception."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await super().__call__(scope, receive, hardening(send))


def _own_error(fact: str) -> bytes:
    return json.dumps({"error": f"mockserver proxy: {fact}"}, ensure_ascii=False).encode()


def _content(copy: BodyCopy, headers: Mapping[str, str], side: str, unknown: dict[str, str]) -> bytes:
    """Return a body that was forwarded; if it cannot be read, note in ``unknown`` why not."""
    try:
        return copy.content(headers.get("content-encoding", ""))
    except UnreadableBody as error:
        unknown[side] = str(error)
        return b""
