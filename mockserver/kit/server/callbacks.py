"""Callbacks: a receiver on this machine that keeps what a server sends, and how their signatures are verified."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, Self
from urllib.parse import unquote

import jiter

from mockserver.kit.server.spending.budget import RealTime, Time
from mockserver.types import JSON, Millis

_HOOK = "/hook/"
_LARGEST_BYTES = 1 << 20
_PATIENCE_SECONDS = 10.0
"""How long a server may take to send a callback once it has connected."""

_POLL_SECONDS = 0.05
"""How soon the receiver notices that it should stop."""

_TOLERANCE_SECONDS = 5 * 60
"""By so much the time of a signature may differ from the receiver's, as Standard Webhooks recommends."""


@dataclass(frozen=True, slots=True)
class Callback:
    """One request that the server sent to the kit's receiver, and the watched task it is for."""

    at: Millis
    task: str
    method: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> JSON:
        """Its body; ``None`` if that is not JSON."""
        try:
            return jiter.from_json(self.body, allow_inf_nan=False)
        except ValueError:
            return None


class CallbackReceiver(Protocol):
    """Where callbacks arrive, however they do."""

    def url(self, task: str) -> str:
        """Return the URL for the callbacks of a watched task."""

    def received(self) -> tuple[Callback, ...]:
        """Return what has come so far, in order."""


class Receiver:
    """An HTTP server on loopback that answers 200 to anything; it listens while the context is open."""

    def __init__(self, clock: Time | None = None) -> None:
        self._clock = clock or RealTime()
        self._received: list[Callback] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, task: str) -> str:
        """Return the URL for the callbacks of a watched task; its name must need no escaping in a path."""
        return f"http://127.0.0.1:{self._server.server_port}{_HOOK}{task}"

    def received(self) -> tuple[Callback, ...]:
        """Return what has come so far, in order."""
        with self._lock:
            return tuple(self._received)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _PATIENCE_SECONDS

            def _take(self) -> None:
                at = receiver._clock.now()
                length = self.headers.get("content-length", "0")
                body = self.rfile.read(min(int(length), _LARGEST_BYTES) if length.isdecimal() else 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                task = unquote(self.path.partition("?")[0].removeprefix(_HOOK))
                with receiver._lock:
                    receiver._received.append(Callback(at, task, self.command, headers, body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = do_PATCH = _take  # noqa: N815 # the names that http.server looks for

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def signature_fault(secret: str, callback: Callback) -> str | None:
    """Say what is wrong with a callback's signature by Standard Webhooks (kling 3); ``None`` if nothing is.

    ``secret`` is ``whsec_`` and Base64. The time that counts is when the callback came, so that it can be judged later.
    """
    from standardwebhooks import Webhook

    headers = {name: callback.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")}
    if not all(headers.values()):
        return f"no webhook-{next(name for name, value in headers.items() if not value)}"
    if not headers["timestamp"].isdecimal():
        return f"webhook-timestamp {headers['timestamp']} is not a time"
    moment = int(headers["timestamp"])
    if abs(moment - callback.at // 1000) > _TOLERANCE_SECONDS:
        return f"webhook-timestamp {moment}, but it came at {callback.at // 1000}"
    try:
        wanted = Webhook(secret).sign(headers["id"], datetime.fromtimestamp(moment, UTC), callback.body.decode())
    except ValueError as error:  # a body that is not text, or a time after the year 9999
        return f"cannot be verified: {error}"
    return None if wanted in headers["signature"].split() else f"{headers['signature']} instead of {wanted}"
