"""The catalog: every service and operation, read from ``schemas/`` and checked once at start.

A file that we do not understand stops the start, with its name and a pointer to the place (``BadContract``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from mockserver.contract.layout import Layout
from mockserver.contract.readings import Question, Questions
from mockserver.contract.rules import Rule, rules_of
from mockserver.contract.soundness import check_references, check_request, check_routes, check_task
from mockserver.errors import BadContract, NoSuchOperation, NoSuchService
from mockserver.resources import folder
from mockserver.types import JSON, Schema, pointer, value

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

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
    defaults: Mapping[str, JSON]

    def default(self, field: str, payload: Mapping[str, JSON]) -> JSON:
        """Return the value of a field that a payload does not send; ``None`` if nothing is known of it."""
        choice = self.task.get("defaults")
        if choice is not None:
            chosen = payload.get(choice["field"]) or self.defaults.get(choice["field"])
            depending = choice["by_value"].get(chosen, {})
            if field in depending:
                return depending[field]
        return self.defaults.get(field)

    @property
    def product(self) -> str:
        """The part of its name before the verb: ``omni-image``."""
        return self.name.rpartition(".")[0]


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
    """One API: the official one, or that of a gateway."""

    id: str
    title: str
    dialect: str
    hosts: tuple[str, ...]
    credentials: tuple[str, ...]
    operations: Mapping[str, Operation]
    unserved: Mapping[str, Mapping[str, JSON]]
    errors: Mapping[str, Row]
    messages: Mapping[str, str]
    questions: Questions
    refusal: str
    reasons: Mapping[str, str]
    statuses: Mapping[str, JSON]
    faults: Mapping[str, str]
    layout: Layout


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

    def validator(self, file: str) -> Any:
        """Compile the schema of an answer or a callback, ``kling/created.json``, for ``jsonschema-rs``."""
        registry = jsonschema_rs.Registry([(_uri(name), schema) for name, schema in self.documents.items()])
        return jsonschema_rs.validator_for(self.documents[file], registry=registry, base_uri=_uri(file))


@cache
def load() -> Catalog:
    """Return the catalog that is part of this package."""
    return read(folder("schemas"))


def read(schemas: Traversable) -> Catalog:
    """Read a folder of contracts. Raises ``BadContract``."""
    metas = {
        name: jsonschema_rs.validator_for(_json(schemas / name, name))
        for name in ("schema.meta.json", "service.meta.json")
    }
    documents: dict[str, Schema] = {}
    sources: dict[str, JSON] = {}
    for place in sorted(schemas.iterdir(), key=lambda item: item.name):
        if place.is_dir() and (place / "service.json").is_file():
            for item in sorted(place.iterdir(), key=lambda item: item.name):
                if item.name.endswith(".json"):
                    name = f"{place.name}/{item.name}"
                    found = _json(item, name)
                    is_service = item.name == "service.json"
                    _check(metas["service.meta.json" if is_service else "schema.meta.json"], found, name)
                    (sources if is_service else documents)[place.name if is_service else name] = found
    check_references(documents)
    services = {id: _service(id, sources, documents) for id in sources}
    return Catalog(MappingProxyType(services), MappingProxyType(documents))


def _json(file: Traversable, name: str) -> JSON:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadContract(name, "", f"not JSON: {error}") from error


def _check(meta: jsonschema_rs.Validator, document: JSON, name: str) -> None:
    for error in meta.iter_errors(document):
        raise BadContract(name, pointer(tuple(error.instance_path)), error.message)


def _service(id: str, sources: Mapping[str, JSON], documents: Mapping[str, Schema]) -> Service:
    own = sources[id]
    file = f"{id}/service.json"
    base = sources.get(own.get("extends", id))
    if base is None:
        raise BadContract(file, "/extends", f"there is no service {own['extends']!r}")
    if "extends" in base:
        raise BadContract(file, "/extends", f"{own['extends']!r} extends another service itself; name that one")
    check_routes(file, own["operations"])
    errors = {**base["errors"], **own.get("errors", {})}
    operations = {
        f"{id}/{name}": _operation(f"{id}/{name}", data, documents) for name, data in own["operations"].items()
    }
    rules = {rule.id for operation in operations.values() for rule in operation.rules}
    inherited = {name: data for name, data in base["readings"].items() if _concerns(data, rules)}
    readings = {**inherited, **own.get("readings", {})}
    questions = {name: Question.parse(name, data) for name, data in readings.items()}
    _check_names(file, tuple(operations.values()), questions, own.get("readings", {}))
    return Service(
        id=id,
        title=own["title"],
        dialect=own["dialect"],
        hosts=tuple(own["hosts"]),
        credentials=tuple(own["credentials"]),
        operations=MappingProxyType(operations),
        unserved=MappingProxyType(own.get("unserved", {})),
        errors=MappingProxyType(
            {key: Row(key, row["status"], row["body"], row["confidence"], row["source"]) for key, row in errors.items()}
        ),
        messages=MappingProxyType({**base["messages"], **own.get("messages", {})}),
        questions=MappingProxyType(questions),
        refusal=_resolved(file, "/refusal", own["refusal"], id, documents),
        reasons=MappingProxyType({**base.get("reasons", {}), **own.get("reasons", {})}),
        statuses=MappingProxyType({**base.get("statuses", {}), **own.get("statuses", {})}),
        faults=MappingProxyType({**base.get("faults", {}), **own.get("faults", {})}),
        layout=Layout.parse({**base["layout"], **own.get("layout", {})}),
    )


def _concerns(question: JSON, rules: set[str]) -> bool:
    """Whether an inherited question matters to a service that has these rules."""
    named = {rule for reading in question["readings"].values() for rule in reading.get("levels", {})}
    return not named or bool(named & rules)


def _operation(id: str, data: JSON, documents: Mapping[str, Schema]) -> Operation:
    service, _, name = id.partition("/")
    at, schema = f"/operations/{name}", _OPEN_SCHEMA
    if file := data.get("body") or data.get("query"):
        found = _resolved(f"{service}/service.json", at, file, service, documents)
        schema = documents[found]
        check_request(found, schema)
    check_task(f"{service}/service.json", at, data.get("task", {}), schema)

    def resolved(key: str) -> str | None:
        found = data.get(key)
        return found and _resolved(f"{service}/service.json", f"{at}/{key}", found, service, documents)

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
        answer=resolved("answer"),
        answer_status=data.get("status", 200),
        callback=resolved("callback"),
        when=MappingProxyType(data.get("when", {})),
        task=MappingProxyType(data.get("task", {})),
        payloads=MappingProxyType(data.get("payloads", {})),
        uploads=MappingProxyType(data.get("uploads", {})),
        defaults=MappingProxyType(
            {name: sub["default"] for name, sub in schema.get("properties", {}).items() if "default" in sub}
        ),
    )


def _resolved(file: str, at: str, name: str, service: str, documents: Mapping[str, Schema]) -> str:
    """Find a schema file in the folder of a service, or as ``../kling/error.json`` in another folder."""
    found = name.removeprefix("../") if name.startswith("../") else f"{service}/{name}"
    if found not in documents:
        raise BadContract(file, at, f"there is no file schemas/{found}")
    return found


def _check_names(file: str, operations: tuple[Operation, ...], questions: Questions, own: Iterable[str]) -> None:
    """Refuse a name that two rules share, and one that no rule or no reading has."""
    rules = {rule.id for operation in operations for rule in operation.rules}
    anchors = {rule.id for operation in operations for rule in operation.rules if rule.is_anchored}
    for operation in operations:
        at = f"/operations/{operation.name}"
        for id, wanted in operation.when.items():
            if id not in questions or wanted not in questions[id].readings:
                raise BadContract(file, f"{at}/when", f"there is no reading {id}={wanted}")
        ids = [rule.id for rule in operation.rules]
        if doubled := {id for id in ids if ids.count(id) > 1}:
            raise BadContract(file, at, f"two rules have the name {min(doubled)!r}")
    for question in questions.values():
        if question.default not in question.readings:
            raise BadContract(file, f"/readings/{question.id}/default", f"there is no reading {question.default!r}")
    for id in own:
        for reading in questions[id].readings.values():
            known = {rule: anchors if level == "off" else rules for rule, level in reading.levels.items()}
            if unknown := {rule for rule, those in known.items() if rule not in those}:
                fact = f"there is no rule {min(unknown)!r}, or it cannot be off because it is not in allOf"
                raise BadContract(file, f"/readings/{id}/readings/{reading.id}", fact)


def _uri(name: str) -> str:
    return f"mockserver:///schemas/{name}"
