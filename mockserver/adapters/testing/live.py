"""The fake on a thread, for clients of any library in the same process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Unpack

from mockserver.adapters.http.connection.entry import Entry
from mockserver.adapters.http.server import PLAIN, Server, listen
from mockserver.adapters.testing.handle import Handle, Options, fake_of
from mockserver.fake.core import Fake

_PATIENCE_SECONDS = 10.0
"""How long a start or a stop may take; both take a fraction of a second, but CI machines are slow."""


class Live(Handle):
    """A fake that answers at ``url``."""

    def __init__(self, fake: Fake, url: str) -> None:
        super().__init__(fake)
        self.url = url


@contextmanager
def live(
    fake: Fake | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    https: bool = False,
    schemas: Sequence[str | Path] = (),
    **settings: Unpack[Options],
) -> Iterator[Live]:
    """Run a fake on a thread while the context is open; port 0 takes a free one.

    ``https``: speak TLS, with a certificate of the authority that `mockserver ca` shows.
    ``settings`` are those of ``Settings``: ``live(pace="instant", seed=1)``; ``schemas`` are folders of services that
    it knows besides. Raises ``MockserverError``.
    """
    running = fake_of(fake, settings, schemas)
    ready = threading.Event()
    entry = _secure(host) if https else PLAIN
    server = Server(running, listen(host, port), lambda _: ready.set(), entry=entry)
    thread = threading.Thread(target=server.run, name="mockserver", daemon=True)
    thread.start()
    try:
        if not ready.wait(_PATIENCE_SECONDS):
            raise RuntimeError(f"mockserver did not start within {_PATIENCE_SECONDS:g} s")
        yield Live(running, server.url)
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_SECONDS)


def _secure(host: str) -> Entry:
    from mockserver.adapters.tls.certificates import Certificates
    from mockserver.adapters.tls.entry import https
    from mockserver.trust.authority import Authority

    return https(Certificates(Authority.own(), (host,)))
