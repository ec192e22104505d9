"""The entry of a server that speaks TLS; who speaks plain HTTP to it is told so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from mockserver.adapters.http.connection.desk import Desk
from mockserver.adapters.http.connection.entry import Entry
from mockserver.adapters.http.protocol import Protocol
from mockserver.adapters.tls.certificates import Certificates
from mockserver.adapters.tls.session import Session
from mockserver.fake.answering.refusal import Refused

_PLAIN = "it is not encrypted, and this server speaks TLS here. Use https:// in the place of http://"


class Unencrypted(Protocol):
    """A connection that should have been encrypted: each request is refused."""

    def _check_head(self) -> None:
        super()._check_head()
        raise Refused("not-http", fact=_PLAIN)


def https(certificates: Certificates, inner: Callable[..., asyncio.Protocol] = Protocol) -> Entry:
    """Return the entry of a server that speaks HTTP within TLS, by ``inner``, made of a desk and what uvicorn gives."""

    def made(desk: Desk, **named: Any) -> asyncio.Protocol:
        secure, plain = partial(inner, desk, **named), partial(Unencrypted, desk, **named)
        return Session(certificates.context, named["server_state"], secure, plain)

    return Entry(lambda desk: partial(made, desk), "https")
