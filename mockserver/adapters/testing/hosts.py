"""Hosts: where requests may go while a patch is entered, and what is said of those that may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from mockserver.contract.service import Service
from mockserver.destinations import is_loopback
from mockserver.errors import BadSetting, MockserverError
from mockserver.types import value

_NEAR = 0.55
"""How much two names of domains must share to be near: ``kling-typo`` is near to ``klingai``, ``openai`` is not."""


class HostRefused(MockserverError):
    """A request to a ``host`` that a patch neither answers nor lets out."""

    def __init__(self, host: str, hint: str) -> None:
        super().__init__(f"mockserver.patch() lets nothing out to {host!r}{hint}")
        self.host = host


@value
class Advice:
    """What to do about a host: one of a service that is not served, by its name, or any other."""

    of_service: str
    of_host: str


_ADVICE = Advice("Write services=['{0}', …].", "Write pass_through=['{0}'] to send such requests.")


class Hosts:
    """The hosts of one fake: those whose service it is, and those that are let out.

    Loopback is let out as well: the server of an application under test is there.
    """

    def __init__(self, services: Iterable[Service], public_url: str | None, pass_through: object) -> None:
        """``pass_through`` is a list of hosts, which may contain ``*``. Raises ``BadSetting``."""
        own = {host for service in services for host in service.hosts}
        self.own = frozenset(own if public_url is None else {*own, urlsplit(public_url).hostname or ""})
        self.pass_through = _listed(pass_through)

    def lets_out(self, host: str) -> bool:
        """Whether a request to a host that is not our own goes out as usual."""
        # To a client, 0.0.0.0 is this machine, too.
        is_own = is_loopback(host) or host in ("0.0.0.0", "::")  # noqa: S104 # nothing is bound
        return is_own or any(fnmatchcase(host, pattern) for pattern in self.pass_through)

    def refusal(self, host: str, known: Mapping[str, Service]) -> HostRefused:
        """Return the error for a host; ``known`` are all services that the contract has."""
        return HostRefused(host, self.hint(host, known, _ADVICE))

    def hint(self, host: str, known: Mapping[str, Service], advice: Advice) -> str:
        """Return how a sentence about a host ends that leads nowhere: what it is, and what to do."""
        for service in known.values():
            if host in service.hosts:
                return f": it is a host of {service.id!r}. {advice.of_service.format(service.id)}"
        likeness = {each: (_likeness(_domain(host), _domain(each)), _likeness(host, each)) for each in self.own}
        near = [each for each, (of_domain, _) in likeness.items() if of_domain >= _NEAR]
        meant = f"; did you mean {max(near, key=lambda each: likeness[each])!r}?" if near else "."
        return f"{meant} {advice.of_host.format(host)}"


def canonical(host: str) -> str:
    """Return a host as it is compared: without the dot that may end it."""
    return host.rstrip(".").lower()


def _listed(hosts: object) -> tuple[str, ...]:
    if isinstance(hosts, Sequence | AbstractSet) and not isinstance(hosts, str | bytes):
        names = [canonical(host) for host in hosts if isinstance(host, str) and host and "/" not in host]
        if len(names) == len(hosts):
            return tuple(names)
    raise BadSetting("pass_through", "this is not a list of hosts. Write a list such as ['example.com'], or ['*'].")


def _likeness(name: str, known: str) -> float:
    return SequenceMatcher(None, name, known).ratio()


def _domain(host: str) -> str:
    """Return the label that tells hosts apart: most begin with api and end with com."""
    return (host.split(".")[-2:] or [host])[0]
