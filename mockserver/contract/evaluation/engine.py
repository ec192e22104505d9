"""The engine: ``jsonschema-rs``, which knows our own keywords, and asks Python about them only where it has to.

A question to Python takes a microsecond, as long as all of the rest; most payloads need none. So each keyword of ours
has a *guard*, a plain schema: what keeps it keeps the keyword, too.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import jsonschema_rs

from mockserver.contract.keywords import KEYWORDS, OF_DATA, Keyword
from mockserver.contract.places import schema_of
from mockserver.types import JSON, Path, Schema

HOLDS_ONE = frozenset({"items", "contains", "additionalProperties", "not", "if", "then", "else"})
HOLDS_MANY = frozenset({"properties", "$defs", "allOf", "anyOf"})
"""The keywords that hold other schemas: one, or many by name or in a row."""

_SAFE_DIGITS = 18
"""Every number of so many digits fits into 64 bits."""

_COUNTED = 9
"""References to so many items of a list are looked at by patterns: those of one digit. Hardly anybody sends more."""


def compiled(schema: Schema) -> jsonschema_rs.Validator:
    """Compile a request schema; its errors do not repeat the payload, which can be megabytes.

    A suite makes a fake for each test, and all of them say the same schemas: one of those is compiled once. Its bytes,
    which are equal where its content is, take a thirtieth of the time.
    """
    return _compiled(marshal.dumps(schema, 2))  # later versions of the format also say which parts are one object


@lru_cache(maxsize=128)  # each takes a third of a megabyte; most processes serve a dozen operations under few readings
def _compiled(schema: bytes) -> jsonschema_rs.Validator:
    found: Schema = marshal.loads(schema)  # noqa: S302 - these bytes were made above
    return jsonschema_rs.validator_for(_guarded(found), keywords=_checks(), mask="…")


def unguarded(path: Path) -> Path:
    """Return the path that something has in a schema before it was compiled."""
    return (*path[:-4], path[-1]) if path[-1] in KEYWORDS else path


def guard(keyword: str, argument: JSON) -> JSON:
    """Return a plain schema that is kept only by what keeps a keyword of ours; a new one may have none."""
    found = _GUARDS.get(keyword)
    return False if found is None else found(argument)


def _safe_references(value: dict[str, Any]) -> Schema:
    return {"allOf": [_safe_reference(value["in"], *form) for form in value["to"].items()]}


def _safe_reference(places: list[str], form: str, target: str) -> Schema:
    """Return a schema of what has no reference of a form, or only such to the first few items of its list."""
    begin = re.escape(form.partition("*" if "*" in form else "%")[0])
    none = _at(places, _without(begin))
    if "%" in target or "*" in form:
        return none
    some = []
    for count in range(1, _COUNTED + 1):
        listed = {"type": "array", "minItems": count} | ({"maxItems": count} if count < _COUNTED else {})
        known = _at(places, _without(f"{begin}([^1-{count}]|.[0-9])"))
        some.append({"allOf": [_has(target, listed), known]})
    return {"anyOf": [none, *some]}


def _without(pattern: str) -> Schema:
    return {"not": {"type": "string", "pattern": pattern}}


def _few_items(value: dict[str, Any]) -> Schema:
    return _at(value["lists"], {"maxItems": value["max"] // len(value["lists"])})


def _no_parts(value: dict[str, Any]) -> Schema:
    return {"not": _has(value["of"].partition("[")[0], {})}


def _one_part(place: str) -> Schema:
    """Return a schema of what has a list in which one item at the most has something at a place."""
    holder, _, inner = place.rpartition("[].")
    item = {"type": "object", "required": [inner.partition(".")[0]]}
    return schema_of(holder, {"contains": item, "minContains": 0, "maxContains": 1})


def _small_growth(value: dict[str, Any]) -> Schema:
    """Return a schema of numbers so small that as many of them as a side may have are not too much."""
    most = (value["times"] ** 0.5 - 1) / max(len(value["height"]), len(value["width"]))
    return _at([*value["height"], *value["width"]], {"maximum": most})


def _at(places: list[str], schema: Schema) -> Schema:
    """Return a schema that all values at some places keep if they keep another."""
    return {"allOf": [schema_of(place, schema) for place in places]}


def _has(place: str, schema: Schema) -> Schema:
    """Return a schema of what has something of another at a place of fields."""
    for field in place.split(".")[::-1]:
        schema = {"type": "object", "required": [field], "properties": {field: schema}}
    return schema


_GUARDS: dict[str, Callable[[Any], Schema]] = {
    "x-references": _safe_references,
    "x-total-items": _few_items,
    "x-sum-equals": _no_parts,
    "x-unique": _one_part,
    "x-shots": lambda value: schema_of(value["in"], _without("shot")),
    "x-grown-area": _small_growth,
    "x-ascending": lambda names: {"not": {"required": names}},
    "x-one-nonzero": lambda names: {"properties": {name: {"const": 0} for name in names[1:]}},
    "x-utf16-length": lambda most: {"maxLength": most // 2},
    "x-int64": lambda _: {"maxLength": _SAFE_DIGITS, "minimum": -(10**_SAFE_DIGITS), "maximum": 10**_SAFE_DIGITS},
    **dict.fromkeys(OF_DATA, lambda _: {"pattern": "^([Hh][Tt][Tt][Pp][Ss]?://|$)"}),
}


def _guarded(schema: JSON) -> JSON:
    """Put each keyword of ours behind its guard, as the last thing that is looked at; leave out what only describes."""
    if not isinstance(schema, dict):
        return schema
    found: Schema = {}
    own: list[Schema] = []
    for keyword, value in schema.items():
        if keyword in KEYWORDS:
            own.append({"if": guard(keyword, value), "else": {keyword: value}})
        elif keyword in HOLDS_ONE:
            found[keyword] = _guarded(value)
        elif keyword in HOLDS_MANY and isinstance(value, dict):
            found[keyword] = {name: _guarded(part) for name, part in value.items()}
        elif keyword in HOLDS_MANY:
            found[keyword] = [_guarded(part) for part in value]
        elif not keyword.startswith("x-"):
            found[keyword] = value
    return {**found, "allOf": [*found.get("allOf", ()), *own]} if own else found


@cache
def _checks() -> dict[str, type[jsonschema_rs.KeywordValidator]]:
    return {name: _check(keyword) for name, keyword in KEYWORDS.items()}


def _check(keyword: Keyword) -> type[jsonschema_rs.KeywordValidator]:
    class Check:
        def __init__(self, _parent: Schema, value: JSON, _path: list[str | int]) -> None:
            self.value = value

        def validate(self, instance: JSON) -> None:
            for problem in keyword(self.value, instance):
                raise ValueError(problem.fact)

    return Check
