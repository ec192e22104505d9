"""The catalog: every service and operation, read from ``schemas/``.

A file that we do not understand stops the start, with its name and a pointer to the place (``BadContract``): a folder
that is new, or has changed, is read and checked whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from mockserver.contract.readings import Questions
from mockserver.contract.service import Operation, Service
from mockserver.contract.source.files import Files
from mockserver.contract.source.known import is_known, remember, state
from mockserver.contract.source.services import service as built
from mockserver.errors import NoSuchOperation, NoSuchService
from mockserver.resources import folder, own_schemas, own_services
from mockserver.types import Lazy, Schema, value

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@value
class Catalog:
    """All services, in the order of the names of their folders, and the files that they consist of.

    ``validators`` has each file that is the schema of an answer or a callback, compiled for ``jsonschema-rs``.
    """

    services: Mapping[str, Service]
    documents: Mapping[str, Schema] = field(repr=False)
    validators: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, services: Mapping[str, Service], documents: Mapping[str, Schema]) -> Catalog:
        """Return the catalog of services and their files."""
        return cls(services, documents, _validators(documents))

    def service(self, id: str) -> Service:
        """Return a service, or raise ``NoSuchService``."""
        if id not in self.services:
            raise NoSuchService(id, self.services)
        return self.services[id]

    def operation(self, id: str, *, with_payload: bool = False) -> Operation:
        """Return an operation; ``kling/omni-image`` means ``.create``.

        Raises ``NoSuchOperation``, which suggests any operation, or only those that take a payload.
        """
        operations = {key: found for service in self.services.values() for key, found in service.operations.items()}
        known = operations | {key.removesuffix(".create"): found for key, found in operations.items()}
        if id in known:
            return known[id]
        raise NoSuchOperation(id, [name for name, found in known.items() if found.schema or not with_payload])

    def questions(self, services: Iterable[str] = ()) -> dict[str, Questions]:
        """Return the open questions of some services, or of all, by service."""
        return {id: self.service(id).questions for id in tuple(services) or self.services}

    def beside(self, other: Catalog) -> Catalog:
        """Return a catalog that has besides what only the other one has: services, operations and files."""
        services = dict(self.services)
        for id, service in other.services.items():
            own = services.get(id)
            operations = {**service.operations, **(own.operations if own else {})}
            services[id] = replace(own or service, operations=MappingProxyType(operations))
        return Catalog.of(MappingProxyType(services), MappingProxyType({**other.documents, **self.documents}))

    def validator(self, file: str) -> Any:
        """Return the compiled schema of an answer or a callback, ``kling/created.json``, for ``jsonschema-rs``."""
        return self.validators[file]


def load(more: Sequence[str | Path] = ()) -> Catalog:
    """Return the catalog of this package, with the services of ``MOCKSERVER_SCHEMAS`` and of ``more`` folders.

    A folder of ours that was found whole, and has not changed, is not read again: a service or an operation is when it
    is first asked for. Raises ``BadContract`` for any file that is wrong, and ``BadSetting``.
    """
    return _loaded(*own_schemas(), *map(str, more))


@cache
def _loaded(*more: str) -> Catalog:
    schemas = folder("schemas")
    if more:
        return read(schemas, more)
    found = state(schemas)
    if is_known(found):
        return _catalog(Files(schemas, are_checked=False))
    catalog = read(schemas)
    remember(found)
    return catalog


def read(schemas: Traversable, more: Sequence[str | Path] = ()) -> Catalog:
    """Read a folder of contracts, and the services in ``more`` folders, and all that is in them.

    Of a folder that was found whole, and has not changed, only ``more`` is. Raises ``BadContract`` and ``BadSetting``.
    """
    from mockserver.contract.source.wholeness import check

    own = own_services(more)
    is_whole = bool(own) and is_known(state(schemas))
    files = Files(schemas, own, are_checked=not is_whole)
    catalog = _catalog(files)
    check(files, catalog.services, own if is_whole else files.sources)
    return catalog


def _catalog(files: Files) -> Catalog:
    return Catalog.of(Lazy(files.sources.keys, lambda name: built(name, files)), files.documents)


def _validators(documents: Mapping[str, Schema]) -> Mapping[str, Any]:
    @cache
    def registry() -> jsonschema_rs.Registry:  # to register all files takes twenty times as long as to compile one
        return jsonschema_rs.Registry([(_uri(name), schema) for name, schema in documents.items()])

    def compiled(file: str) -> Any:
        return jsonschema_rs.validator_for(documents[file], registry=registry(), base_uri=_uri(file))

    return Lazy(documents.keys, compiled)


def _uri(name: str) -> str:
    return f"mockserver:///schemas/{name}"
