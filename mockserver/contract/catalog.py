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

from mockserver.contract.layout import Layout
from mockserver.contract.library import Judged, Library, libraries_of, names
from mockserver.contract.places import first, schema_at, with_value
from mockserver.contract.readings import Question, Questions, Readings
from mockserver.contract.rules import Rule, rules_of
from mockserver.contract.source.files import Files
from mockserver.contract.source.inheritance import errors_of, known_of, layout_of
from mockserver.contract.source.known import is_known, remember, state
from mockserver.contract.source.parts import Whole
from mockserver.contract.template import expanded, templates
from mockserver.errors import NoSuchOperation, NoSuchService
from mockserver.resources import folder, own_schemas, own_services
from mockserver.types import JSON, Lazy, Payload, Schema, value

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_SENT, _FILLED = ("answer", "callback"), ("shows", "record", "data")
_OPEN_SCHEMA: Schema = MappingProxyType({})  # type: ignore[assignment] # read only, and shared


@value
class Operation:
    """One request that a service answers.

    * ``id``: ``kling/omni-image.create``; ``name`` is the part after the service
    * ``does``: the action of the service's dialect that carries it out
    * ``schema``: the schema of its body, or without a body of its query string
    * ``rules``: the rules of that schema
    * ``answer``: the file of the schema of its answer, and ``answer_status`` its HTTP status
    * ``when``: the readings under which it exists; none means always
    * ``task``: for an operation that creates tasks, which field of the payload decides what of the result
    * ``payloads``: for an operation that creates tasks, the fields that ask for something special, by what they ask for
    * ``uploads``: for an operation whose body is a file, the limits of each media type
    * ``shows``: the template of its answer, where the dialect fills templates; ``None`` is that of what it ``does``
    * ``record``: the template of what its record has besides, once a task has succeeded; ``None`` is the dialect's own
    * ``data``: the template of what the envelope holds, where that is no task
    * ``files``: what an answer at once has URLs of, each like the ``task`` of an operation
    * ``refuses``: the row of the error table with which it refuses everything, where it does that
    * ``info``: for an operation that creates tasks, how a service repeats requests that does so in terms of another
    * ``keeps``: for an operation about what an account keeps, such as elements: its ``kind``, and how it is chosen from
    * ``finds``: the parameter or field of a request that names a task, such a thing, or one of its ``library``;
      ``finds_name`` names a task by the client's own name
    * ``names``: the libraries whose things its requests name, each with the place where they do
    * ``judged``: the rules that depend on what an account has of them, if there are any
    * ``defaults``: the value of each field when it is not sent; ``default`` knows those that depend on another field
    """

    id: str
    service: str
    name: str
    does: str
    method: str
    path: str
    media_types: tuple[str, ...]
    schema: Schema
    rules: tuple[Rule, ...]
    answer: str | None
    answer_status: int
    callback: str | None
    when: Mapping[str, str]
    task: Mapping[str, Any]
    payloads: Mapping[str, Mapping[str, JSON]]
    uploads: Mapping[str, Mapping[str, Any]]
    shows: JSON
    record: JSON
    data: JSON
    files: tuple[Mapping[str, Any], ...]
    refuses: str | None
    info: Mapping[str, Any]
    keeps: Mapping[str, Any]
    finds: str
    finds_name: str
    library: str | None
    names: tuple[tuple[str, str], ...]
    judged: Judged | None
    defaults: Mapping[str, JSON]

    def default(self, place: str, payload: Mapping[str, JSON]) -> JSON:
        """Return the value at a place that a payload does not send; ``None`` if nothing is known of it."""
        choice = self.task.get("defaults")
        if choice is not None:
            chosen = first(choice["field"], payload) or self._own_default(choice["field"])
            depending = choice["by_value"].get(chosen, {}) if isinstance(chosen, str) else {}
            if place in depending:
                return depending[place]
        return self._own_default(place)

    def part(self, place: str | None) -> Schema | None:
        """Return the schema of what stands at a place of its request; ``None`` if it has no such field."""
        return None if place is None else schema_at(place, self.schema)

    def has(self, place: str | None) -> bool:
        """Whether its request has a field at a place."""
        return self.part(place) is not None

    def put(self, place: str | None, payload: Mapping[str, JSON], value: JSON) -> Payload:
        """Return a payload with a value at a place, if its request has such a field."""
        return dict(payload) if place is None or not self.has(place) else with_value(place, payload, value)

    def _own_default(self, place: str) -> JSON:
        found = self.defaults.get(place)
        return found if "." not in place else (self.part(place) or {}).get("default")

    @property
    def every_rule(self) -> tuple[Rule, ...]:
        """Its rules, and those that depend on what an account has."""
        return self.rules if self.judged is None else (*self.rules, *self.judged.rules)

    @property
    def product(self) -> str:
        """The part of its name before the verb: ``omni-image``."""
        return self.name.rpartition(".")[0]


@value
class Route:
    """Where an operation is asked for, and what it ``does``: what is known of it before its schema is read."""

    does: str
    method: str
    path: str
    when: Mapping[str, str]


@value
class Row:
    """One error that a service is known to send: a status, and a body whose texts may have ``{fields}``."""

    id: str
    status: int
    body: Mapping[str, JSON]
    confidence: str
    source: str


@value
class Service:
    """One API: the official one, or that of a gateway.

    ``operations`` has the same keys as ``routes``; the schema of one is read when it is asked for. Services of one
    ``family`` are asked about the tasks of the same accounts.
    """

    id: str
    title: str
    dialect: str
    hosts: tuple[str, ...]
    credentials: tuple[str, ...]
    routes: Mapping[str, Route]
    operations: Mapping[str, Operation]
    unserved: Mapping[str, Mapping[str, JSON]]
    errors: Mapping[str, Row]
    messages: Mapping[str, str]
    questions: Questions
    refusal: str
    reasons: Mapping[str, str]
    statuses: Mapping[str, JSON]
    faults: Mapping[str, str]
    templates: Mapping[str, JSON]
    packs: Mapping[str, Mapping[str, JSON]]
    libraries: Mapping[str, Library]
    ids: str
    layout: Layout
    family: str

    def exists(self, operation: str, readings: Readings) -> bool:
        """Whether it has an operation under its readings."""
        return all(readings.get(question) == reading for question, reading in self.routes[operation].when.items())


@value
class Catalog:
    """All services, in the order of the names of their folders, and the files that they consist of."""

    services: Mapping[str, Service]
    documents: Mapping[str, Schema] = field(repr=False)

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
        return Catalog(MappingProxyType(services), MappingProxyType({**other.documents, **self.documents}))

    def validator(self, file: str) -> Any:
        """Compile the schema of an answer or a callback, ``kling/created.json``, for ``jsonschema-rs``."""
        registry = jsonschema_rs.Registry([(_uri(name), schema) for name, schema in self.documents.items()])
        return jsonschema_rs.validator_for(self.documents[file], registry=registry, base_uri=_uri(file))


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

    Raises ``BadContract`` and ``BadSetting``.
    """
    from mockserver.contract import soundness

    files = Files(schemas, own_services(more), are_checked=True)
    catalog = _catalog(files)
    soundness.check_references(files.documents)
    for id, own in sorted(files.sources.items(), key=lambda each: "extends" in each[1].data):
        _check_operations(own, files)
        soundness.check_relations(own, files.sources, files.base(id))
        service = catalog.services[id]
        requests = [operation.schema for operation in service.operations.values()]
        soundness.check_layout(own.file("/layout"), own.data.get("layout", {}), requests)
        rules = {operation.name: operation.every_rule for operation in service.operations.values()}
        whens = {operation.name: operation.when for operation in service.operations.values()}
        soundness.check_names(own, rules, whens, service.questions)
        every = [rule for found in rules.values() for rule in found]
        soundness.check_readings(own, every, service.questions)
        soundness.check_refusals(own, service.errors)
        soundness.check_libraries(own, service.errors, service.questions)
    return catalog


def _catalog(files: Files) -> Catalog:
    return Catalog(Lazy(files.sources.keys, lambda name: _service(name, files)), files.documents)


def _service(id: str, files: Files) -> Service:
    own, base = files.sources[id].data, files.base(id)
    filling = templates(files.sources[id].file, {**base.get("templates", {}), **own.get("templates", {})})
    errors = errors_of(files.sources[id], base)
    libraries = libraries_of(files.sources[id], files.sources[own.get("extends", id)], filling)
    operations: Mapping[str, Operation] = Lazy(
        lambda: [f"{id}/{name}" for name in own["operations"]], lambda key: _operation(key, files, filling, libraries)
    )

    @cache
    def readings() -> Mapping[str, JSON]:
        inherited: Mapping[str, JSON] = {}
        if own is not base:
            rules = {rule.id for operation in operations.values() for rule in operation.every_rule}
            taken = own.get("inherits", base["readings"])
            known = {name: data for name, data in base["readings"].items() if name in taken}
            has = rules.union(own["operations"])
            inherited = {name: data for name, data in known.items() if _concerns(data, has)}
        return {**inherited, **own.get("readings", {})}

    return Service(
        id=id,
        title=own["title"],
        dialect=own["dialect"],
        hosts=tuple(own["hosts"]),
        credentials=tuple(own["credentials"]),
        routes=MappingProxyType({f"{id}/{name}": _route(data) for name, data in own["operations"].items()}),
        operations=operations,
        unserved=MappingProxyType(own.get("unserved", {})),
        errors=Lazy(lambda: errors, lambda key: _row(key, errors[key])),
        messages=MappingProxyType({**base["messages"], **own.get("messages", {})}),
        questions=Lazy(readings, lambda name: Question.parse(name, readings()[name])),
        refusal=files.resolved(id, "/refusal", own["refusal"]),
        reasons=MappingProxyType({**base.get("reasons", {}), **own.get("reasons", {})}),
        statuses=MappingProxyType({**base.get("statuses", {}), **own.get("statuses", {})}),
        faults=MappingProxyType(known_of({**base.get("faults", {}), **own.get("faults", {})})),
        templates=filling,
        packs=MappingProxyType({**base.get("packs", {}), **own.get("packs", {})}),
        libraries=MappingProxyType(libraries),
        ids=own.get("ids", base.get("ids", "decimal")),
        layout=Layout.parse(layout_of(own, base)),
        family=own.get("shares", id),
    )


def _route(data: JSON) -> Route:
    return Route(data["does"], data["method"], data["path"], MappingProxyType(data.get("when", {})))


def _row(id: str, data: JSON) -> Row:
    return Row(id, data["status"], data["body"], data["confidence"], data["source"])


def _concerns(question: JSON, has: set[str]) -> bool:
    """Whether an inherited question matters to a service that has these rules and operations."""
    readings = question["readings"].values()
    named = {name for reading in readings for part in ("levels", "fills") for name in reading.get(part, {})}
    return not named or bool(named & has)


def _operation(id: str, files: Files, known: Mapping[str, JSON], libraries: Mapping[str, Library]) -> Operation:
    service, _, name = id.partition("/")
    own, at, schema = files.sources[service], f"/operations/{name}", _OPEN_SCHEMA
    data = own.data["operations"][name]
    if file := data.get("body") or data.get("query"):
        schema = files.documents[files.resolved(service, at, file)]
    answer, callback = (files.resolved(service, f"{at}/{key}", data[key]) if key in data else None for key in _SENT)
    shows, record, said = (
        expanded(own.file, ("operations", name, key), data[key], known) if key in data else None for key in _FILLED
    )
    judged = None
    if "judged" in data:
        by = files.documents[files.resolved(service, f"{at}/judged/by", data["judged"]["by"])]
        judged = Judged(by, rules_of(id, by), data["judged"].get("lists", {}))
    return Operation(
        id=id,
        service=service,
        name=name,
        does=data["does"],
        method=data["method"],
        path=data["path"],
        media_types=tuple(data.get("media_types", data.get("uploads", ()))),
        schema=schema,
        rules=rules_of(id, schema) if schema else (),
        answer=answer,
        answer_status=data.get("status", 200),
        callback=callback,
        when=MappingProxyType(data.get("when", {})),
        task=MappingProxyType(data.get("task", {})),
        payloads=MappingProxyType(data.get("payloads", {})),
        uploads=MappingProxyType(data.get("uploads", {})),
        shows=shows,
        record=record,
        data=said,
        files=tuple(data.get("files", ())),
        refuses=data.get("refuses"),
        info=MappingProxyType(data.get("info", {})),
        keeps=MappingProxyType(data.get("keeps", {})),
        finds=data.get("finds", "id"),
        finds_name=data.get("finds_name", data.get("finds", "id")),
        library=data.get("library"),
        names=tuple(names(schema, libraries)) if data["method"] == "POST" else (),
        judged=judged,
        defaults=MappingProxyType(
            {name: sub["default"] for name, sub in schema.get("properties", {}).items() if "default" in sub}
        ),
    )


def _check_operations(own: Whole, files: Files) -> None:
    """Refuse operations that cannot be told apart, and requests that are not sound."""
    from mockserver.contract import soundness

    soundness.check_routes(own)
    for name, data in own.data["operations"].items():
        at, schema = f"/operations/{name}", _OPEN_SCHEMA
        if file := data.get("body") or data.get("query"):
            found = files.resolved(own.id, at, file)
            schema = files.documents[found]
            soundness.check_request(found, schema)
        if "judged" in data:
            found = files.resolved(own.id, f"{at}/judged/by", data["judged"]["by"])
            soundness.check_request(found, files.documents[found])
        soundness.check_task(own.file(at), at, data.get("task", {}), schema)
        soundness.check_info(own.file(at), at, data.get("info", {}), schema)


def _uri(name: str) -> str:
    return f"mockserver:///schemas/{name}"
