"""The lexicon: for each field the values that the contract itself shows, the most ordinary first.

A generator that starts from them, and shrinks back to them, makes payloads that a person would write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mockserver.contract.vectors import sample
from mockserver.kit.generation.shapes import is_among, kind_of
from mockserver.types import JSON, Schema


class Lexicon:
    """The known values of each field, ``image_list[].image``, and the kinds its schema gives it."""

    def __init__(self, schema: Schema) -> None:
        """Read the examples, defaults, values and vectors of a request schema."""
        self._values: dict[str, list[JSON]] = {}
        self._referring: dict[str, list[str]] = {}
        self._schemas: dict[str, Schema] = dict(_places(schema, ""))
        self._reference = _references(schema)
        for field, sub in self._schemas.items():
            for value in _shown(sub) if field else ():
                self._note(field, value)
        for example in schema.get("examples", ()):
            self._note("", example)
        for rule in schema.get("allOf", ()):
            for patch in (*rule.get("x-accept", ()), *rule.get("x-reject", ())):
                self._note("", {name: value for name, value in patch.items() if value is not None})
        for field, sub in self._schemas.items():
            if field and not self._values.get(field):
                self._note(field, sample(sub))

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields, the outer before the inner."""
        return tuple(self._schemas)

    def values(self, field: str) -> tuple[JSON, ...]:
        """Return what a field is known to hold, and what its schema lists for it."""
        return tuple(self._values.get(field, ()))

    def referring(self, field: str) -> tuple[str, ...]:
        """Return the texts of a field that refer to what is sent beside them: alone they may mean nothing."""
        return tuple(self._referring.get(field, ()))

    def schema(self, field: str) -> Schema:
        """Return the schema of a field, without what the rules across fields add."""
        return self._schemas.get(field, {})

    def kinds(self, field: str) -> frozenset[str]:
        """Return the kinds that a field's values are of by its own schema."""
        return frozenset(map(kind_of, self._values.get(field, ())))

    def refers(self, text: str) -> bool:
        """Tell whether there is a reference in a text to what is sent beside it."""
        return bool(self._reference and self._reference.search(text))

    def _note(self, field: str, value: JSON) -> None:
        if isinstance(value, str) and self.refers(value):
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


def _places(schema: Schema, field: str) -> Iterator[tuple[str, Schema]]:
    yield field, schema
    for name, sub in schema.get("properties", {}).items():
        yield from _places(sub, f"{field}.{name}".lstrip("."))
    if isinstance(schema.get("items"), dict):
        yield from _places(schema["items"], f"{field}[]")


def _shown(schema: Schema) -> Iterator[JSON]:
    yield from schema.get("examples", ())
    if schema.get("default", []) != []:
        yield schema["default"]
    yield from schema.get("enum", ())
    yield from (schema["const"],) if "const" in schema else ()
    yield from schema.get("x-accept", ())
    yield from schema.get("x-reject", ())


def _references(schema: JSON) -> re.Pattern[str] | None:
    """Return what finds a reference: a text that has one is ordinary only beside what it refers to."""
    forms = "|".join(re.escape(form).replace("%", "[0-9]+") for form in sorted(set(_forms(schema))))
    return re.compile(forms) if forms else None


def _forms(schema: JSON) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("x-references", {}).get("to", ())
        for inner in schema.values():
            yield from _forms(inner)
    if isinstance(schema, list):
        for inner in schema:
            yield from _forms(inner)
