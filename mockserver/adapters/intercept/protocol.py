"""HTTP/1 as a proxy is spoken to: CONNECT, and requests for whole URLs.

Within a tunnel to the host of a service a client finds the fake, with a certificate of that host. So whatever happens
to a connection on its way happens here as it does without a proxy.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mockserver.adapters.http.connection import head
from mockserver.adapters.http.connection.desk import Desk
from mockserver.adapters.http.protocol import Protocol
from mockserver.adapters.http.workers import Workers
from mockserver.adapters.intercept.forwarding import Forwarding
from mockserver.adapters.intercept.gate import PLAIN_PORT, TLS_PORT, Gate, HostRefused, target
from mockserver.adapters.intercept.tunnel import ESTABLISHED, WayOut
from mockserver.adapters.tls.certificates import Certificates
from mockserver.adapters.tls.entry import Unencrypted
from mockserver.adapters.tls.session import Session
from mockserver.destinations import is_loopback
from mockserver.fake.answering.refusal import Refused
from mockserver.types import Reason, Request

_PROXYS = b"proxy-"
"""What the names of headers begin with that are for a proxy, and that no service ever sees."""

_BUSY = "CONNECT came before the answer to the request before it. Wait for that, or use another connection."


class Intercepting(Protocol):
    """A connection of a client that takes us for its proxy, or for the fake itself."""

    def __init__(self, desk: Desk, gate: Gate, certificates: Certificates, workers: Workers, **named: Any) -> None:
        """``named`` is uvicorn's."""
        super().__init__(desk, **named)
        self._gate, self._certificates, self._workers, self._named = gate, certificates, workers, named
        self._usual_app = self.app
        self._is_tunnel = False

    def on_message_begin(self) -> None:
        """Begin a request, for the fake and by the scheme of the connection until it says something else."""
        super().on_message_begin()
        self.app = self._usual_app
        self.scheme = "https" if self.transport.get_extra_info("sslcontext") else "http"

    def on_message_complete(self) -> None:
        """End a request, unless it is for a tunnel."""
        if not self._is_tunnel:
            super().on_message_complete()

    def _is_offering(self) -> bool:
        if self.parser.should_upgrade() and self.parser.get_method() == b"CONNECT":
            self._is_tunnel = True
            return True
        return super()._is_offering()

    def _after_offer(self, rest: bytes) -> bytes:
        if not self._is_tunnel:
            return super()._after_offer(rest)
        self._in_head, self._deadline.at = False, None
        self._lead(rest)
        return b""

    def _check_head(self) -> None:
        """Take a whole URL, of one of the fake's hosts or of one that is let out."""
        found = head.origin(self.url)
        if found is None:
            super()._check_head()
            return
        scheme, authority = found
        try:
            host, port = target(authority if ":" in authority.rpartition("]")[2] else f"{authority}:{_PORTS[scheme]}")
            way = self._gate.way(host, port, is_near=self._is_near)
        except HostRefused as refused:
            raise _refused(str(refused)) from refused
        super()._check_head()
        self.headers[:] = [pair for pair in self.headers if not pair[0].startswith(_PROXYS)]
        if way == "fake":
            self.scheme = "https" if scheme == "https" else "http"
        else:
            self.app = Forwarding(scheme, authority)

    def _may_be_held(self) -> bool:
        return self.app is self._usual_app and super()._may_be_held()

    @property
    def _is_near(self) -> bool:
        """Whether the client is on this machine."""
        return self.client is None or is_loopback(self.client[0])

    def _lead(self, rest: bytes) -> None:
        """Make a tunnel, and leave the connection to who speaks in it."""
        before: RequestResponseCycle | None = self.cycle
        if before is not None and not before.response_complete:
            self._refuse(_BUSY)
            return
        try:
            host, port = target(self.url.decode("latin-1"))
            way = self._gate.way(host, port, is_near=self._is_near)
        except HostRefused as refused:
            self._refuse(str(refused))
            return
        bare: asyncio.Transport = self.transport.bare  # type: ignore[attr-defined] # it is a Gathering
        self.connections.discard(self)
        self._deadline.end()
        if way == "out":
            found = WayOut(bare, self.server_state.connections, self._workers, self._refuse)
            bare.set_protocol(found)
            found.lead(host, port, rest)
            return
        bare.write(ESTABLISHED)
        secure = partial(Protocol, self._desk, **self._named)
        plain = partial(Protocol if port == PLAIN_PORT else Unencrypted, self._desk, **self._named)
        session = Session(self._certificates.context, self.server_state, secure, plain)
        bare.set_protocol(session)
        session.connection_made(bare)
        if rest:
            session.data_received(rest)

    def _refuse(self, reason: str) -> None:
        """Refuse a tunnel; the connection ends."""
        request = Request("CONNECT", self.url.decode("latin-1"), "", {})
        self._refused = refused = _refused(reason)
        self._workers.start("refusals of tunnels", self._say_no(request, refused, reason), "a tunnel was not refused")

    async def _say_no(self, request: Request, refused: Refused, reason: str) -> None:
        """Answer CONNECT. Nearly all that clients tell of such an answer is its first line."""
        answer = await self._desk.refuse(request, refused)
        fields = {**answer.headers, "content-length": str(len(answer.body)), "connection": "close"}
        lines = [f"HTTP/1.1 {answer.status} Refused by mockserver: {reason}", *(f"{k}: {v}" for k, v in fields.items())]
        self.transport.lingers = True  # type: ignore[attr-defined] # it is a Gathering
        self.transport.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + answer.body)
        self.transport.close()


_PORTS = {"http": PLAIN_PORT, "https": TLS_PORT}


def _refused(reason: str) -> Refused:
    return Refused("not-http", fact=reason.rstrip("."), reason=Reason("route", reason, "host"))
