"""Relatives: services of ours that a document describes a gateway of, for it has their paths, fields and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from mockserver.contract.places import schema_at
from mockserver.contract.source.files import Files
from mockserver.importing.answers.shape import Shape
from mockserver.importing.notes import Kind, Notes
from mockserver.importing.requests.roles import task as own_task
from mockserver.importing.routes import Route
from mockserver.resources import folder
from mockserver.types import JSON, Schema

_OF_LEAVES = ("model", "prompt", "count", "ratio", "size", "duration", "images", "videos", "watermark")
_BY_FIELDS = ("series", "sound", "elements", "defaults", "source", "units_when", "by_model")
"""What a task takes from fields that a gateway may not have, in ways of its own."""

QUERY = "gateway-query"
"""The question where a gateway shows its tasks, if its document does not say so."""


@dataclass(frozen=True, slots=True)
class Relative:
    """An operation of ours that makes the same tasks: that ``service``, the ``name`` of the operation, what it is."""

    service: str
    name: str
    operation: Mapping[str, JSON]

    @property
    def product(self) -> str:
        """Its name without the verb."""
        return self.name.rpartition(".")[0]


@cache
def services() -> Mapping[str, Mapping[str, JSON]]:
    """Return what our services say, by name: those that extend no other."""
    names = sorted(place.name for place in folder("schemas").iterdir() if (place / "service.json").is_file())
    return {name: found for name in names if "extends" not in (found := said(name))}


def said(service: str) -> Mapping[str, JSON]:
    """Return what one of our services says."""
    return Files(folder("schemas"), are_checked=False).sources[service].data


def relative(route: Route, shape: Shape | None, sent: Schema) -> Relative | None:
    """Return the operation of ours whose path a route ends with, unless its answer is another one."""
    found = [
        Relative(service, name, operation)
        for service, theirs in services().items()
        for name, operation in theirs["operations"].items()
        if operation["does"] == "create" and route.path.endswith(operation["path"])
    ]
    found = [each for each in found if _has_its_form(each, shape) and _has_its_fields(each, sent)]
    return max(found, key=lambda each: len(each.operation["path"]), default=None)


def _has_its_form(found: Relative, shape: Shape | None) -> bool:
    if shape is None:
        return True
    layout = services()[found.service]["layout"]
    way = tuple(step for place in (layout["task"], layout["id"]) for step in place.split(".") if step)
    return shape.at(way) is not None


def _has_its_fields(found: Relative, sent: Schema) -> bool:
    prompt = found.operation["task"].get("prompt")
    return prompt is None or schema_at(prompt, sent) is not None


def task(found: Relative, sent: Schema, notes: Notes, where: str) -> dict[str, JSON]:
    """Return the ``task`` of an operation: that of its relative, as far as the fields are there and safe to use."""
    theirs = found.operation["task"]
    own = own_task(sent, theirs["media"], Notes(), where)
    made = {name: value for name, value in theirs.items() if name not in (*_OF_LEAVES, *_BY_FIELDS)}
    for role in _OF_LEAVES:
        if role in theirs and schema_at(theirs[role], sent) is not None and own.get(role, theirs[role]) == theirs[role]:
            is_safe = role in own or role not in ("count", "ratio", "size", "duration")
            if is_safe:
                made[role] = theirs[role]
    listed = (schema_at(made["size"], sent) or {}).get("enum") if "size" in made else None
    sizes = {name: side for name, side in theirs.get("sizes", {}).items() if listed is None or name in listed}
    if sizes:
        made["sizes"] = sizes
        made["usual_size"] = theirs["usual_size"] if theirs["usual_size"] in sizes else next(iter(sizes))
        for part in ("grid", "units"):
            if part in theirs:
                made[part] = {name: value for name, value in theirs[part].items() if name in sizes}
    elements = [place for place in theirs.get("elements", ()) if schema_at(place, sent) is not None]
    if elements:
        made["elements"] = elements
    for choice in ("series", "sound"):
        fields = (
            [theirs[choice][role] for role in ("field", "count") if role in theirs[choice]] if choice in theirs else []
        )
        if fields and all(schema_at(place, sent) is not None for place in fields):
            made[choice] = theirs[choice]
    return made


def payloads(found: Relative, sent: Schema) -> dict[str, JSON]:
    """Return the fields by which a payload asks for something special: those of the relative that are fields here."""
    theirs = found.operation.get("payloads", {})
    return {name: fields for name, fields in theirs.items() if all(field in sent["properties"] for field in fields)}


def operations(
    found: Relative, create: Route, product: str, described: Mapping[str, Route]
) -> Iterator[tuple[str, JSON]]:
    """Yield the operations that show and list what a route makes, as the relative has them; ``described`` are those of
    the document, by what they do.
    """
    theirs = services()[found.service]["operations"]
    for does in ("get", "list", "delete"):
        name = f"{found.product}.{does}"
        if name not in theirs:
            continue
        its = dict(theirs[name])
        base = found.operation["path"]
        rest = its["path"].removeprefix(base) if its["path"].startswith(base) else None
        route = described.get(does)
        if route is None and rest is None:
            continue
        its["path"] = create.path + (rest or "") if route is None else _with_id(route.path)
        for key in ("answer", "query", "callback"):
            if key in its:
                its[key] = outside(found.service, its[key])
        if route is None:
            its["when"] = {QUERY: "same-path"}
        yield f"{product}.{does}", its


def _with_id(path: str) -> str:
    """Return a path whose last parameter is called ``id``, as the actions of a dialect expect it."""
    head, brace, tail = path.rpartition("{")
    return f"{head}{{id}}{tail.partition('}')[2]}" if brace else path


def outside(service: str, file: str) -> str:
    """Return the name of a file of a service as another one spells it."""
    return file if file.startswith("../") else f"../{service}/{file}"


def create(found: Relative, route: Route, sent: Schema, media_types: tuple[str, ...], file: str, notes: Notes) -> JSON:
    """Return the operation that makes tasks."""
    made: dict[str, JSON] = {
        "does": "create",
        "method": "POST",
        "path": route.path,
        "body": file,
        "media_types": list(media_types),
        "task": task(found, sent, notes, route.spot.place),
    }
    for key in ("answer", "callback"):
        if key in found.operation:
            made[key] = outside(found.service, found.operation[key])
    if "status" in found.operation:
        made["status"] = found.operation["status"]
    if special := payloads(found, sent):
        made["payloads"] = special
    return made


def service(
    title: str, base: str, hosts: list[str], operations: Mapping[str, JSON], made_of: str, place: str, notes: Notes
) -> JSON:
    """Return the ``service.json`` of a gateway to a service of ours."""
    theirs = services()[base]
    made: dict[str, JSON] = {
        "title": title,
        "extends": base,
        "dialect": theirs["dialect"],
        "hosts": hosts,
        "credentials": ["api-key"],
        "refusal": outside(base, theirs["refusal"]),
        "operations": operations,
    }
    if any(QUERY in each.get("when", {}) for each in operations.values()):
        made["readings"] = {
            QUERY: {
                "question": "Where does it show its tasks? Its document says nothing of it.",
                "default": "same-path",
                "readings": {
                    "same-path": {"means": "GET on the path of creating shows the list, with an id behind it one task"},
                    "none": {"means": "nowhere: GET finds no method and no path"},
                },
                "confidence": "unknown",
                "source": made_of,
            }
        }
        what = f"the document does not say how tasks are shown; as at {base} they are, on the path of creating"
        notes.add(Kind.GUESSED, place, "", f"{what} (reading {QUERY})")
    notes.add(
        Kind.GUESSED, place, "", f"its paths and fields are those of {base}, so answers, errors and readings are, too"
    )
    return made
