"""The router of httpx: which patch answers what an httpx client of this process is about to send.

A client asks which transport is for a URL, and gets ours for a host that is answered. What goes on to the network is
seen by respx, which replaces the connections of httpcore and asks its routers, among them one of ours. httpx2 and
httpcore2 have the same shape.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cached_property, wraps
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Protocol

import httpcore
import httpx
from respx import MockRouter
from respx.mocks import HTTPCoreMocker
from respx.models import AllMockedAssertionError

from mockserver.adapters.http.headers import listed
from mockserver.adapters.testing.answers import Answering, answered, answered_later, body_of
from mockserver.adapters.testing.hosts import canonical
from mockserver.adapters.testing.name_guard import NameGuard
from mockserver.types import Response


class Hook(Protocol):
    """What is in a library while any run is entered."""

    def start(self) -> object:
        """Put it there."""

    def stop(self) -> None:
        """Take it away."""


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
    """The runs of patches that are entered; while there are any, clients and respx ask us.

    Each thread and each asyncio task is answered by the run that it entered itself, the innermost that has the host.
    One that entered none, such as a thread that a test started, gets the run that was entered last.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered: tuple[Answering, ...] = ()
        self._own: ContextVar[tuple[Answering, ...]] = ContextVar("own", default=())

    def enter(self, run: Answering) -> None:
        """Let a run answer; one that is entered twice has to be left twice."""
        self.hold(run)
        self._own.set((*self._own.get(), run))

    def leave(self, run: Answering) -> None:
        """Stop a run from answering."""
        self._own.set(_without(self._own.get(), run))
        self.release(run)

    def hold(self, run: Answering) -> None:
        """Let a run answer those that began in it, and not whoever calls this."""
        with self._lock:
            if not self._entered:
                for hook in self._hooks:
                    hook.start()
            self._entered = (*self._entered, run)

    def release(self, run: Answering) -> None:
        """Undo ``hold``."""
        with self._lock:
            self._entered = _without(self._entered, run)
            if not self._entered:
                for hook in self._hooks:
                    hook.stop()

    def own(self) -> Iterator[Answering]:
        """Yield the runs that this thread or task is in, the innermost first."""
        entered = self._entered
        # A task may have kept a run that was left since.
        return (run for run in reversed(self._own.get()) if run in entered)

    def is_entered(self, is_meant: Callable[[Answering], bool]) -> bool:
        """Whether any thread or task is in such a run."""
        return any(is_meant(run) for run in self._entered)

    def find(self, host: str) -> Answering | None:
        """Return the run that answers for a host in this thread and task."""
        return next((run for run in (*self.own(), *reversed(self._entered)) if canonical(host) in run.hosts.own), None)

    def refusal(self, host: str) -> Exception | None:
        """Return why a request to a host that nobody answers may not go out, or ``None`` if it may."""
        runs = [*self.own()] or self._entered[::-1]
        if not runs or any(run.hosts.lets_out(canonical(host)) for run in runs):
            return None
        return runs[0].refusal(canonical(host))

    @cached_property
    def _hooks(self) -> tuple[Hook, ...]:
        hooks: list[Hook] = [
            NameGuard(lambda host: self.find(host) is not None),
            _ClientHook(self, httpx),
            _RespxRouter(self, HTTPCoreMocker, httpcore),
        ]
        if find_spec("httpx2"):
            hooks.append(_ClientHook(self, import_module("httpx2")))
        if find_spec("httpcore2"):
            hooks.append(_RespxRouter(self, HTTPCore2Mocker, import_module("httpcore2")))
        return tuple(hooks)


class _ClientHook:
    """Hands our transport to the clients of a library for the hosts that are answered.

    This is above what pytest-httpx, VCR and respx put in the place of transports and connections, so that they do not
    take a call which is ours, whoever came first.
    """

    def __init__(self, router: HttpxRouter, library: ModuleType) -> None:
        self._router, self._library = router, library
        self._originals: dict[type, Any] = {}

    def start(self) -> None:
        """Begin to be asked."""
        for client in (self._library.Client, self._library.AsyncClient):
            if client not in self._originals:
                self._originals[client] = client._transport_for_url  # noqa: SLF001 - the one place; respx uses it, too
                client._transport_for_url = self._asking(client._transport_for_url)  # noqa: SLF001

    def stop(self) -> None:
        """Stop being asked. Where somebody else was put on top of us, we stay below, and answer nothing."""
        for client, original in [*self._originals.items()]:
            if getattr(client._transport_for_url, "hook", None) is self:  # type: ignore[attr-defined] # noqa: SLF001
                client._transport_for_url = original  # type: ignore[attr-defined] # noqa: SLF001
                del self._originals[client]

    def _asking(self, original: Callable[..., Any]) -> Callable[..., Any]:
        local = (self._library.MockTransport, self._library.ASGITransport, self._library.WSGITransport)

        @wraps(original)
        def transport_for_url(client: Any, url: Any) -> Any:
            transport, run = original(client, url), self._router.find(url.host)
            # A transport that leads to an application of the test's own was chosen for it.
            return transport if run is None or isinstance(transport, local) else _Transport(run, self._library)

        transport_for_url.hook = self  # type: ignore[attr-defined]
        return transport_for_url


class _Transport:
    """Answers the requests of a client of httpx or httpx2."""

    def __init__(self, run: Answering, library: ModuleType) -> None:
        self._run, self._library = run, library

    def handle_request(self, request: Any) -> Any:
        """Answer a request."""
        request.read()
        return self._answered(request, answered(self._run, request, self._library))

    async def handle_async_request(self, request: Any) -> Any:
        """Answer a request of an async client."""
        await request.aread()
        return self._answered(request, await answered_later(self._run, request, self._library))

    def _answered(self, request: Any, answer: Response) -> Any:
        stream = self._library.ByteStream(body_of(request, answer))
        return self._library.Response(answer.status, headers=listed(answer), stream=stream)


class _RespxRouter(MockRouter):
    """Asks the ``HttpxRouter``, where respx would try patterns, which takes as long as finding the answer.

    It sees what no client of httpx sends, and all that goes on to the network.
    """

    def __init__(self, router: HttpxRouter, mocker: type[HTTPCoreMocker], core: ModuleType) -> None:
        super().__init__(assert_all_called=False, using=mocker.name)
        self.route().pass_through()
        self._router, self._routers, self._core = router, mocker.routers, core

    def start(self) -> None:
        """Begin to be asked, before respx's other routers."""
        super().start()
        self._routers.insert(0, self._routers.pop())

    def handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or leave it to the routers of others; without one, it goes out if it may."""
        run = self._router.find(request.url.host)
        return self._passed_on(request) if run is None else _as_httpx(request, answered(run, request, self._core))

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an async client."""
        run = self._router.find(request.url.host)
        if run is None:
            return self._passed_on(request)
        return _as_httpx(request, await answered_later(run, request, self._core))

    def _passed_on(self, request: httpx.Request) -> httpx.Response:
        if len(self._routers) > 1:
            raise AllMockedAssertionError(f"RESPX: {request!r} not mocked!")
        refusal = self._router.refusal(request.url.host)
        if refusal is not None:
            raise refusal
        return super().handler(request)


def _as_httpx(request: httpx.Request, answer: Response) -> httpx.Response:
    return httpx.Response(answer.status, headers=listed(answer), stream=httpx.ByteStream(body_of(request, answer)))


def _without(runs: tuple[Answering, ...], run: Answering) -> tuple[Answering, ...]:
    """Leave out the last of those that are the same."""
    for index in range(len(runs) - 1, -1, -1):
        if runs[index] is run:
            return runs[:index] + runs[index + 1 :]
    return runs


ROUTER = HttpxRouter()
"""The one router of this process, because it changes httpx and httpcore for the whole process."""
