"""Routes: which operation of which service a request is for.

The own path of a service comes first, even if it lacks the method; then the path after a ``--prefix``; then the path
after ``/<service>``. A ``Host`` that belongs to a service leaves only that service. If two services share a path, the
first wins.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import unquote

from mockserver.contract.catalog import Operation, Service
from mockserver.contract.readings import Readings
from mockserver.types import value

_PARAMETER = re.compile(r"\{(\w+)\}")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")


@value
class Match:
    """A request's operation and the parameters in its path."""

    service: Service
    operation: Operation
    parameters: Mapping[str, str]


@value
class NoMatch:
    """No operation: ``is_known`` says that the path exists, with other ``methods``."""

    service: Service
    is_known: bool
    methods: tuple[str, ...] = ()


@value
class _Template:
    """All operations on one path of one service, by method; ``beginning`` is the path up to its first parameter."""

    service: Service
    path: str
    beginning: str
    pattern: re.Pattern[str]
    operations: Mapping[str, Operation]


class Router:
    """The routes of some services, each compiled under its readings."""

    def __init__(self, services: Sequence[tuple[Service, Readings]], prefixes: Sequence[str] = ()) -> None:
        """If two services share a path, the first wins."""
        self._services = tuple(service for service, _ in services)
        self._hosts = {host: service for service in reversed(self._services) for host in service.hosts}
        self._prefixes = tuple("/" + prefix.strip("/") for prefix in prefixes)
        self._static: dict[str, list[_Template]] = {}
        self._dynamic: list[_Template] = []
        for service, readings in services:
            for template in _templates(service, readings):
                if template.pattern.groups:
                    self._dynamic.append(template)
                else:
                    self._static.setdefault(template.path, []).append(template)
        self._usual: dict[tuple[str, str], Match] = {}
        for template in (each for found in self._static.values() for each in found):
            for method, operation in template.operations.items():
                self._usual.setdefault((method, template.path), Match(template.service, operation, _NOTHING))

    def match(self, method: str, path: str, host: str) -> Match | NoMatch:
        """Find the operation for a request; ``path`` is percent-encoded, ``host`` may have a port."""
        only = self._hosts.get(host.partition(":")[0].lower())
        if only is None and (usual := self._usual.get((method, path))):
            return usual
        if "%" in path:
            path = plain(path)
        for service, inner in self._paths(path.rstrip("/") or "/", only):
            known: list[_Template] = []
            for template, parameters in self._found(inner):
                if service is not None and template.service is not service:
                    continue
                if method in template.operations:
                    return Match(template.service, template.operations[method], parameters)
                known.append(template)
            if known:
                methods = (method for template in known for method in template.operations)
                return NoMatch(known[0].service, is_known=True, methods=tuple(dict.fromkeys(methods)))
        return NoMatch(only or self._nearest(path), is_known=False)

    def _paths(self, path: str, only: Service | None) -> Iterator[tuple[Service | None, str]]:
        """Yield the ways to read a path, the likeliest first, each with the one service that it may belong to."""
        yield only, path
        inner = [path[len(prefix) :] for prefix in self._prefixes if path.startswith(prefix + "/")]
        for shorter in inner:
            yield only, shorter
        for whole in (path, *inner):
            for service in self._services:
                if whole.startswith(f"/{service.id}/") and only in (None, service):
                    yield service, whole[len(service.id) + 1 :]

    def _found(self, path: str) -> Iterator[tuple[_Template, Mapping[str, str]]]:
        for template in self._static.get(path, ()):
            yield template, _NOTHING
        for template in self._dynamic:
            if path.startswith(template.beginning) and (found := template.pattern.fullmatch(path)):
                given = found.groupdict()
                yield template, {name: unquote(given[name]) for name in given} if "%" in path else given

    def _nearest(self, path: str) -> Service:
        """Return the service that refuses an unknown path: the one with the longest common beginning."""
        path = next((path[len(p) :] for p in self._prefixes if path.startswith(p + "/")), path)
        named = next((service for service in self._services if path.startswith(f"/{service.id}/")), None)

        def shared(service: Service) -> int:
            paths = [operation.path.split("/") for operation in service.operations.values()]
            return max(_common(path.split("/"), other) for other in paths)

        nearest = max(self._services, key=shared)
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


def _templates(service: Service, readings: Readings) -> Iterator[_Template]:
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in service.operations.values():
        if all(readings.get(question) == reading for question, reading in operation.when.items()):
            by_path.setdefault(operation.path, {})[operation.method] = operation
    for path, operations in by_path.items():
        pattern = re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path))
        yield _Template(service, path, path.partition("{")[0], pattern, operations)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the segments that two paths share from the start; the empty one before the first slash counts."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
