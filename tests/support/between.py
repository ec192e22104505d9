"""A proxy between a client and an upstream, all on loopback, each on a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from mockserver.adapters.http.server import Server, listen
from mockserver.adapters.proxy.forwarder import forwarding
from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.fake.core import Fake
from mockserver.fake.journal import Entry
from mockserver.settings import Settings
from mockserver.types import JSON
from tests.conftest import PATIENCE
from tests.support.representatives import CHOSEN

TOKEN = "key-of-mine-0123456789"

SERVICES = load().services

_LEAVING: list[threading.Thread] = []


def makers(service: str) -> list[Operation]:
    """Return what makes tasks at a service: the representatives, or one where others stand for its own."""
    found = [operation for operation in _existing(service) if operation.task]
    return [operation for operation in found if operation.id in CHOSEN] or found[:1]


def asked(service: str, maker: Operation) -> list[str]:
    """Return the paths on which a service is asked about what a maker makes, and those of no product."""
    made = {operation.product for operation in _existing(service) if operation.task} - {maker.product}
    return [each.path for each in _existing(service) if each.method == "GET" and each.product not in made]


def _existing(service: str) -> list[Operation]:
    found = SERVICES[service]
    defaults = {question.id: question.default for question in found.questions.values()}
    return [operation for operation in found.operations.values() if found.exists(operation.id, defaults)]


@contextmanager
def served(app: ASGIApp | None = None, fake: Fake | None = None) -> Iterator[str]:
    """Serve an application, or a fake, and yield its URL."""
    ready = threading.Event()
    server = Server(fake or Fake(), listen("127.0.0.1", 0), lambda _: ready.set(), app=app)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield server.url
    finally:
        server.should_exit = True
        _LEAVING.append(thread)


def wait_for_the_end() -> None:
    """Wait until all servers have stopped. Each takes a while, so a test does not wait for its own."""
    while _LEAVING:
        _LEAVING.pop().join(PATIENCE)


@dataclass
class Between:
    """A proxy that runs: where it is, what it knows, and the lines that it told."""

    url: str
    fake: Fake
    lines: list[str]
    client: httpx.Client

    @property
    def entries(self) -> list[Entry]:
        """The exchanges, oldest first."""
        return list(reversed(list(self.fake.requests)))

    def send(self, method: str, path: str, payload: JSON = None, **how: Any) -> httpx.Response:
        """Send a request with a token, in each header that a service may want it in."""
        headers = {"authorization": f"Bearer {TOKEN}", "x-api-key": TOKEN, **how.pop("headers", {})}
        body = {} if payload is None else {"json": payload}
        return self.client.request(method, path, headers=headers, **body, **how)

    def shown(self, path: str) -> Any:
        """Return what the control API shows."""
        return self.client.get(f"/_mock/{path}").json()


@contextmanager
def between(
    upstream: str, *, service: str = "kling", record: Path | None = None, patience: float = PATIENCE, **settings: Any
) -> Iterator[Between]:
    """Run a proxy in front of an upstream."""
    lines: list[str] = []
    fake, app = forwarding(upstream, Settings(services=(service,), **settings), lines.append, record, patience)
    with served(app, fake) as url, httpx.Client(base_url=url, timeout=PATIENCE, verify=False) as client:
        yield Between(url, fake, lines, client)


@contextmanager
def answering(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Listen, and let ``talk`` do as it likes with each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(PATIENCE)
                with connection, suppress(OSError):
                    talk(connection)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(PATIENCE)
