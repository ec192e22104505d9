"""Routes: which operation of which service a request is for.

The own path of a service comes first, even if it lacks the method; then the path after a ``--prefix``; then the path
after ``/<service>``. A ``Host`` that belongs to services leaves only those. If two services share a path, the first
wins.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from urllib.parse import unquote

from mockserver.contract.readings import Readings
from mockserver.contract.service import Operation, Service
from mockserver.types import value

_PARAMETER = re.compile(r"\{(\w+)\}")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")


@value
class Match:
    """A request's operation, the parameters in its path, and the readings of the service."""

    service: Service
    operation: Operation
    parameters: Mapping[str, str]
    readings: Readings


@value
class NoMatch:
    """No operation: ``is_known`` says that the path exists, with other ``methods``."""

    service: Service
    is_known: bool
    methods: tuple[str, ...] = ()


@value
class _Template:
    """All operations on one path of one service; ``beginning`` is the path up to its first parameter."""

    service: Service
    path: str
    beginning: str
    operations: tuple[str, ...]


class Router:
    """The routes of some services under their readings. An operation is read when there is a request for it."""

    def __init__(
        self, services: Sequence[Service], readings: Mapping[str, Readings], prefixes: Sequence[str] = ()
    ) -> None:
        """If two services share a path, the first wins."""
        self._services, self._readings = tuple(services), readings
        hosts = {host for service in self._services for host in service.hosts}
        self._hosts = {host: tuple(each for each in self._services if host in each.hosts) for host in hosts}
        self._prefixes = tuple("/" + prefix.strip("/") for prefix in prefixes)
        self._static: dict[str, list[_Template]] = {}
        self._dynamic: list[_Template] = []
        for template in (each for service in self._services for each in _templates(service)):
            if template.beginning != template.path:
                self._dynamic.append(template)
            else:
                self._static.setdefault(template.path, []).append(template)
        self._usual: dict[tuple[str, str], Match] = {}

    def match(self, method: str, path: str, host: str) -> Match | NoMatch:
        """Find the operation for a request; ``path`` is percent-encoded, ``host`` may have a port."""
        only = self._hosts.get(host.partition(":")[0].lower())
        if only is None and (usual := self._usual.get((method, path))):
            return usual
        found = self._searched(method, plain(path) if "%" in path else path, only)
        if only is None and path in self._static and isinstance(found, Match):
            self._usual[method, path] = found
        return found

    def _searched(self, method: str, path: str, only: tuple[Service, ...] | None) -> Match | NoMatch:
        for services, inner in self._paths(path.rstrip("/") or "/", only or self._services):
            known: dict[str, Service] = {}
            for template, parameters in self._found(inner):
                if template.service not in services:
                    continue
                own, readings = template.service, self._readings[template.service.id]
                operations = {own.routes[id].method: id for id in template.operations if own.exists(id, readings)}
                if method in operations:
                    return Match(own, own.operations[operations[method]], parameters, readings)
                for each in operations:
                    known.setdefault(each, own)
            if known:
                return NoMatch(next(iter(known.values())), is_known=True, methods=tuple(known))
        return NoMatch(self._nearest(path, only or self._services), is_known=False)

    def _paths(self, path: str, only: tuple[Service, ...]) -> Iterator[tuple[tuple[Service, ...], str]]:
        """Yield the ways to read a path, the likeliest first, each with the services that it may belong to."""
        yield only, path
        inner = [path[len(prefix) :] for prefix in self._prefixes if path.startswith(prefix + "/")]
        for shorter in inner:
            yield only, shorter
        for whole in (path, *inner):
            for service in only:
                if whole.startswith(f"/{service.id}/"):
                    yield (service,), whole[len(service.id) + 1 :]

    def _found(self, path: str) -> Iterator[tuple[_Template, Mapping[str, str]]]:
        for template in self._static.get(path, ()):
            yield template, _NOTHING
        for template in self._dynamic:
            is_another = path in template.service.unserved and path != template.path
            if is_another or not path.startswith(template.beginning):
                continue
            if (found := _pattern(template.path).fullmatch(path)) is not None:
                given = found.groupdict()
                yield template, {name: unquote(given[name]) for name in given} if "%" in path else given

    def _nearest(self, path: str, among: tuple[Service, ...]) -> Service:
        """Return the service that refuses an unknown path: the one with the longest common beginning."""
        path = next((path[len(p) :] for p in self._prefixes if path.startswith(p + "/")), path)
        named = next((service for service in among if path.startswith(f"/{service.id}/")), None)

        def shared(service: Service) -> int:
            paths = [route.path.split("/") for route in service.routes.values()]
            return max(_common(path.split("/"), other) for other in paths)

        nearest = max(among, key=shared)
        return nearest if named is None or shared(nearest) > 1 else named


def unserved(services: Iterable[Service], method: str, path: str, prefixes: Sequence[str] = ()) -> str | None:
    """Return the path by which some real service knows a request, and we do not; ``None`` if we know of none.

    The request's own may be one after a prefix or after ``/<service>``, like that of an operation.
    """
    path = plain(path).rstrip("/")
    inner = [path, *(path.removeprefix(f"/{prefix.strip('/')}") for prefix in prefixes)]
    for service in services:
        paths = {way for whole in inner for way in (whole, whole.removeprefix(f"/{service.id}"))}
        for known, data in service.unserved.items():
            pattern = _PARAMETER.sub("[^/]+", known)
            if method in data["methods"] and any(re.fullmatch(pattern, way) for way in paths):
                return known
    return None


def plain(path: str) -> str:
    """Return a path without needless escapes: ``%2D`` means what ``-`` means (RFC 3986, 6.2.2.2)."""
    return _ESCAPE.sub(lambda found: letter if (letter := chr(int(found[1], 16))) in _UNRESERVED else found[0], path)


def _templates(service: Service) -> Iterator[_Template]:
    by_path: dict[str, list[str]] = {}
    for id, route in service.routes.items():
        by_path.setdefault(route.path, []).append(id)
    for path, operations in by_path.items():
        yield _Template(service, path, path.partition("{")[0], tuple(operations))


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the segments that two paths share from the start; the empty one before the first slash counts."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
