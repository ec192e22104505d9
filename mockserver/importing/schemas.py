"""Schemas: those of OpenAPI 3.0 and 3.1 in the closed set of keywords that ours have, with nothing left to look up."""

from __future__ import annotations

import re
from math import ceil, floor
from typing import Any

from mockserver.importing.merging import OF_TYPE, either, merged
from mockserver.importing.notes import CannotImport, Kind, Notes, excerpt
from mockserver.importing.reading.references import References, Spot
from mockserver.types import JSON, Schema

_MOST_NODES = 20_000
"""Schemas in one document once all references are written out."""

_FIELD_NAME = re.compile(r"[\w-]+", re.ASCII)
_PLAIN = ("minLength", "maxLength", "minItems", "maxItems")
_LEFT_OUT = (
    "multipleOf",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "not",
    "if",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "propertyNames",
    "prefixItems",
    "contains",
)
_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_UNLIKELY = ("", " ", "?", "-", "not valid", "0", "\u2603", "a" * 300)
"""Texts that few patterns match: one of them shows that a pattern is broken."""


class Schemas:
    """Converts the schemas of one import. ``is_sent``: those of requests, of which every constraint is a rule."""

    def __init__(self, references: References, notes: Notes, *, is_sent: bool) -> None:
        self._references, self._notes, self._is_sent = references, notes, is_sent
        self._within: list[tuple[str, Any]] = []
        self._left = _MOST_NODES

    def of(self, spot: Spot) -> Schema:
        """Return a schema in our keywords, with its ``description`` and ``examples``. Raises ``CannotImport``."""
        spot = self._references.resolved(spot)
        self._left -= 1
        if spot.key in self._within or len(self._within) > 60:
            raise CannotImport(spot.place, "this schema contains itself. Write it out as deep as it is needed.")
        if self._left < 0:
            raise CannotImport(
                spot.place, f"there are more than {_MOST_NODES} schemas once all references are followed."
            )
        self._within.append(spot.key)
        try:
            return self._converted(spot) if isinstance(spot.value, dict) else {}
        finally:
            self._within.pop()

    def _converted(self, spot: Spot) -> Schema:
        found: Schema = {}
        parts = [self.of(each) for each in spot.get("allOf").items()]
        unions = [[*spot.get(keyword).items()] for keyword in ("anyOf", "oneOf")]
        parts += [self._union(spot, options) for options in unions if options]
        types = _types(spot)
        if types:
            found["type"] = types[0] if len(types) == 1 else types
        if description := spot.text("description") or spot.text("title"):
            found["description"] = description.strip()
        found |= self._values(spot)
        found |= _numbers(spot)
        found |= {name: spot.value[name] for name in _PLAIN if _is_count(spot.value.get(name))}
        if "pattern" in spot.value and self._is_sent:
            found |= self._pattern(spot, found)
        if isinstance(spot.value.get("items"), dict):
            found["items"] = self.of(spot.get("items"))
        found |= self._fields(spot)
        self._leave_out_unknown(spot)
        for each in parts:
            found = merged(found, each)
        return _typed(found)

    def _leave_out_unknown(self, spot: Spot) -> None:
        for keyword in _LEFT_OUT if self._is_sent else ():
            if keyword in spot.value and spot.value[keyword] not in (False, None, 0):
                self._leave_out(spot.get(keyword), "our schemas have no such keyword; write a rule in allOf for it")

    def _fields(self, spot: Spot) -> Schema:
        found: Schema = {}
        unseen = "readOnly" if self._is_sent else "writeOnly"
        if isinstance(spot.value.get("properties"), dict):
            inner = {name: self._references.resolved(each) for name, each in spot.get("properties").fields()}
            found["properties"] = {
                name: self.of(each)
                for name, each in inner.items()
                if not (isinstance(each.value, dict) and each.value.get(unseen) is True)
                and self._can_be_named(name, each)
            }
        if isinstance(spot.value.get("required"), list):
            found["required"] = [*dict.fromkeys(name for name in spot.value["required"] if isinstance(name, str))]
        if spot.value.get("additionalProperties") is False:
            found["additionalProperties"] = False
        elif spot.value.get("additionalProperties") not in (None, {}):
            found["additionalProperties"] = True
        return found

    def _can_be_named(self, name: str, spot: Spot) -> bool:
        if self._is_sent and not _FIELD_NAME.fullmatch(name):
            self._notes.add(
                Kind.LEFT_OUT, spot.place, name, "our rules cannot name such a field; whoever sends it is warned"
            )
            return False
        return True

    def _values(self, spot: Spot) -> Schema:
        found: Schema = {}
        value = spot.value
        if isinstance(value.get("enum"), list) and value["enum"]:
            found["enum"] = _distinct(value["enum"])
        if "const" in value:
            found["enum"] = [value["const"]]
        if "default" in value:
            found["default"] = value["default"]
        shown = [value["example"]] if "example" in value else []
        given = value.get("examples")
        shown += given if isinstance(given, list) else []
        if shown:
            found["examples"] = shown
        if value.get("format") in ("uri", "url"):
            found["x-format"] = "uri"
        return found

    def _pattern(self, spot: Spot, found: Schema) -> Schema:
        text = spot.value["pattern"]
        try:
            pattern = re.compile(text)
        except (re.error, TypeError, RecursionError, OverflowError):
            self._leave_out(spot.get("pattern"), "it is no regular expression that we read")
            return {}
        known = [*found.get("examples", ()), *found.get("enum", ()), found.get("default")]
        accept = [each for each in known if isinstance(each, str) and pattern.search(each[:1000])]
        reject = [each for each in _UNLIKELY if not pattern.search(each)]
        if not accept or not reject:
            self._leave_out(spot.get("pattern"), "no example shows a text that it matches; add one, and 'x-reject'")
            return {}
        return {"pattern": text, "x-accept": _distinct(accept), "x-reject": reject[:2]}

    def _union(self, spot: Spot, options: list[Spot]) -> Schema:
        """Return one schema for what may have several forms: as much of each as can be said without a choice."""
        found: Schema = {}
        seen: dict[str, int] = {}
        enums: list[JSON] = []
        is_listed = True
        for option in map(self.of, options):
            for kind in _listed(option.get("type", [])):
                seen[kind] = seen.get(kind, 0) + 1
            found = either(found, option)
            values = option.get("enum")
            enums += values or []
            is_listed &= values is not None or option.get("type") == "null"
        found.pop("enum", None)
        if is_listed and enums:
            found["enum"] = _distinct(enums + ([None] if "null" in seen else []))
        elif self._is_sent and any(count > 1 for count in seen.values()):
            self._leave_out(spot, "it may have several forms; only what they share is checked")
        return found

    def _leave_out(self, spot: Spot, do: str) -> None:
        words = excerpt(f"{spot.path[-1]}: {spot.value}") if not isinstance(spot.value, dict) else str(spot.path[-1])
        self._notes.add(Kind.LEFT_OUT, spot.place, words, do)


def _types(spot: Spot) -> list[str]:
    kinds = [kind for kind in _listed(spot.value.get("type", [])) if kind in _TYPES]
    return [*dict.fromkeys([*kinds, *(["null"] if kinds and spot.value.get("nullable") is True else [])])]


def _typed(schema: Schema) -> Schema:
    """Give a schema the type that its keywords tell of, and take out what its type does not have."""
    found = dict(schema)
    if "type" not in found:
        kind = "object" if "properties" in found else "array" if "items" in found else None
        if kind:
            found["type"] = kind
    if isinstance(found.get("type"), list) and len(found["type"]) == 1:
        found["type"] = found["type"][0]
    kinds = _listed(found.get("type", []))
    if "null" in kinds and "enum" in found and None not in found["enum"]:
        found["enum"] = [*found["enum"], None]
    names = found.get("properties", {})
    if "required" in found:
        found["required"] = [name for name in found["required"] if name in names]
    if not found.get("required", True):
        del found["required"]
    if kinds:
        allowed = {keyword for kind in kinds for keyword in OF_TYPE.get(kind, ())}
        known = {keyword for keywords in OF_TYPE.values() for keyword in keywords}
        found = {name: value for name, value in found.items() if name not in known or name in allowed}
    return found


def _numbers(spot: Spot) -> dict[str, JSON]:
    """Return the bounds of a number; one that is exclusive becomes the next whole number."""
    found: dict[str, JSON] = {}
    is_whole = "integer" in _listed(spot.value.get("type", []))
    for keyword, exclusive, step in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        bound, over = spot.value.get(keyword), spot.value.get(exclusive)
        if _is_number(over):
            bound, over = over, True
        if not _is_number(bound):
            continue
        if is_whole:
            bound = ceil(bound) if step > 0 else floor(bound)
            bound += step if over is True else 0
        found[keyword] = bound
    return found


def _listed(value: JSON) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def _distinct(values: list[JSON]) -> list[JSON]:
    found: list[JSON] = []
    for value in values:
        if not any(value == each and type(value) is type(each) for each in found):
            found.append(value)
    return found


def _is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
