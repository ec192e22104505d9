"""Components: our schema files as the schemas of one OpenAPI document, in standard keywords and ``x-`` ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.contract.description.readable import readable
from mockserver.contract.service import Operation
from mockserver.types import JSON, Level, Path, Schema

# $schema: the document has its own. x-accept, x-reject: vectors are for tests. x-level: readings have decided by now.
_LEFT_OUT = frozenset({"$schema", "$defs", "x-accept", "x-reject", "x-level"})
_HOLDING_ONE = ("items", "contains", "additionalProperties", "not", "if", "then", "else")
_HOLDING_MANY = ("allOf", "anyOf")


class Components:
    """The schemas of a document, collected as they are referred to.

    A file of the service keeps its name, ``created``; a file of another service gets both, ``kling.created``. Each of
    its ``$defs`` is a component, too: ``envelope.task_id``.
    """

    def __init__(self, service: str, documents: Mapping[str, Schema]) -> None:
        self._service, self._documents = service, documents
        self.schemas: dict[str, JSON] = {}

    def refer(self, file: str, inside: str = "") -> Schema:
        """Return a reference to a file, or with a JSON pointer to a part of it."""
        steps = inside.split("/")[1:]
        is_part = steps[:1] == ["$defs"]
        name, schema = self._name(file), self._documents[file]
        if is_part:
            name, schema, steps = f"{name}.{steps[1]}", schema["$defs"][steps[1]], steps[2:]
        if name not in self.schemas:
            self.schemas[name] = None  # so that a schema that refers to itself comes to an end
            self.schemas[name] = self.standard(schema, file)
        return {"$ref": "/".join(["#/components/schemas", name, *steps])}

    def keep(self, file: str, schema: Schema) -> Schema:
        """Add a reduced form of a file's schema, and return a reference to it."""
        self.schemas[self._name(file)] = self.standard(schema, file)
        return self.refer(file)

    def standard(self, schema: JSON, file: str) -> JSON:
        """Return a schema of a file as OpenAPI 3.1 has it, in the form that generators of clients can read."""
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not isinstance(schema, dict):
            return schema
        found = mapped(schema, lambda part: self.standard(part, file))
        if isinstance(schema.get("additionalProperties"), bool):
            found["additionalProperties"] = schema["additionalProperties"]
        if "$ref" in found:
            target, _, inside = found["$ref"].partition("#")
            found["$ref"] = self.refer(_beside(file, target), inside)["$ref"]
        if "$anchor" in found:
            # Anchors must be unique in a document, and rules are only in their operation.
            found = {"x-rule": found.pop("$anchor"), **found}
        return readable({keyword: value for keyword, value in found.items() if keyword not in _LEFT_OUT})

    def _name(self, file: str) -> str:
        service, _, name = file.removesuffix(".json").partition("/")
        return name if service == self._service else f"{service}.{name}"


def mapped(schema: Schema, change: Callable[[JSON], JSON]) -> dict[str, Any]:
    """Return a schema with each schema in it changed."""
    found = dict(schema)
    found |= {keyword: change(schema[keyword]) for keyword in _HOLDING_ONE if keyword in schema}
    found |= {keyword: [change(part) for part in schema[keyword]] for keyword in _HOLDING_MANY if keyword in schema}
    if "properties" in schema:
        found["properties"] = {name: change(part) for name, part in schema["properties"].items()}
    return found


def enforced(operation: Operation, levels: Mapping[str, Level]) -> Schema:
    """Return the request schema of an operation without the rules that only cause warnings."""
    gone = {rule.path for rule in operation.rules if levels.get(rule.id, rule.level) != "error"}
    return _enforced(operation.schema, (), gone)


def _enforced(schema: Schema, path: Path, gone: set[Path]) -> Schema:
    found = {keyword: value for keyword, value in schema.items() if (*path, keyword) not in gone}
    if "required" in schema:
        found["required"] = [name for name in schema["required"] if (*path, "required", name) not in gone]
    if "properties" in schema:
        found["properties"] = {
            name: _enforced(part, (*path, "properties", name), gone) for name, part in schema["properties"].items()
        }
    if "items" in schema:
        found["items"] = _enforced(schema["items"], (*path, "items"), gone)
    if not path and "allOf" in schema:
        found["allOf"] = [part for index, part in enumerate(schema["allOf"]) if ("allOf", index) not in gone]
    return {keyword: value for keyword, value in found.items() if keyword not in ("required", "allOf") or value}


def _beside(file: str, name: str) -> str:
    """Return the file that a reference in another file names; no name means that file."""
    if not name:
        return file
    return name.removeprefix("../") if name.startswith("../") else f"{file.partition('/')[0]}/{name}"
