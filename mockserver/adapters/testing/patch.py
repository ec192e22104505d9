"""The fake without a socket: calls that httpx makes to the real hosts are answered in this process, through respx."""

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

    Clients of httpx and httpx2 are answered, and the innermost of several patches answers. Calls to other hosts go out
    as ever. Nobody sends callbacks here: ``fake.due()`` hands them out, and ``mockserver.live()`` sends them. A fault
    that is slow takes no time, unless the client would have lost patience.
    """

    def __init__(self, fake: Fake) -> None:
        super().__init__(fake)
        self.hosts = frozenset(host for service in fake.world.services for host in service.hosts)

    def __enter__(self) -> Self:
        """Raises ``MissingPackage``."""
        _router().enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        _router().leave(self)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Patch while a function runs. Each run begins with an empty fake, but one inside another shares its fake."""
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
        """Answer a request to one of ``hosts``: as the service, or as the store that its results are in."""
        if not request.path.startswith(PATH) or request.method not in ("GET", "HEAD"):
            return self.fake.respond(request)
        found = self.fake.fetch(request)
        if isinstance(found, int):
            return Response(found, b"there is no such result, or no longer\n", {"content-type": "text/plain"})
        return Response(200, render(found.artifact), found.headers, found.wire)

    @contextmanager
    def _running(self) -> Iterator[None]:
        if self not in _router():
            self.fake.reset()
        with self:
            yield


def patch(fake: Fake | None = None, **settings: Any) -> Patch:
    """Answer httpx calls to the real hosts with a fake; ``settings`` are those of ``Settings``.

    ``with patch(pace="instant") as patched: …`` or ``@patch(pace="instant")``. Raises ``MockserverError``.
    """
    return Patch(fake or Fake(Settings(**settings)))


def _router() -> HttpxRouter:
    try:
        from mockserver.adapters.testing.httpx_router import ROUTER
    except ModuleNotFoundError as error:
        raise MissingPackage("mockserver.patch()", "httpx and respx", "kit") from error
    return ROUTER
