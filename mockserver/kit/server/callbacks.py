"""A receiver of callbacks on loopback: it keeps what it gets, with the time, and answers 200."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, Self
from urllib.parse import unquote

from mockserver.kit.server.budget import RealTime, Time
from mockserver.kit.server.evidence import Callback

_HOOK = "/hook/"
_MOST = 1 << 20
_PATIENCE = 10.0


class Mailbox(Protocol):
    """Where callbacks arrive, however they do."""

    def url(self, order: str) -> str:
        """Return where the callbacks of an order shall go."""

    def received(self) -> tuple[Callback, ...]:
        """Return what has come so far, in order."""


class Receiver:
    """Listens while the context is open."""

    def __init__(self, clock: Time | None = None) -> None:
        self._clock = clock or RealTime()
        self._received: list[Callback] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, order: str) -> str:
        """Return where the callbacks of an order shall go; ``order`` is made of what a path may hold."""
        return f"http://127.0.0.1:{self._server.server_port}{_HOOK}{order}"

    def received(self) -> tuple[Callback, ...]:
        """Return what has come so far, in order."""
        with self._lock:
            return tuple(self._received)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _PATIENCE

            def _take(self) -> None:
                at = receiver._clock.now()
                length = self.headers.get("content-length", "0")
                body = self.rfile.read(min(int(length), _MOST) if length.isdecimal() else 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                order = unquote(self.path.partition("?")[0].removeprefix(_HOOK))
                with receiver._lock:
                    receiver._received.append(Callback(at, order, self.command, headers, body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = do_PATCH = _take  # noqa: N815 # the names that http.server looks for

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
