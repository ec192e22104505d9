"""The entry of a server that is a proxy as well."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mockserver.adapters.http.connection.desk import Desk
from mockserver.adapters.http.connection.entry import Entry
from mockserver.adapters.http.workers import Workers
from mockserver.adapters.intercept.gate import Gate
from mockserver.adapters.intercept.protocol import Intercepting
from mockserver.adapters.tls.certificates import Certificates
from mockserver.adapters.tls.entry import https
from mockserver.fake.core import Fake


def intercepting(fake: Fake, passed: tuple[str, ...], certificates: Certificates, *, is_https: bool = False) -> Entry:
    """Return the entry of a proxy in front of a fake; ``passed`` are the hosts of --pass. Raises ``BadSetting``."""
    gate, workers = Gate(fake, passed), Workers()

    def made(desk: Desk, **named: object) -> Intercepting:
        return Intercepting(desk, gate, certificates, workers, **named)

    protocol: Callable[[Desk], Callable[..., Intercepting]] = lambda desk: partial(made, desk)  # noqa: E731
    return https(certificates, made) if is_https else Entry(protocol)
