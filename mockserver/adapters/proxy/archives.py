"""Archives of exchanges with services: whose each exchange is, and what is wrong with it by the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from mockserver.adapters.proxy.inspection import Exchange, Inspection, Inspector
from mockserver.contract.routes import Match, Router
from mockserver.contract.service import Service
from mockserver.fake.core import Fake
from mockserver.fake.world import World
from mockserver.har.archive import Archive, Entry
from mockserver.settings import Settings
from mockserver.types import Millis

_CALLBACK = "callback"
"""What our own archives have of a callback: its id."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """An exchange of an archive with the service that it belongs to, and what is wrong with it."""

    entry: Entry
    service: Service
    inspection: Inspection


class Session:
    """The exchanges of an archive with services, as a fake would route them: by host and path."""

    def __init__(self, archive: Archive, settings: Settings) -> None:
        """A service in ``settings`` settles whose all exchanges are. Raises ``MockserverError``."""
        self._world: World = Fake(settings).world
        self._is_settled = bool(settings.services)
        self._router = Router(self._world.services, self._world.readings, settings.prefixes)
        self._inspectors: dict[str, Inspector] = {}
        self._archive = archive

    @cached_property
    def belonging(self) -> tuple[tuple[Entry, Service], ...]:
        """The exchanges that belong to a service, each with it."""
        return tuple(
            (entry, service) for entry in self._archive.entries if (service := self._service(entry)) is not None
        )

    @property
    def unanswered(self) -> int:
        """How many of them had no answer."""
        return sum(entry.response is None for entry, _ in self.belonging)

    @property
    def of_others(self) -> int:
        """How many exchanges belong to no service."""
        return len(self._archive.entries) - len(self.belonging) - sum(map(_is_callback, self._archive.entries))

    def inspected(self) -> Iterator[Inspected]:
        """Yield each exchange that was answered with what is wrong with it."""
        for entry, service in self.belonging:
            if entry.response is not None:
                exchange = Exchange(entry.request, entry.response, dict(entry.unknown))
                yield Inspected(entry, service, self._inspector(service).inspect(exchange, _moment(entry)))

    def _inspector(self, service: Service) -> Inspector:
        if service.id not in self._inspectors:
            self._inspectors[service.id] = Inspector(self._world, service)
        return self._inspectors[service.id]

    def _service(self, entry: Entry) -> Service | None:
        """Return the service of an exchange: at a host of none, only a path of an operation tells."""
        if _is_callback(entry):
            return None
        host = "" if self._is_settled else entry.host
        found = self._router.match(entry.request.method, entry.request.path, host)
        is_known = isinstance(found, Match) or host.partition(":")[0].lower() in found.service.hosts
        return found.service if is_known else None


def _is_callback(entry: Entry) -> bool:
    return _CALLBACK in entry.own


def _moment(entry: Entry) -> Millis:
    return entry.at or 0
