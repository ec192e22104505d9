"""Services as their files say, each operation read when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from mockserver.contract.layout import Layout
from mockserver.contract.library import Judged, Library, libraries_of, names
from mockserver.contract.readings import Question
from mockserver.contract.rules import rules_of
from mockserver.contract.service import Operation, Route, Row, Service
from mockserver.contract.source.files import Files
from mockserver.contract.source.inheritance import errors_of, known_of, layout_of
from mockserver.contract.template import expanded, names_in, templates
from mockserver.types import JSON, Lazy, Schema

_SENT, _FILLED = ("answer", "callback"), ("shows", "record", "data")
_OPEN_SCHEMA: Schema = MappingProxyType({})  # type: ignore[assignment] # read only, and shared


def service(id: str, files: Files) -> Service:
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
        libraries=libraries,
        ids=own.get("ids", base.get("ids", "decimal")),
        layout=Layout.parse(layout_of(own, base)),
        family=own.get("shares", id),
    )


def _route(data: JSON) -> Route:
    return Route(data["does"], data["method"], data["path"], MappingProxyType(data.get("when", {})))


def _row(id: str, data: JSON) -> Row:
    about, told = data.get("description", ""), data.get("reason")
    reason = None if told is None else (told["kind"], told["sentence"])
    return Row(id, data["status"], data["body"], data["confidence"], data["source"], about, reason)


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
    named = tuple(names(schema, libraries)) if data["method"] == "POST" else ()
    judged = None
    if named and "judged" in data:
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
        names=named,
        judged=judged,
        shows_others="of" in data.get("info", {}) or any(each.startswith("named.") for each in names_in(record)),
        defaults=MappingProxyType(
            {name: sub["default"] for name, sub in schema.get("properties", {}).items() if "default" in sub}
        ),
    )
