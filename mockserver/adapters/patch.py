"""The fake without a socket: calls that httpx makes to the real hosts are answered in this process, through respx."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from mockserver.adapters.handle import Handle
from mockserver.fake.core import Fake
from mockserver.fake.media import render
from mockserver.fake.results import PATH
from mockserver.settings import Settings
from mockserver.types import Request, Response, Wire

if TYPE_CHECKING:
    import httpx
    import respx

P = ParamSpec("P")
R = TypeVar("R")


class Patch(Handle):
    """A context manager and a decorator, of plain and of async functions; the fake is at ``.fake``.

    Calls to other hosts go out as ever. Nobody sends callbacks here: ``fake.due()`` hands them out, and
    ``mockserver.live()`` sends them. A fault that is slow takes no time, unless the client would have lost patience.
    """

    def __init__(self, fake: Fake) -> None:
        super().__init__(fake)
        self._router: respx.MockRouter | None = None

    def __enter__(self) -> Self:
        import respx

        self._router = respx.MockRouter(assert_all_called=False)
        hosts = tuple(host for service in self.fake.world.services for host in service.hosts)
        self._router.route(host__in=hosts).mock(side_effect=self._answer)
        self._router.route().pass_through()
        self._router.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._router is not None:
            self._router.stop()
            self._router = None

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Patch while a function runs; each run begins with an empty fake."""
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def run_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    self.fake.reset()
                    return await function(*args, **kwargs)

            return run_async  # type: ignore[return-value] # R is the coroutine

        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                self.fake.reset()
                return function(*args, **kwargs)

        return run

    def _answer(self, request: httpx.Request) -> httpx.Response:
        import httpx

        asked = Request(
            method=request.method,
            path=request.url.raw_path.partition(b"?")[0].decode("ascii"),
            query=request.url.query.decode("ascii"),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.content,
            scheme=request.url.scheme,
        )
        is_result = asked.path.startswith(PATH) and asked.method in ("GET", "HEAD")
        answer = self._result(asked) if is_result else self.fake.respond(asked)
        content = _carried(answer, request) if answer.wire else answer.body
        return httpx.Response(answer.status, headers=dict(answer.headers), content=content)

    def _result(self, asked: Request) -> Response:
        found = self.fake.fetch(asked)
        if isinstance(found, int):
            return Response(found, b"there is no such result, or no longer\n", {"content-type": "text/plain"})
        return Response(200, render(found.artifact), found.headers, found.wire)


def _carried(answer: Response, request: httpx.Request) -> bytes:
    """Let befall an answer what its ``wire`` says, as httpx would tell it."""
    import httpx

    wire = answer.wire or Wire()
    patience = request.extensions.get("timeout", {}).get("read")
    if wire.hangs or (patience is not None and wire.headers_after > patience * 1000):
        raise httpx.ReadTimeout("the fake does not answer in time", request=request)
    if wire.resets != "no":
        raise httpx.ReadError("the fake reset the connection", request=request)
    return answer.body


def patch(fake: Fake | None = None, **settings: Any) -> Patch:
    """Answer httpx calls to the real hosts with a fake; ``settings`` are those of ``Settings``.

    ``with patch(pace="instant") as patched: …`` or ``@patch(pace="instant")``. Raises ``MockserverError``.
    """
    return Patch(fake or Fake(Settings(**settings)))
