"""Certificates: one for each host that a client asks for, made when it first does."""

from __future__ import annotations

import re
import ssl
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from mockserver.destinations import literal
from mockserver.trust.authority import Authority

if TYPE_CHECKING:
    import trustme

_BEFORE, _AFTER = timedelta(days=1), timedelta(days=365)
"""How long a certificate counts before and after it is made. Apple's systems take none of more than 398 days, and the
clock of a client may be slow."""

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
"""Whom a client means that names no host, because it connects to an address."""

_MOST_HOSTS = 256
"""Certificates that are kept: more hosts than any client has, and a bound for who asks for ever new ones."""

_LONGEST_HOST = 253
_HOST = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.?")
"""A name as it is asked for in TLS (RFC 6066, 3): ASCII, without an underscore, which no certificate can have."""


class Certificates:
    """The contexts of TLS, one for each host. ``own`` are further names of this server, such as that of --host."""

    def __init__(self, authority: Authority, own: tuple[str, ...] = ()) -> None:
        self.authority = authority
        self._own = tuple(dict.fromkeys([*_THIS_MACHINE, *filter(_may_be_named, own)]))
        self._contexts = OrderedDict[str, ssl.SSLContext]()

    @cached_property
    def context(self) -> ssl.SSLContext:
        """The context of a connection: it has the certificate of this machine, until a client asks for another host."""
        context = self._context(*self._own)
        context.sni_callback = self._take_host
        return context

    @cached_property
    def _issuer(self) -> trustme.CA:
        return self.authority.issuer()

    def _take_host(self, connection: ssl.SSLObject | ssl.SSLSocket, host: str | None, _: ssl.SSLContext) -> int | None:
        """Give a connection the certificate of the host that its client asks for."""
        if host is None or host.lower() in self._own:
            return None
        if not _may_be_named(host):
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        name = host.lower()
        context = self._contexts.get(name) or self._context(name)
        self._contexts[name] = context
        self._contexts.move_to_end(name)
        if len(self._contexts) > _MOST_HOSTS:
            self._contexts.popitem(last=False)
        connection.context = context
        return None

    def _context(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        now = datetime.now(UTC)
        leaf = self._issuer.issue_cert(
            *names,
            organization_name="mockserver",
            organization_unit_name=names[0][:64],
            not_before=now - _BEFORE,
            not_after=now + _AFTER,
        )
        leaf.configure_cert(context)
        return context


def _may_be_named(host: str) -> bool:
    """Whether a certificate can have a name or an address."""
    import idna  # trustme brings it, and asks it the same

    if literal(host) == host:
        return True
    try:
        return len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) is not None and bool(idna.encode(host, uts46=True))
    except idna.IDNAError:
        return False
