"""Destinations: where callbacks may go, by host name, network and port, for a fake that strangers share."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from mockserver.errors import BadSetting, MockserverError
from mockserver.suggestions import quoted
from mockserver.types import value

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ALLOW, DENY = "--allow-callbacks-to", "--deny-callbacks-to"

_NAME = re.compile(r"[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*")
_NUMBER = re.compile(r"[0-9a-fx.]+")
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))


class RefusedDestination(MockserverError):
    """A callback that may not be sent to where its URL points."""


@value
class Destination:
    """What one option names: hosts by a name that may contain ``*``, or by networks; at one port, or at all."""

    text: str
    name: str
    networks: tuple[Network, ...]
    port: int | None

    @classmethod
    def parse(cls, text: str, option: str) -> Destination:
        """Read ``*.example.com``, ``10.0.0.0/8``, ``::1`` or ``host:8080``. Raises ``BadSetting``."""
        place, colon, number = text.rpartition(":")
        if not colon or (":" in place and not place.endswith("]")):
            place, number = text, ""  # without a port; an IPv6 address has more than one colon
        is_port = number.isascii() and number.isdigit() and 0 < int(number[:6]) < 65536
        if bool(number) != is_port or (text.endswith(":") and place != text):
            raise _bad(text, option)
        place, port = place.removeprefix("[").removesuffix("]"), int(number) if number else None
        name = _normal(place)
        if name == "localhost":
            return cls(text, name, _LOOPBACK, port)
        if network := _network(place):
            return cls(text, "", (network,), port)
        if not _NAME.fullmatch(name):
            raise _bad(text, option)
        return cls(text, name, (), port)

    def has_name(self, host: str, port: int) -> bool:
        """Whether it names a host, which is spelled in lower case."""
        return self.port in (None, port) and bool(self.name) and fnmatchcase(host, self.name)

    def has_address(self, address: Address, port: int) -> bool:
        """Whether it names an address."""
        return self.port in (None, port) and any(
            form in network for form in _forms(address) for network in self.networks
        )


@value
class Destinations:
    """Where callbacks may go: nowhere that is ``denied``, and only where they are ``allowed`` if anything is."""

    allowed: tuple[Destination, ...] = ()
    denied: tuple[Destination, ...] = ()

    @classmethod
    def parse(cls, allowed: Iterable[str], denied: Iterable[str]) -> Destinations:
        """Read the values of the two options. Raises ``BadSetting``."""
        return cls(
            tuple(Destination.parse(text, ALLOW) for text in allowed),
            tuple(Destination.parse(text, DENY) for text in denied),
        )

    def __bool__(self) -> bool:
        """Whether there is anything to check."""
        return bool(self.allowed or self.denied)

    def reachable(self, host: str, port: int, addresses: Iterable[str]) -> tuple[str, ...]:
        """Return the addresses of a host that a callback may be sent to. Raises ``RefusedDestination``.

        One denied address is enough for a refusal: whoever names it beside a good one is up to something.
        """
        name = _normal(host)
        known = {text: _scopeless(text) for text in addresses}
        for rule in self.denied:
            if rule.has_name(name, port):
                raise RefusedDestination(f"{host}:{port} is denied by {DENY} {rule.text}.")
            for text, address in known.items():
                if rule.has_address(address, port):
                    raise RefusedDestination(f"{host}:{port} is {text}, which is denied by {DENY} {rule.text}.")
        if not self.allowed or any(rule.has_name(name, port) for rule in self.allowed):
            return tuple(known)
        kept = tuple(
            text for text, address in known.items() if any(rule.has_address(address, port) for rule in self.allowed)
        )
        if not kept:
            raise RefusedDestination(f"{host}:{port} is none of those that {ALLOW} names. Add it there to send to it.")
        return kept


def literal(host: str) -> str | None:
    """Return the address that a host spells out, in its usual spelling: ``127.0.0.1`` for ``0x7f.1`` and 2130706433.

    ``None`` for a name, which has to be looked up.
    """
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return str(IPv4Address(socket.inet_aton(host))) if _NUMBER.fullmatch(host.lower()) else None
    except OSError:
        return None


def is_loopback(name: str) -> bool:
    """Whether a name or an address is this machine's own."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    # A socket for both kinds of address shows 127.0.0.1 as ::ffff:127.0.0.1.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _network(place: str) -> Network | None:
    try:
        return ip_network(literal(place) or place, strict=False)
    except ValueError:
        return None


def _scopeless(address: str) -> Address:
    return ip_address(address.partition("%")[0])


def _forms(address: Address) -> Iterator[Address]:
    """Yield the addresses that lead to the same place: ``::ffff:127.0.0.1`` and ``0.0.0.0`` lead to 127.0.0.1."""
    yield address
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if mapped is not None:
        yield mapped
    if (mapped or address).is_unspecified:
        yield from (network[1 if network.version == 4 else 0] for network in _LOOPBACK)


def _normal(host: str) -> str:
    """Spell a name as it is looked up."""
    name = host.lower().rstrip(".")
    try:
        return ".".join(part if "*" in part else part.encode("idna").decode() for part in name.split("."))
    except UnicodeError:
        return name


def _bad(text: str, option: str) -> BadSetting:
    return BadSetting(
        option, f"{quoted(text)} is not a host. Write one such as *.example.com, 10.0.0.0/8 or localhost:8080."
    )
