"""Dictionary: for each field the values that the contract itself shows, the most ordinary first.

A generator that starts from them, and shrinks back to them, makes payloads that a person would write.
"""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.vectors import sample
from mockserver.kit.generation.keywords import reference_pattern
from mockserver.kit.generation.shapes import is_among
from mockserver.types import JSON, Schema, kind_of


class Dictionary:
    """The known values of each field, where ``image_list[].image`` is the field of a list's items."""

    def __init__(self, schema: Schema) -> None:
        """Read the examples, defaults, listed values and test vectors of a request schema."""
        self._values: dict[str, list[JSON]] = {}
        self._referring: dict[str, list[str]] = {}
        self._reference = reference_pattern(schema)
        schemas = dict(_fields(schema, ""))
        for field, sub in schemas.items():
            for value in _shown_values(sub) if field else ():
                self._note(field, value)
        for example in schema.get("examples", ()):
            self._note("", example)
        for rule in schema.get("allOf", ()):
            for patch in (*rule.get("x-accept", ()), *rule.get("x-reject", ())):
                self._note("", {name: value for name, value in patch.items() if value is not None})
        for field, sub in schemas.items():
            if field and not self._values.get(field):
                self._note(field, sample(sub))

    def values(self, field: str) -> tuple[JSON, ...]:
        """Return the known values of a field."""
        return tuple(self._values.get(field, ()))

    def referring_texts(self, field: str) -> tuple[str, ...]:
        """Return the texts of a field that refer to something else in the payload: alone they may be wrong."""
        return tuple(self._referring.get(field, ()))

    def kinds(self, field: str) -> frozenset[str]:
        """Return the kinds of a field's known values."""
        return frozenset(map(kind_of, self._values.get(field, ())))

    def has_reference(self, text: str) -> bool:
        """Tell whether a text refers to something else in the payload, such as ``<<<image_1>>>``."""
        return bool(self._reference and self._reference.search(text))

    def _note(self, field: str, value: JSON) -> None:
        if isinstance(value, str) and self.has_reference(value):
            self._referring.setdefault(field, []).append(value)
            return
        known = self._values.setdefault(field, [])
        if not is_among(value, known):
            known.append(value)
        if isinstance(value, dict):
            for name, inner in value.items():
                self._note(f"{field}.{name}".lstrip("."), inner)
        if isinstance(value, list):
            for item in value:
                self._note(f"{field}[]", item)


def _fields(schema: Schema, field: str) -> Iterator[tuple[str, Schema]]:
    yield field, schema
    for name, sub in schema.get("properties", {}).items():
        yield from _fields(sub, f"{field}.{name}".lstrip("."))
    if isinstance(schema.get("items"), dict):
        yield from _fields(schema["items"], f"{field}[]")


def _shown_values(schema: Schema) -> Iterator[JSON]:
    yield from schema.get("examples", ())
    if schema.get("default", []) != []:
        yield schema["default"]
    yield from schema.get("enum", ())
    yield from (schema["const"],) if "const" in schema else ()
    yield from schema.get("x-accept", ())
    yield from schema.get("x-reject", ())
