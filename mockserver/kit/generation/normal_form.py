"""Normal form: a schema of the closed keyword set as a choice of shapes, as it stands or negated.

A negation moves inwards until it reaches a keyword: not (a and b) is the choice of not a and not b, and each keyword
has an opposite among the shapes. What keeps ``{"maxLength": 5}`` is a text of up to five characters, or no text; what
breaks it is a text of six or more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from math import inf, nextafter
from typing import Any

from mockserver.contract.keywords import KEYWORDS
from mockserver.kit.generation.intersection import conjunction, intersect_choices, list_shapes, object_shapes
from mockserver.kit.generation.keywords import generator_of
from mockserver.kit.generation.shapes import ANY, KINDS, NUMBER_KINDS, ItemCount, OwnKeyword, Shapes
from mockserver.types import JSON, Schema

_KINDS_OF_TYPE = {kind: {kind} for kind in KINDS if kind != "fraction"} | {"number": NUMBER_KINDS}
_ANNOTATIONS = frozenset({"$anchor", "description", "examples", "x-accept", "x-reject"})
"""These constrain nothing. Without them two rules with the same meaning have the same text, and are converted once."""


def normal_form(schema: JSON, *, holds: bool = True) -> Shapes:
    """Return the shapes of what keeps a schema, or with ``holds`` false of what breaks it."""
    if isinstance(schema, bool):
        return (ANY,) if schema is holds else ()
    return _normal_form(json.dumps({key: value for key, value in schema.items() if key not in _ANNOTATIONS}), holds)


@cache
def _normal_form(text: str, holds: bool) -> Shapes:
    schema: Schema = json.loads(text)
    if not holds:
        return tuple(shape for negated in _negated(schema) for shape in negated)
    return _intersection((_without_choice(schema), *_choices(schema)))


def _without_choice(schema: Schema) -> Shapes:
    """Return the one shape of all keywords that offer no choice: all but ``allOf``, ``anyOf``, ``not`` and ``if``."""
    constraints: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _CONSTRAINTS:
            constraints.update(_CONSTRAINTS[keyword](value, schema))
    own = tuple(OwnKeyword(keyword, value, True) for keyword, value in schema.items() if keyword in KEYWORDS)
    return conjunction(**constraints, own_keywords=own) if constraints or own else (ANY,)


def _choices(schema: Schema) -> Iterator[Shapes]:
    for part in schema.get("allOf", ()):
        yield normal_form(part)
    if "anyOf" in schema:
        yield tuple(shape for part in schema["anyOf"] for shape in normal_form(part))
    if "not" in schema:
        yield normal_form(schema["not"], holds=False)
    if "if" in schema:
        yield (*_case(schema, is_met=True, holds=True), *_case(schema, is_met=False, holds=True))


def _negated(schema: Schema) -> Iterator[Shapes]:
    """Yield the ways to break a schema: by each of its keywords."""
    for keyword, value in schema.items():
        if keyword in KEYWORDS:
            yield generator_of(keyword).broken(OwnKeyword(keyword, value, False))
        elif keyword in _NEGATED:
            yield _NEGATED[keyword](value, schema)
    for part in schema.get("allOf", ()):
        yield normal_form(part, holds=False)
    if "anyOf" in schema:
        yield _intersection(normal_form(part, holds=False) for part in schema["anyOf"])
    if "not" in schema:
        yield normal_form(schema["not"])
    if "if" in schema:
        yield _case(schema, is_met=True, holds=False)
        yield _case(schema, is_met=False, holds=False)


def _case(schema: Schema, *, is_met: bool, holds: bool) -> Shapes:
    """Return one case of an ``if``: its condition is met or not, and the ``then`` or ``else`` holds or not."""
    consequence = schema.get("then" if is_met else "else", True)
    return _intersection((normal_form(schema["if"], holds=is_met), normal_form(consequence, holds=holds)))


def _intersection(choices: Iterable[Shapes]) -> Shapes:
    result: Shapes = (ANY,)
    for shapes in choices:
        result = intersect_choices(result, shapes)
    return result


def _kinds(value: str | list[str]) -> frozenset[str]:
    return frozenset().union(*(_KINDS_OF_TYPE[name] for name in ([value] if isinstance(value, str) else value)))


def _count(schema: JSON, low: int, high: float) -> ItemCount:
    return ItemCount(
        json.dumps(schema, sort_keys=True), normal_form(schema), normal_form(schema, holds=False), low, high
    )


def _contains(value: JSON, schema: Schema) -> dict[str, Any]:
    return {"item_counts": (_count(value, schema.get("minContains", 1), schema.get("maxContains", inf)),)}


def _broken_contains(value: JSON, schema: Schema) -> Shapes:
    low, high = schema.get("minContains", 1), schema.get("maxContains", inf)
    too_few = list_shapes(item_counts=(_count(value, 0, low - 1),)) if low > 0 else ()
    too_many = list_shapes(item_counts=(_count(value, int(high) + 1, inf),)) if high < inf else ()
    return (*too_few, *too_many)


def _broken_properties(value: dict[str, JSON], _: Schema) -> Shapes:
    return tuple(
        shape
        for name, sub in value.items()
        for broken in [normal_form(sub, holds=False)]
        if broken
        for shape in object_shapes(required=frozenset({name}), properties={name: broken})
    )


def _string(**constraints: Any) -> Shapes:
    return conjunction(kinds=frozenset({"string"}), **constraints)


def _number(**constraints: Any) -> Shapes:
    return conjunction(kinds=NUMBER_KINDS, **constraints)


_CONSTRAINTS: dict[str, Callable[[Any, Schema], dict[str, Any]]] = {
    "type": lambda value, _: {"kinds": _kinds(value)},
    "enum": lambda value, _: {"values": tuple(value)},
    "const": lambda value, _: {"values": (value,)},
    "minimum": lambda value, _: {"low": value},
    "maximum": lambda value, _: {"high": value},
    "minLength": lambda value, _: {"min_length": value},
    "maxLength": lambda value, _: {"max_length": value},
    "pattern": lambda value, _: {"patterns": ((value, True),)},
    "minItems": lambda value, _: {"min_items": value},
    "maxItems": lambda value, _: {"max_items": value},
    "items": lambda value, _: {"items": normal_form(value)},
    "contains": _contains,
    "properties": lambda value, _: {"properties": {name: normal_form(sub) for name, sub in value.items()}},
    "required": lambda value, _: {"required": frozenset(value)},
    "additionalProperties": lambda value, schema: (
        {"known": frozenset(schema.get("properties", {}))} if value is False else {}
    ),
}

_NEGATED: dict[str, Callable[[Any, Schema], Shapes]] = {
    "type": lambda value, _: conjunction(kinds=frozenset(KINDS) - _kinds(value)),
    "enum": lambda value, _: conjunction(excluded=tuple(value)),
    "const": lambda value, _: conjunction(excluded=(value,)),
    "minimum": lambda value, _: _number(high=nextafter(value, -inf)),
    "maximum": lambda value, _: _number(low=nextafter(value, inf)),
    "minLength": lambda value, _: _string(max_length=value - 1),
    "maxLength": lambda value, _: _string(min_length=value + 1),
    "pattern": lambda value, _: _string(patterns=((value, False),)),
    "minItems": lambda value, _: list_shapes(max_items=value - 1),
    "maxItems": lambda value, _: list_shapes(min_items=value + 1),
    "items": lambda value, _: list_shapes(item_counts=(_count({"not": value}, 1, inf),)),
    "contains": _broken_contains,
    "properties": _broken_properties,
    "required": lambda value, _: tuple(shape for name in value for shape in object_shapes(absent=frozenset({name}))),
    "additionalProperties": lambda value, schema: (
        object_shapes(known=frozenset(schema.get("properties", {})), has_unknown=True) if value is False else ()
    ),
}
