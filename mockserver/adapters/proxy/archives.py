"""Archives of exchanges with services: whose each exchange is, and what is wrong with it by the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mockserver.adapters.comparison.observation import Observation, observed
from mockserver.adapters.comparison.recording import CALLBACK, Recorded, recording
from mockserver.adapters.proxy import callbacks
from mockserver.adapters.proxy.fixtures import wired
from mockserver.adapters.proxy.inspection import Exchange, Inspection, Inspector
from mockserver.adapters.proxy.recordings import Recording, load
from mockserver.contract.catalog import Catalog
from mockserver.contract.readings import settled
from mockserver.contract.routes import Match, Router
from mockserver.contract.service import Service
from mockserver.fake.core import Fake
from mockserver.fake.encoding import encoded
from mockserver.fake.media.results import FETCH
from mockserver.fake.world import World
from mockserver.har.archive import Archive, Entry
from mockserver.settings import Settings
from mockserver.types import Millis, Request, Response


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
        self._routers = tuple(_routers(self._world))
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

    @cached_property
    def recordings(self) -> tuple[tuple[Service, tuple[Recorded, ...]], ...]:
        """What can be compared with fakes, by service: exchanges, and callbacks and downloads of its tasks."""
        whose = {id(entry): service.id for entry, service in self.belonging}
        services = {service.id: service for _, service in self.belonging}
        found = []
        for service in services.values():
            # What belongs to no service may be a callback or a download.
            near = [each for each in self._archive.entries if whose.get(id(each), service.id) == service.id]
            found.append((service, recording(service, [(each, id(each) in whose) for each in near])))
        return tuple(found)

    def observed(self) -> list[Observation]:
        """Return what the session says of open questions."""
        catalog = self._world.contract
        return [each for service, things in self.recordings for each in observed(catalog, service, things)]

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
        services = {service.id: service for service in self._world.services}
        if not self._is_settled and (told := services.get(str(entry.own.get("service")))) is not None:
            return None if str(entry.own.get("operation")).endswith(f"/{FETCH}") else told
        host = "" if self._is_settled else entry.host
        for router in self._routers:
            found = router.match(entry.request.method, entry.request.path, host)
            if isinstance(found, Match):
                return found.service
        found = self._routers[0].match(entry.request.method, entry.request.path, host)
        return found.service if host.partition(":")[0].lower() in found.service.hosts else None


def _routers(world: World) -> Iterator[Router]:
    """Yield the routes under the readings that are taken, and those that other readings would bring."""
    yield Router(world.services, world.readings, world.settings.prefixes)
    for service in world.services:
        whens = {when for route in service.routes.values() for when in route.when.items()}
        for question, reading in sorted(whens):
            if world.readings[service.id][question] != reading:
                readings = {service.id: {**world.readings[service.id], question: reading}}
                yield Router([service], readings, world.settings.prefixes)


def folder(place: Path, catalog: Catalog) -> Archive:
    """Read the recordings in a folder as an archive. Raises ``BadRecording``."""
    readings = settled(catalog.questions(), {})
    found = [
        _entry(recording, service.id)
        for service in catalog.services.values()
        if (place / service.id).is_dir()
        for recording in load(place, service, Router([service], readings))
    ]
    for service in catalog.services.values():
        found += map(_told, callbacks.load(place, service))
    return Archive(tuple(sorted(found, key=lambda entry: entry.at or 0)))


def _told(callback: callbacks.Callback) -> Entry:
    request = Request("POST", "/", headers=dict(callback.headers), body=encoded(callback.body))
    return Entry(
        callback.name, callback.at, -1, "", request, Response(callback.answered), {}, {CALLBACK: callback.name}
    )


def _entry(recording: Recording, service: str) -> Entry:
    request, recorded = wired(recording.fixture["request"]), recording.fixture["response"]
    body = recorded.get("body")
    said = body.encode(errors="replace") if isinstance(body, str) else b"" if body is None else encoded(body)
    kind = "text/plain" if isinstance(body, str) else "application/json"
    response = Response(recorded["status"], said, {"content-type": kind})
    return Entry(
        f"{recording.name}.json", recording.fixture.get("at"), -1, "", request, response, {}, {"service": service}
    )


def _is_callback(entry: Entry) -> bool:
    return CALLBACK in entry.own


def _moment(entry: Entry) -> Millis:
    return entry.at or 0
