"""Servers that speak TLS or are proxies, and clients that are no library's: sockets."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from mockserver.adapters.http.server import Server, listen
from mockserver.adapters.intercept.entry import intercepting
from mockserver.adapters.tls.certificates import Certificates
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.trust.authority import Authority
from tests.conftest import PATIENCE

HOST = "api-singapore.klingai.com"


@dataclass(frozen=True)
class Proxied:
    """A fake that is a proxy."""

    fake: Fake
    url: str

    @property
    def port(self) -> int:
        return int(urlsplit(self.url).port or 0)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def asked(self, sent: bytes) -> bytes:
        """Send bytes, and return all that comes until the connection ends."""
        with self.connect() as connection:
            connection.sendall(sent)
            return everything(connection)


@contextmanager
def proxied(passed: Sequence[str] = (), **settings: object) -> Iterator[Proxied]:
    """Run a fake that is a proxy, and lets some hosts out."""
    ready, fake = threading.Event(), Fake(Settings.named({"pace": "instant", **settings}))
    entry = intercepting(fake, tuple(passed), Certificates(Authority.own()))
    server = Server(fake, listen("127.0.0.1", 0), lambda _: ready.set(), entry=entry)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield Proxied(fake, server.url)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def trusting() -> ssl.SSLContext:
    """Return the context of a client that trusts the authority."""
    return ssl.create_default_context(cadata=Authority.own().pem)


def everything(connection: socket.socket) -> bytes:
    """Read until the end."""
    found = b""
    while data := connection.recv(65_536):
        found += data
    return found
