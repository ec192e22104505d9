"""Soundness: what a meta-schema cannot see, such as names that lead nowhere and rules without a name.

Each function raises ``BadContract`` with the file and a pointer to the place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import jsonschema_rs

from mockserver.contract.evaluation.engine import HOLDS_MANY, HOLDS_ONE
from mockserver.contract.keywords import KEYWORDS
from mockserver.contract.places import schema_at
from mockserver.contract.readings import Questions
from mockserver.contract.rules import Rule
from mockserver.contract.source.parts import Whole
from mockserver.errors import BadContract
from mockserver.types import JSON, Path, Schema, pointer

_ROLES = ("prompt", "count", "ratio", "size", "duration", "model", "jobs", "watermark", "images")


def check_request(file: str, schema: Schema) -> None:
    """A request schema has a source, a confidence and an example, and each of its rules can be named and shown."""
    for keyword in ("x-source", "x-confidence", "examples"):
        if keyword not in schema:
            raise BadContract(file, "", f"a request schema needs {keyword!r}")
    for index, rule in enumerate(schema.get("allOf", ())):
        if not isinstance(rule, dict) or "$anchor" not in rule:
            raise BadContract(file, f"/allOf/{index}", "a rule across fields needs an '$anchor'")
    for path, part in _parts(schema):
        if "$ref" in part:
            raise BadContract(file, pointer((*path, "$ref")), "a request schema stands alone; write it out")
        if path[:1] != ("allOf",):
            _check_part(file, path, part)
    try:
        jsonschema_rs.validator_for(schema, keywords=dict.fromkeys(KEYWORDS, _Nothing))
    except ValueError as error:
        raise BadContract(file, "", f"not a schema: {str(error).splitlines()[0]}") from error


def check_task(file: str, at: str, task: Mapping[str, JSON], schema: Schema) -> None:
    """What a task takes from its payload is at a place of its request, and its usual size is one of its sizes."""
    for role, place in _places(task):
        try:
            found = schema_at(place, schema)
        except ValueError as error:
            raise BadContract(file, f"{at}/task/{role}", str(error)) from error
        if found is None:
            raise BadContract(file, f"{at}/task/{role}", f"the request has no field {place!r}")
    for size in task.get("grid", ()):
        if size not in task["sizes"]:
            raise BadContract(file, f"{at}/task/grid", f"{size!r} is not one of its sizes")
    if "usual_size" in task and task["usual_size"] not in task["sizes"]:
        raise BadContract(file, f"{at}/task/usual_size", f"{task['usual_size']!r} is not one of its sizes")
    for model, own in task.get("by_model", {}).items():
        if model not in (schema_at(task.get("model", ""), schema) or {}).get("enum", ()):
            raise BadContract(file, f"{at}/task/by_model", f"the request has no model {model!r}")
        if not task["sizes"].keys() <= own.get("sizes", task["sizes"]).keys():
            raise BadContract(file, f"{at}/task/by_model/{model}", "it has not all sizes")


def _places(task: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """Yield each place that a task names, after the role that it plays there."""
    yield from ((role, task[role]) for role in (*_ROLES, "watermark", "images", "videos") if role in task)
    for choice, roles in (
        ("series", ("field", "count")),
        ("sound", ("field",)),
        ("defaults", ("field",)),
        ("source", ("id", "url")),
    ):
        fields = task.get(choice, {})
        yield from ((f"{choice}/{role}", fields[role]) for role in roles if role in fields)
    yield from ((f"elements/{number}", place) for number, place in enumerate(task.get("elements", ())))
    for number, case in enumerate(task.get("units_when", ())):
        yield from ((f"units_when/{number}", place) for place in case["when"])


def check_layout(file: str, layout: Mapping[str, JSON], schemas: Iterable[Schema]) -> None:
    """Each place that a layout names in requests is in one request of the service at least."""
    named = {key: layout[key] for key in ("external_id_field", "callback_field", "account_field") if layout.get(key)}
    if "uploads" in layout:
        named["uploads/reference"] = layout["uploads"]["reference"]
    for number, echo in enumerate(layout.get("echoes", ())):
        named |= {f"echoes/{number}/fields/{place}": place for place in echo["fields"]}
    known = [*schemas]
    for key, place in named.items():
        if all(schema_at(place, schema) is None for schema in known):
            raise BadContract(file, f"/layout/{key}", f"no request of the service has a field {place!r}")


def check_relations(service: Whole, others: Collection[str], base: Mapping[str, JSON]) -> None:
    """What a service shares its tasks with is there, and what it takes of the readings of its ``base``."""
    shared = service.data.get("shares", service.id)
    if shared not in others:
        raise BadContract(service.file("/shares"), "/shares", f"there is no service {shared!r}")
    for index, name in enumerate(service.data.get("inherits", ())):
        if name not in base["readings"]:
            raise BadContract(service.file("/inherits"), f"/inherits/{index}", f"there is no question {name!r}")


def check_info(file: str, at: str, info: Mapping[str, JSON], schema: Schema) -> None:
    """What a record repeats of a request is a field of it."""
    type, source = info.get("type"), info.get("of", {})
    named = {f"inputs/{field}": field for field in info.get("inputs", {})}
    named |= {f"arguments/{index}": each["field"] for index, each in _fields(info)}
    named |= {f"of/{role}": source[role] for role in ("task", "work") if role in source}
    named |= {"type": type["field"]} if isinstance(type, dict) else {}
    for role, field in named.items():
        if field not in schema.get("properties", {}):
            raise BadContract(file, f"{at}/info/{role}", f"the request has no field {field!r}")


def _fields(info: Mapping[str, JSON]) -> Iterator[tuple[int, Mapping[str, JSON]]]:
    return ((index, each) for index, each in enumerate(info.get("arguments", ())) if "field" in each)


def check_routes(service: Whole) -> None:
    """Each operation has a method and a path, and no two of them the same."""
    taken: dict[tuple[str, str], str] = {}
    for name, operation in service.data["operations"].items():
        for key in ("does", "method", "path"):
            if key not in operation:
                at = f"/operations/{name}"
                raise BadContract(service.file(at), at, f"{key!r} is a required property")
        route = operation["method"], operation["path"]
        if route in taken:
            at, fact = f"/operations/{name}/path", f"{' '.join(route)} belongs to {taken[route]} already"
            raise BadContract(service.file(at), at, fact)
        taken[route] = name


def check_names(
    service: Whole,
    rules: Mapping[str, Sequence[Rule]],
    whens: Mapping[str, Mapping[str, str]],
    questions: Questions,
) -> None:
    """No operation waits for a reading that there is not, and no two of its rules have one name.

    ``rules`` and ``whens`` are those of each operation, by its name.
    """
    for name, when in whens.items():
        for id, wanted in when.items():
            if id not in questions or wanted not in questions[id].readings:
                at = f"/operations/{name}/when"
                raise BadContract(service.file(at), at, f"there is no reading {id}={wanted}")
    for name, found in rules.items():
        ids = [rule.id for rule in found]
        if doubled := {id for id in ids if ids.count(id) > 1}:
            at = f"/operations/{name}"
            raise BadContract(service.file(at), at, f"two rules have the name {min(doubled)!r}")


def check_readings(service: Whole, rules: Collection[Rule], questions: Questions) -> None:
    """The default of a question is a reading of it, and what a reading of one of its own names are ``rules``."""
    every, anchors = {rule.id for rule in rules}, {rule.id for rule in rules if rule.is_anchored}
    for question in questions.values():
        if question.default not in question.readings:
            at = f"/readings/{question.id}/default"
            raise BadContract(service.file(at), at, f"there is no reading {question.default!r}")
    for id in service.data.get("readings", {}):
        for reading in questions[id].readings.values():
            known = {rule: anchors if level == "off" else every for rule, level in reading.levels.items()}
            if unknown := {rule for rule, those in known.items() if rule not in those}:
                fact = f"there is no rule {min(unknown)!r}, or it cannot be off because it is not in allOf"
                at = f"/readings/{id}/readings/{reading.id}"
                raise BadContract(service.file(at), at, fact)


def check_refusals(service: Whole, errors: Collection[str]) -> None:
    """An operation that refuses everything does so with a row of the error table."""
    for name, operation in service.data["operations"].items():
        if operation.get("refuses", "") not in {"", *errors}:
            at = f"/operations/{name}/refuses"
            raise BadContract(service.file(at), at, f"there is no error {operation['refuses']!r}")


def check_libraries(service: Whole, known: Collection[str], rows: Collection[str], questions: Collection[str]) -> None:
    """What a library names is there: operations that make things, rows of the error table, a question, and itself.

    ``known`` are the libraries that the service has, its own and those of the one that it extends.
    """
    operations = service.data["operations"]
    for id, library in service.data.get("libraries", {}).items():
        for role, fact in _faults_of_library(library, operations, rows, questions):
            at = f"/libraries/{id}/{role}"
            raise BadContract(service.file(at), at, fact)
    for name, operation in operations.items():
        if operation.get("library", "") not in {"", *known}:
            at = f"/operations/{name}/library"
            raise BadContract(service.file(at), at, f"there is no library {operation['library']!r}")


def _faults_of_library(
    library: Mapping[str, JSON], operations: Mapping[str, JSON], rows: Collection[str], questions: Collection[str]
) -> Iterator[tuple[str, str]]:
    for maker in library["made_by"]:
        if not operations.get(maker, {}).get("task"):
            yield "made_by", f"no operation {maker!r} makes tasks"
    for role in ("missing", "deleted", "preset"):
        if library[role] not in rows:
            yield role, f"the error table has no row {library[role]!r}"
    if library["unknown"] not in questions:
        yield "unknown", f"there is no question {library['unknown']!r}"
    if not all(library["id_field"] in preset["thing"] for preset in library["presets"]):
        yield "presets", f"a preset has no {library['id_field']!r}"


def check_references(documents: Mapping[str, Schema], services: Collection[str]) -> None:
    """Every reference of one schema of some services to another leads somewhere."""
    for file in documents:
        service = file.partition("/")[0]
        for path, part in _parts(documents[file] if service in services else {}):
            if "$ref" not in part:
                continue
            target, _, inside = part["$ref"].partition("#")
            named = (
                (target.removeprefix("../") if target.startswith("../") else f"{service}/{target}") if target else file
            )
            found: JSON = documents.get(named)
            for step in inside.split("/")[1:]:
                found = found.get(step) if isinstance(found, dict) else None
            if found is None:
                raise BadContract(file, pointer((*path, "$ref")), f"{part['$ref']!r} leads nowhere")


def _check_part(file: str, path: Path, part: Schema) -> None:
    if "pattern" in part and not part.keys() >= {"x-accept", "x-reject"}:
        raise BadContract(file, pointer((*path, "pattern")), "a pattern needs 'x-accept' and 'x-reject'")
    for name in part.get("required", ()):
        if name not in part.get("properties", {}):
            raise BadContract(file, pointer((*path, "required")), f"there is no property {name!r}")


def _parts(schema: JSON, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Yield a schema and each schema in it, with the path to it."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for keyword, value in schema.items():
        if keyword in HOLDS_ONE:
            yield from _parts(value, (*path, keyword))
        elif keyword in HOLDS_MANY:
            for key, part in value.items() if isinstance(value, dict) else enumerate(value):
                yield from _parts(part, (*path, keyword, key))


class _Nothing:
    """Stands for a keyword of ours where only the form of a schema is checked."""

    def __init__(self, *_: JSON) -> None:
        pass

    def validate(self, _: JSON) -> None:
        pass
