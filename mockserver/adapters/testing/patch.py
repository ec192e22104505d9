"""The fake without a socket: calls of httpx to the real hosts are answered in this process, through respx."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from mockserver.adapters.testing.handle import Handle
from mockserver.errors import MissingPackage
from mockserver.fake.core import Fake
from mockserver.fake.media.render import render
from mockserver.fake.media.results import PATH
from mockserver.settings import Settings
from mockserver.types import Request, Response

if TYPE_CHECKING:
    from mockserver.adapters.testing.httpx_router import HttpxRouter

P = ParamSpec("P")
R = TypeVar("R")


class Patch(Handle):
    """A context manager and a decorator, of plain and of async functions; the fake is at ``.fake``.

    Clients of httpx and httpx2 are answered; of several patches the innermost answers. Calls to other hosts go out as
    usual. Callbacks are not sent: ``fake.delivered()`` returns them, and ``mockserver.live()`` sends them. A slow fault
    takes no time, unless the client would have timed out.
    """

    def __init__(self, fake: Fake) -> None:
        super().__init__(fake)
        self.hosts = frozenset(host for service in fake.world.services for host in service.hosts)

    def __enter__(self) -> Self:
        """Raises ``MissingPackage``."""
        _httpx_router().enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        _httpx_router().leave(self)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Patch while a function runs. Each run begins with an empty fake; a run inside another shares it."""
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def run_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self._running():
                    return await function(*args, **kwargs)

            return run_async  # type: ignore[return-value] # R is the coroutine

        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with self._running():
                return function(*args, **kwargs)

        return run

    def answer(self, request: Request) -> Response:
        """Answer a request to one of ``hosts``: as the service, or as the server of its results."""
        if not request.path.startswith(PATH) or request.method not in ("GET", "HEAD"):
            return self.fake.respond(request)
        found = self.fake.fetch(request)
        if isinstance(found, int):
            return Response(found, b"there is no such result, or it has expired\n", {"content-type": "text/plain"})
        return Response(200, render(found.artifact), found.headers, found.wire)

    @contextmanager
    def _running(self) -> Iterator[None]:
        if self not in _httpx_router():
            self.fake.reset()
        with self:
            yield


def patch(fake: Fake | None = None, **settings: Any) -> Patch:
    """Answer httpx calls to the real hosts with a fake; ``settings`` are those of ``Settings``.

    ``with patch(pace="instant") as patched: …`` or ``@patch(pace="instant")``. Raises ``MockserverError``.
    """
    return Patch(fake or Fake(Settings(**settings)))


def _httpx_router() -> HttpxRouter:
    try:
        from mockserver.adapters.testing.httpx_router import ROUTER
    except ModuleNotFoundError as error:
        raise MissingPackage("mockserver.patch()", "httpx and respx", "kit") from error
    return ROUTER
