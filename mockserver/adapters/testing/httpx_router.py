"""The router of httpx: which patch answers what an httpx client of this process is about to send.

respx replaces the connections of httpcore, through which httpx sends. Those of httpx2 are httpcore2's, of the same
shape. respx then asks its routers, among them one of ours for each of the two libraries.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Protocol

import httpcore
import httpx
from respx import MockRouter
from respx.mocks import HTTPCoreMocker
from respx.models import AllMockedAssertionError

from mockserver.adapters.http.headers import listed, mapped
from mockserver.types import Request, Response, Wire


class Answering(Protocol):
    """A patch: it answers requests to some hosts."""

    hosts: frozenset[str]

    def answer(self, request: Request) -> Response:
        """Answer a request."""


class HTTPCore2Mocker(HTTPCoreMocker):
    """respx's mocker of httpcore, for httpcore2."""

    name = "mockserver-httpcore2"
    targets = [target.replace("httpcore.", "httpcore2.", 1) for target in HTTPCoreMocker.targets]  # noqa: RUF012 - respx's

    @classmethod
    def from_sync_httpx_response(cls, httpx_response: httpx.Response, target: object, **_: object) -> Any:
        """Return the answer as one of httpcore2."""
        found, core2 = httpx_response, import_module("httpcore2")
        return core2.Response(found.status_code, headers=found.headers.raw, content=found.stream)


class HttpxRouter:
    """The patches that are entered; while there are any, respx asks us.

    Each thread and each asyncio task is answered by the patch that it entered itself, the innermost that has the host.
    One that entered none, such as a thread that a test started, gets the patch that was entered last.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered: tuple[Answering, ...] = ()
        self._own: ContextVar[tuple[Answering, ...]] = ContextVar("own", default=())

    def __contains__(self, patch: Answering) -> bool:
        return patch in self._entered

    def enter(self, patch: Answering) -> None:
        """Let a patch answer; one that is entered twice has to be left twice."""
        with self._lock:
            if not self._entered:
                for router in self._routers:
                    router.start()
            self._entered = (*self._entered, patch)
        self._own.set((*self._own.get(), patch))

    def leave(self, patch: Answering) -> None:
        """Stop a patch from answering."""
        self._own.set(_without(self._own.get(), patch))
        with self._lock:
            self._entered = _without(self._entered, patch)
            if not self._entered:
                for router in self._routers:
                    router.stop()

    def find(self, host: str) -> Answering | None:
        """Return the patch that answers for a host in this thread and task."""
        entered = self._entered
        # A task may have kept a patch that was left since.
        own = (patch for patch in reversed(self._own.get()) if patch in entered)
        return next((patch for patches in (own, reversed(entered)) for patch in patches if host in patch.hosts), None)

    @cached_property
    def _routers(self) -> tuple[_RespxRouter, ...]:
        routers = [_RespxRouter(self, HTTPCoreMocker.name, httpcore)]
        if find_spec("httpcore2"):
            routers.append(_RespxRouter(self, HTTPCore2Mocker.name, import_module("httpcore2")))
        return tuple(routers)


class _RespxRouter(MockRouter):
    """Asks the ``HttpxRouter``, where respx would try patterns, which takes as long as finding the answer."""

    def __init__(self, router: HttpxRouter, using: str, core: ModuleType) -> None:
        super().__init__(assert_all_called=False, using=using)
        self.route().pass_through()
        self._router, self._core = router, core

    def handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or leave it to the routers of others; without one, it goes out as usual."""
        patch = self._router.find(request.url.host)
        if patch is not None:
            answer = patch.answer(_asked(request))
            if answer.wire:
                self._raise_fault(answer.wire, request)
            body = b"" if request.method == "HEAD" else answer.body
            return httpx.Response(answer.status, headers=listed(answer), stream=httpx.ByteStream(body))
        if self.Mocker is not None and len(self.Mocker.routers) > 1:
            raise AllMockedAssertionError(f"RESPX: {request!r} not mocked!")
        return super().handler(request)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an async client."""
        return self.handler(request)

    def _raise_fault(self, wire: Wire, request: httpx.Request) -> None:
        """Raise what the client would see of a fault on the wire."""
        patience = request.extensions.get("timeout", {}).get("read")
        if wire.hangs or (patience is not None and wire.headers_after > patience * 1000):
            raise self._core.ReadTimeout("the fake does not answer in time")
        if wire.resets != "no":
            raise self._core.ReadError("the fake reset the connection")


def _asked(request: httpx.Request) -> Request:
    url = request.url
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return Request(request.method, path, query, mapped(request.headers.raw), request.content, url.scheme)


def _without(patches: tuple[Answering, ...], patch: Answering) -> tuple[Answering, ...]:
    """Leave out the last of those that are the same."""
    for index in range(len(patches) - 1, -1, -1):
        if patches[index] is patch:
            return patches[:index] + patches[index + 1 :]
    return patches


ROUTER = HttpxRouter()
"""The one router of this process, because respx changes httpcore for the whole process."""
