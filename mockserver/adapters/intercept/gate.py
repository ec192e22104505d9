"""The gate of a proxy: which hosts lead to the fake, which lead out, and why the others lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from mockserver.adapters.testing.hosts import Advice, Hosts, canonical
from mockserver.errors import BadSetting, MockserverError, noticed
from mockserver.fake.core import Fake
from mockserver.suggestions import quoted

Way = Literal["fake", "out"]

PLAIN_PORT, TLS_PORT = 80, 443
"""Where the services listen: the ports of http and https."""

_TARGET = re.compile(r"([A-Za-z0-9._-]{1,255}+|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})")
"""What CONNECT asks for: a host and a port (RFC 9110, 9.3.6)."""

_PATTERN = re.compile(r"[a-z0-9._*-]{1,255}|[0-9a-f:.]{2,45}")
"""A name, in which a star stands for anything, or an address."""

_MOST_TOLD = 100
"""Hosts that stderr tells of. Nobody reads more, and a client may ask for ever new ones."""

_ADVICE = Advice("Add --service {0} to serve it.", "Add --pass {0} to let it out.")


class HostRefused(MockserverError):
    """A host that leads nowhere; the text says why, and what to do."""


class Gate:
    """The gate of one fake. Its services may change while it runs."""

    def __init__(self, fake: Fake, passed: tuple[str, ...], tell: Callable[[str], None] = noticed) -> None:
        """``passed`` are the hosts of --pass; ``tell`` is called once for each host that is refused.

        Raises ``BadSetting``.
        """
        self._fake, self._passed, self._tell = fake, tuple(map(_pattern, passed)), tell
        self._told: set[str] = set()

    def way(self, host: str, port: int, *, is_near: bool = True) -> Way:
        """Return where a host leads. Raises ``HostRefused``.

        ``is_near``: its client is on this machine. Nobody else is let out: whoever may reach us could reach all that we
        can.
        """
        hosts, name = self._hosts(), canonical(host.removeprefix("[").removesuffix("]"))
        if name in hosts.own:
            if port in (PLAIN_PORT, TLS_PORT):
                return "fake"
            reason = f"{name}:{port} is no port of the service. Use https://{name}."
        elif not hosts.lets_out(name):
            reason = (
                f"{quoted(name)} is no host of this fake{hosts.hint(name, self._fake.world.catalog.services, _ADVICE)}"
            )
        elif is_near:
            return "out"
        else:
            reason = f"{quoted(name)} is not this fake, and only clients on its own machine are let out."
        if name not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(name)
            self._tell(f"--intercept: refused: {reason}")
        raise HostRefused(reason)

    def _hosts(self) -> Hosts:
        return Hosts(self._fake.world.services, self._fake.settings.public_url, self._passed)


def _pattern(text: str) -> str:
    name = canonical(text.strip().removeprefix("[").removesuffix("]"))
    if not _PATTERN.fullmatch(name):
        sentence = f"{quoted(text)} is not a host. Write one such as example.com or *.example.com, without a port."
        raise BadSetting("--pass", sentence)
    return name


def target(text: str) -> tuple[str, int]:
    """Return the host and the port that CONNECT asks for. Raises ``HostRefused``."""
    found = _TARGET.fullmatch(text)
    if found is None or not 0 < int(found[2]) < 65536:
        raise HostRefused("CONNECT asks for no host and port. Ask for one such as example.com:443.")
    return found[1], int(found[2])
