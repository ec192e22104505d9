"""Shapes: what an answer looks like, from its schema, its example, or both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.importing.merging import merged
from mockserver.importing.reading.references import References, Spot
from mockserver.importing.schemas import Schemas
from mockserver.types import JSON, Schema

Steps = tuple[str, ...]
"""The way to a field: names, and ``*`` for each item of a list."""

_NAME = re.compile(r"[A-Za-z_]+\Z")
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field of an answer that holds no others."""

    steps: Steps
    schema: Schema

    @property
    def name(self) -> str:
        """Its name in small letters with underscores: ``createTime`` is ``create_time``. An item goes by its list's."""
        return snake(next((step for step in reversed(self.steps) if step != "*"), ""))

    @property
    def place(self) -> str:
        """Where it is, as a layout spells it."""
        return ".".join(self.steps).replace(".*", "[]")

    @property
    def can_be_named(self) -> bool:
        """Whether a layout can spell it."""
        return all(step == "*" or _NAME.match(step) for step in self.steps) and self.steps[0] != "*"

    @property
    def kinds(self) -> list[str]:
        """Its types."""
        kinds = self.schema.get("type", [])
        return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind != "null"]

    @property
    def examples(self) -> list[JSON]:
        """The values that are shown of it."""
        return [*self.schema.get("examples", ()), *([self.schema["default"]] if "default" in self.schema else [])]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the body of an answer looks like, with its HTTP ``status``, and where it is described."""

    schema: Schema
    status: int
    spot: Spot

    def leaves(self) -> list[Leaf]:
        """Return all fields that hold no others, the nearest first."""
        found = [*_leaves(self.schema, (), 0)]
        return sorted(found, key=lambda leaf: len(leaf.steps))

    def at(self, steps: Steps) -> Schema | None:
        """Return the schema of what is at a place."""
        found: Schema | None = self.schema
        for step in steps:
            found = (
                None if found is None else found.get("items") if step == "*" else found.get("properties", {}).get(step)
            )
        return found


def shape(operation: Spot, schemas: Schemas, references: References) -> Shape | None:
    """Return what an operation answers if all is well; ``None`` if that is not described."""
    for code, each in sorted(operation.get("responses").fields()):
        if re.fullmatch(r"2\d\d|2XX|default", code):
            status = int(code) if code.isdecimal() else 200
            if (found := body(references.resolved(each), status, schemas, references)) is not None:
                return found
    return None


def body(response: Spot, status: int, schemas: Schemas, references: References) -> Shape | None:
    """Return what the JSON of a response, or of a request, looks like; ``None`` if it has no fields."""
    for kind, media in response.get("content").fields():
        if "json" not in kind and kind != "*/*":
            continue
        found = schemas.of(media.get("schema")) if media.get("schema").value is not None else {}
        for example in _examples(media, references):
            found = with_example(found, example)
        for example in found.get("examples", ()):
            found = with_example(found, example)
        if found.get("properties") or found.get("items"):
            return Shape(found, status, references.resolved(media.get("schema")))
    return None


def _examples(media: Spot, references: References) -> Iterator[JSON]:
    if isinstance(media.value, dict) and "example" in media.value:
        yield media.value["example"]
    for _, each in media.get("examples").fields():
        found = references.resolved(each)
        if isinstance(found.value, dict) and "value" in found.value:
            yield found.value["value"]


def with_example(schema: Schema, example: JSON, depth: int = 0) -> Schema:
    """Return a schema whose fields show the values of an example, with the fields that only the example has."""
    if depth > _DEEPEST:
        return schema
    if isinstance(example, dict):
        properties = dict(schema.get("properties", {}))
        for name, value in example.items():
            properties[name] = with_example(properties.get(name, {}), value, depth + 1)
        return {"type": "object", **schema, "properties": properties}
    if isinstance(example, list):
        items = schema.get("items", {})
        for value in example[:3]:
            items = with_example(items, value, depth + 1)
        return {"type": "array", **schema, "items": items}
    kind = {str: "string", bool: "boolean", int: "integer", float: "number"}.get(type(example))
    known = {"type": kind} if kind and not schema.keys() & {"type", "properties", "items"} else {}
    return merged(schema, {**known, "examples": [example]}) if example is not None else schema


def snake(name: str) -> str:
    """Write a name in small letters with underscores."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")


def _leaves(schema: Schema, steps: Steps, depth: int) -> Iterator[Leaf]:
    if depth > _DEEPEST:
        return
    if schema.get("properties"):
        for name, each in schema["properties"].items():
            yield from _leaves(each, (*steps, name), depth + 1)
    elif isinstance(schema.get("items"), dict):
        yield from _leaves(schema["items"], (*steps, "*"), depth + 1)
    elif steps:
        yield Leaf(steps, schema)
