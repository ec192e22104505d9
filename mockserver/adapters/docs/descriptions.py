"""Descriptions: the OpenAPI documents of what a fake serves, as it behaves now, for its own server."""

from __future__ import annotations

import json
import re
from functools import lru_cache

from mockserver.adapters.docs import places
from mockserver.contract.description.control import description
from mockserver.contract.description.openapi import openapi
from mockserver.contract.routes import Match, Router
from mockserver.contract.service import Service
from mockserver.errors import NoSuchService
from mockserver.fake.core import Fake
from mockserver.resources import CONTROL
from mockserver.types import JSON

_WHO = "This fake"

_DOCS = "Its rules, with their sources and test vectors"

_FIELD = re.compile(r"\{\w+\}")

_KEPT = 64
"""Documents that are kept: those of all services, and of some settings before; each takes some 100 KB."""


class Descriptions:
    """Makes each document once for each version of the settings: that of a large service takes a tenth of a second."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self._made = lru_cache(maxsize=_KEPT)(self._make)

    def service(self, id: str) -> Service:
        """Return a service that is served. Raises ``NoSuchService``."""
        served = {service.id: service for service in self._fake.world.services}
        if id not in served:
            raise NoSuchService(id, served)
        return served[id]

    def of(self, id: str) -> dict[str, JSON]:
        """Return the document of a service, or of ``control``; it is shared. Raises ``NoSuchService``."""
        return self._made(id, self._fake.world.version)

    def content(self, id: str) -> bytes:
        """Return the document as it is sent."""
        return json.dumps(self.of(id), ensure_ascii=False).encode()

    def _make(self, id: str, _: int) -> dict[str, JSON]:
        if id == CONTROL:
            return {**description(), "servers": [_server("/_mock")]}
        service, world = self.service(id), self._fake.world
        found = openapi(world.contract, service, world.readings[id])
        bases = self._bases(service)
        usual = max(bases, key=lambda base: len(bases[base]))
        for operation in (each for methods in found["paths"].values() for each in methods.values()):
            name = f"{id}/{operation['operationId']}"
            own = next((base for base in bases if name in bases[base]), usual)
            if name not in bases[usual] and own != usual:
                operation["servers"] = [_server(own)]
            # Relative to the URL of the server, as all URLs in a description are (OpenAPI 3.1.0, 4.6).
            operation["externalDocs"] = {"description": _DOCS, "url": f"_mock/{places.operation(name)}"}
        return {**found, "servers": [_server(usual)]}

    def _bases(self, service: Service) -> dict[str, set[str]]:
        """Return the paths under which a service may be reached, with the operations that another does not answer.

        ``/kling/v1/…`` is a path of gateways, too, and of two services the first wins.
        """
        world = self._fake.world
        router = Router(world.services, world.readings, world.settings.prefixes)
        found: dict[str, set[str]] = {f"/{service.id}": set(), "": set()}
        for base, reached in found.items():
            for operation in service.operations.values():
                path = base + _FIELD.sub("1", operation.path)
                match = router.match(operation.method, path, "localhost")
                if isinstance(match, Match) and match.operation.id == operation.id:
                    reached.add(operation.id)
        return found


def _server(base: str) -> dict[str, str]:
    """Return a server by its path, as it is seen from where the documents are."""
    return {"url": f"../..{base}", "description": _WHO}
