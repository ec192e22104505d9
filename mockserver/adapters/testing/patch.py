"""The fake without a socket: calls of httpx to the real hosts are answered in this process, through respx."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from mockserver.adapters.testing.decoration import decorated
from mockserver.adapters.testing.handle import Handle, Options, fake_of
from mockserver.adapters.testing.hosts import HostRefused, Hosts
from mockserver.errors import MissingPackage
from mockserver.fake.answering.headers import annotated
from mockserver.fake.core import Fake
from mockserver.fake.media.render import render
from mockserver.fake.media.results import PATH, Gone
from mockserver.types import Request, Response

if TYPE_CHECKING:
    from mockserver.adapters.testing.httpx_router import HttpxRouter

T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., object])


class Run:
    """A fake that answers while it is entered: in a ``with`` block, or in one run of some decorated functions."""

    def __init__(self, patch: Patch, fake: Fake, functions: frozenset[object] = frozenset()) -> None:
        """``functions`` are those that run in it, each of them once."""
        self.patch, self.fake, self.functions = patch, fake, functions
        world = fake.world
        self.hosts = Hosts(world.services, world.settings.public_url, patch.pass_through)

    def __enter__(self) -> Self:
        _httpx_router().enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        _httpx_router().leave(self)

    def hold(self) -> Callable[[], None]:
        """Keep it answering for the tasks and threads that began in it, and return what ends that."""
        _httpx_router().hold(self)
        return partial(_httpx_router().release, self)

    def answer(self, request: Request) -> Response:
        """Answer a request to one of our own hosts: as the service, or as the server of its results."""
        if not request.path.startswith(PATH) or request.method not in ("GET", "HEAD"):
            return self.fake.respond(request)
        found = self.fake.fetch(request)
        if isinstance(found, Gone):
            text = b"there is no such result, or it has expired\n"
            return annotated(Response(found.status, text, {"content-type": "text/plain"}, reason=found.reason), ())
        return Response(200, render(found.artifact), found.headers, found.wire)

    def is_held(self, number: int) -> bool:
        """Whether an answer has to wait still: nobody has released it, and this is still entered."""
        held = self.fake.world.held
        is_left = number in self.fake.turn(lambda: held.left([number]))
        return is_left and _httpx_router().is_entered(lambda run: run is self)

    def forget(self, number: int) -> None:
        """Take note that an answer was sent, or that its client has left."""
        self.fake.turn(lambda: self.fake.world.held.forget(number))

    def refusal(self, host: str) -> HostRefused:
        """Return the error for a request to a host that is neither ours nor let out."""
        return self.hosts.refusal(host, self.fake.world.catalog.services)


class Patch(Handle):
    """A context manager, and a decorator of functions of any kind; the fake is at ``.fake``.

    Clients of httpx and httpx2 are answered; of several patches the innermost answers. Other hosts are refused, but for
    loopback and those in ``pass_through``. Callbacks are not sent: ``fake.delivered()`` returns them, and
    ``mockserver.live()`` sends them. A slow fault takes no time, unless the client would have timed out. An
    answer that is held waits in real time, until it is released or the client times out.
    """

    def __init__(self, fake: Fake, pass_through: Sequence[str] = (), *, is_shared: bool = True) -> None:
        """``is_shared``: all runs of decorated functions use this fake, and not each one of its own."""
        super().__init__(fake)
        self.pass_through = pass_through
        self._is_shared = is_shared
        self._usual = self._last = Run(self, fake)

    @property
    def fake(self) -> Fake:
        """The fake of the run that this is called in, or of the last one that began."""
        return (self._current() or self._last).fake

    def __enter__(self) -> Self:
        """Raises ``MissingPackage``."""
        self._usual.__enter__()
        self._last = self._usual
        return self

    def __exit__(self, *_: object) -> None:
        self._usual.__exit__()

    def __call__(self, function: T) -> T:
        """Patch while the body of a function runs, also that of a coroutine, a generator or a fixture that yields.

        Each run has a fake of its own, unless a fake was handed over; another function that is decorated by this
        patch and called in a run shares its fake. Raises ``CannotDecorate`` for a class and what is no function.
        """
        return decorated(function, self._begin)

    def _begin(self, function: object) -> Run:
        outer = self._current()
        if outer is not None and function not in outer.functions:
            run = Run(self, outer.fake, outer.functions | {function})
        elif self._is_shared:
            if outer is None and not _httpx_router().is_entered(self._is_mine):
                self._usual.fake.reset()
            run = Run(self, self._usual.fake, frozenset({function}))
        else:
            usual = self._usual.fake
            run = Run(self, Fake(usual.settings, catalog=usual.world.catalog), frozenset({function}))
        self._last = run
        return run

    def _current(self) -> Run | None:
        """Return the innermost run of this patch that this thread or task is in."""
        return next((run for run in _httpx_router().own() if isinstance(run, Run) and run.patch is self), None)

    def _is_mine(self, run: object) -> bool:
        return isinstance(run, Run) and run.patch is self


@overload
def patch(fake: C, /) -> C: ...


@overload
def patch(
    fake: Fake | None = None,
    *,
    pass_through: Sequence[str] = (),
    schemas: Sequence[str | Path] = (),
    **settings: Unpack[Options],
) -> Patch: ...


def patch(
    fake: Any = None, *, pass_through: Sequence[str] = (), schemas: Sequence[str | Path] = (), **settings: Any
) -> Any:
    """Answer httpx calls to the real hosts with a fake; ``settings`` are those of ``Settings``.

    ``with patch(pace="instant") as patched: …``, ``@patch(pace="instant")`` or ``@patch``. Other hosts are refused, but
    for loopback and those in ``pass_through``: ``["example.com", "*.example.com"]``, or ``["*"]`` for all.
    ``schemas`` are folders of services that the fake knows besides. Raises ``MockserverError``.
    """
    if fake is None or isinstance(fake, Fake) or not callable(fake):
        return Patch(fake_of(fake, settings, schemas), pass_through, is_shared=fake is not None)
    return Patch(fake_of(None, settings, schemas), pass_through, is_shared=False)(fake)


def _httpx_router() -> HttpxRouter:
    try:
        from mockserver.adapters.testing.httpx_router import ROUTER
    except ModuleNotFoundError as error:
        raise MissingPackage("mockserver.patch()", "httpx and respx", "kit") from error
    return ROUTER
