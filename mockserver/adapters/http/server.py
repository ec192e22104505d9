"""The fake on a socket: uvicorn that starts fast, reports when it is ready, and stops within a second."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from mockserver.adapters.http.asgi import FakeEndpoint, application
from mockserver.adapters.http.connection.desk import Desk
from mockserver.adapters.http.connection.entry import Entry
from mockserver.adapters.http.protocol import Protocol
from mockserver.adapters.http.stack import roomy
from mockserver.errors import BadSetting
from mockserver.fake.core import Fake

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_PATIENCE_SECONDS = 0.3
"""How long requests in flight have when the server stops; Ctrl-C should take less than a second in all."""

_IDLE_SECONDS = 75
"""How long a connection rests between two requests, as with nginx. uvicorn's five seconds are a usual pause between two
polls: the connection of such a client would be closed just as it sends, and a create may not be sent again."""

PLAIN = Entry(lambda desk: partial(Protocol, desk))
"""HTTP, as it is."""

_OTHER_ADDRESS = "Choose an address of this machine, such as --host 127.0.0.1."

_WAYS_OUT = {
    errno.EADDRINUSE: "End what listens there, or choose --port 0 for a free port.",
    errno.EACCES: "Choose a port from 1024 on, or --port 0 for a free port.",
}
"""What to do about an address that cannot be had, by the number of the error."""


class Server(uvicorn.Server):
    """One fake on one socket that is already bound."""

    def __init__(
        self,
        fake: Fake,
        listener: socket.socket,
        ready: Callable[[str], None],
        control_token: str | None = None,
        app: ASGIApp | None = None,
        patience_seconds: float = _PATIENCE_SECONDS,
        entry: Entry = PLAIN,
    ) -> None:
        """``ready`` is called with the base URL once requests are answered; ``entry`` is what connections speak.

        ``app`` answers instead of the fake's application, and sets the date of its answers itself. Requests in flight
        have ``patience_seconds`` to end when it stops.
        """
        own = application(fake, control_token) if app is None else None
        endpoint = FakeEndpoint(fake) if own is None else own.endpoint
        desk = Desk(endpoint.refuse, endpoint.failed, None if own is None else endpoint.at_once, endpoint.deliver)
        self._holding = endpoint.holding
        self._app = app or own
        config = uvicorn.Config(
            self._app,  # type: ignore[arg-type] # there is one, and the types of Starlette's are looser
            date_header=app is None,
            http=entry.protocol(desk),  # type: ignore[arg-type] # it is called like a class
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=patience_seconds,  # type: ignore[arg-type] # any number of seconds will do
        )
        super().__init__(config)
        self._listener, self._ready, self._scheme = listener, ready, entry.scheme

    @property
    def url(self) -> str:
        """Where it listens."""
        return url_of(self._listener, self._scheme)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal."""
        run = super().run
        roomy(lambda: run([self._listener] if sockets is None else sockets))

    def run_to_the_end(self) -> None:
        """Serve until a signal, as the last thing that a process does.

        The loop stays open: closing it would wait for a film that is rendered, or a name that is looked up.
        """
        # What is here now stays, and so do tasks: a search for garbage among them would take time and find none.
        gc.freeze()
        gc.enable()
        gc.set_threshold(50_000, 20, 100)
        factory = self.config.get_loop_factory() or asyncio.new_event_loop
        loop = factory()
        roomy(lambda: loop.run_until_complete(self.serve([self._listener])))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and report that it is ready."""
        await super().startup(sockets)
        if not self.should_exit:
            self._ready(self.url)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop: it is not ready for anything more, and streams of events end."""
        if (state := getattr(self._app, "state", None)) is not None:
            state.is_stopping = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop. What is held goes out; requests that do not end in time are cut off.

        uvicorn would print tracebacks for those.
        """
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._holding.end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at Ctrl-C, SIGTERM and the end of the terminal; uvicorn would raise them again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread gets signals
            return
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        # What nohup or a shell lets us ignore stays ignored.
        handled = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
        before = [signal.signal(number, self.handle_exit) for number in handled]
        try:
            yield
        finally:
            for number, handler in zip(handled, before, strict=True):
                signal.signal(number, handler)


def listen(host: str, port: int) -> socket.socket:
    """Bind a socket; port 0 takes a free one. Raises ``BadSetting``."""
    try:
        if not host:  # the socket module would take it for every address of the machine
            raise OSError("the host is empty")
        if not host.isascii():
            host.encode("idna")  # the socket module would leave a socket open that it cannot bind to such a name
        return socket.create_server((host, port), family=_family(host), backlog=2048)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        # The numbers of socket.gaierror, about names, are no numbers of errors.
        number = 0 if isinstance(error, socket.gaierror) else getattr(error, "errno", None) or 0
        text = f"cannot listen on {f'{host}:{port}'!r}: {reason}. {_WAYS_OUT.get(number, _OTHER_ADDRESS)}"
        raise BadSetting("--host and --port", text) from error


def url_of(listener: socket.socket, scheme: str = "http") -> str:
    """Return the base URL of what listens on a socket."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"{scheme}://{shown}:{port}"


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
