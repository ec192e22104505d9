"""Alternatives: a schema of the closed keyword set as a choice of shapes, as it stands or turned into its opposite.

A negation goes inwards until it meets a keyword: not (a and b) is a choice of not a and not b, and each keyword has an
opposite among the shapes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from math import inf, nextafter
from typing import Any

from mockserver.contract.keywords import KEYWORDS
from mockserver.kit.generation.intersection import merged, settled
from mockserver.kit.generation.shapes import ANY, KINDS, Need, Our, Shape, Shapes
from mockserver.types import JSON, Schema

_TYPES = {kind: {kind} for kind in KINDS if kind != "fraction"} | {"number": {"integer", "fraction"}}
_ASIDE = frozenset({"$anchor", "description", "examples", "x-accept", "x-reject"})


def alternatives(schema: JSON, *, holds: bool = True) -> Shapes:
    """Return the shapes of what keeps a schema, or with ``holds`` false of what breaks it."""
    if isinstance(schema, bool):
        return (ANY,) if schema is holds else ()
    # What only people read is left out, so that the same text is the same meaning.
    return _alternatives(json.dumps({key: value for key, value in schema.items() if key not in _ASIDE}), holds)


@cache
def _alternatives(text: str, holds: bool) -> Shapes:
    schema: Schema = json.loads(text)
    if not holds:
        return tuple(shape for negated in _negated(schema) for shape in negated)
    return _all_of((_plain(schema), *_branches(schema)))


def _plain(schema: Schema) -> Shapes:
    """Return the one shape that all keywords make which offer no choice."""
    own: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _PLAIN:
            own.update(_PLAIN[keyword](value, schema))
    ours = tuple(Our(keyword, value, True) for keyword, value in schema.items() if keyword in KEYWORDS)
    return _settled(**own, ours=ours) if own or ours else (ANY,)


def _branches(schema: Schema) -> Iterator[Shapes]:
    for part in schema.get("allOf", ()):
        yield alternatives(part)
    if "anyOf" in schema:
        yield tuple(shape for part in schema["anyOf"] for shape in alternatives(part))
    if "not" in schema:
        yield alternatives(schema["not"], holds=False)
    if "if" in schema:
        yield (*_case(schema, is_met=True, holds=True), *_case(schema, is_met=False, holds=True))


def _negated(schema: Schema) -> Iterator[Shapes]:
    """Yield the ways to break a schema: by each of its keywords."""
    for keyword, value in schema.items():
        if keyword in KEYWORDS:
            yield _broken_ours(keyword, value)
        elif keyword in _NEGATED:
            yield _NEGATED[keyword](value, schema)
    for part in schema.get("allOf", ()):
        yield alternatives(part, holds=False)
    if "anyOf" in schema:
        yield _all_of(alternatives(part, holds=False) for part in schema["anyOf"])
    if "not" in schema:
        yield alternatives(schema["not"])
    if "if" in schema:
        yield _case(schema, is_met=True, holds=False)
        yield _case(schema, is_met=False, holds=False)


def _case(schema: Schema, *, is_met: bool, holds: bool) -> Shapes:
    """Return what is of one branch of an if: its condition is met or not, and what then is asked holds or not."""
    asked = schema.get("then" if is_met else "else", True)
    return _all_of((alternatives(schema["if"], holds=is_met), alternatives(asked, holds=holds)))


def _all_of(choices: Iterable[Shapes]) -> Shapes:
    found: Shapes = (ANY,)
    for shapes in choices:
        found = merged(found, shapes)
    return found


def _settled(**own: Any) -> Shapes:
    shape = settled(Shape(**own))
    return () if shape is None else (shape,)


def _kinds(value: str | list[str]) -> frozenset[str]:
    return frozenset().union(*(_TYPES[name] for name in ([value] if isinstance(value, str) else value)))


def _need(schema: JSON, low: int, high: float) -> Need:
    return Need(json.dumps(schema, sort_keys=True), alternatives(schema), alternatives(schema, holds=False), low, high)


def _contains(value: JSON, schema: Schema) -> dict[str, Any]:
    return {"needs": (_need(value, schema.get("minContains", 1), schema.get("maxContains", inf)),)}


def _broken_contains(value: JSON, schema: Schema) -> Shapes:
    low, high = schema.get("minContains", 1), schema.get("maxContains", inf)
    less = _array(needs=(_need(value, 0, low - 1),)) if low > 0 else ()
    more = _array(needs=(_need(value, int(high) + 1, inf),)) if high < inf else ()
    return (*less, *more)


def _broken_properties(value: dict[str, JSON], _: Schema) -> Shapes:
    return tuple(
        shape
        for name, sub in value.items()
        for broken in [alternatives(sub, holds=False)]
        if broken
        for shape in _object(required=frozenset({name}), properties={name: broken})
    )


def _broken_ours(keyword: str, value: JSON) -> Shapes:
    """Return what breaks a keyword of ours, with every list and text there that it speaks of."""
    broken = (Our(keyword, value, False),)
    if keyword == "x-total-items":
        filled = {name: _array(fewest=1) for name in value["lists"]}
        alone = (_object(required=frozenset({name}), ours=broken) for name in value["lists"])
        together = _object(required=frozenset(filled), properties=filled, ours=broken)
        return (*together, *(shape for shapes in alone for shape in shapes))
    if keyword == "x-sum-equals":
        return _place(value["of"], broken)
    if keyword == "x-references":
        return tuple(shape for place in value["in"] for shape in _place(place, broken))
    return _settled(kinds=frozenset({"string"}), ours=broken)


def _place(place: str, broken: tuple[Our, ...]) -> Shapes:
    """Return the objects that have something at ``name`` or ``list[].name``."""
    outer, bracket, inner = place.partition("[].")
    if not bracket:
        return _object(required=frozenset({outer}), ours=broken)
    listed = _array(fewest=1, items=_object(required=frozenset({inner})))
    return _object(required=frozenset({outer}), properties={outer: listed}, ours=broken)


def _object(**own: Any) -> Shapes:
    return _settled(kinds=frozenset({"object"}), **own)


def _array(**own: Any) -> Shapes:
    return _settled(kinds=frozenset({"array"}), **own)


def _string(**own: Any) -> Shapes:
    return _settled(kinds=frozenset({"string"}), **own)


def _number(**own: Any) -> Shapes:
    return _settled(kinds=frozenset({"integer", "fraction"}), **own)


_PLAIN: dict[str, Callable[[Any, Schema], dict[str, Any]]] = {
    "type": lambda value, _: {"kinds": _kinds(value)},
    "enum": lambda value, _: {"values": tuple(value)},
    "const": lambda value, _: {"values": (value,)},
    "minimum": lambda value, _: {"low": value},
    "maximum": lambda value, _: {"high": value},
    "minLength": lambda value, _: {"shortest": value},
    "maxLength": lambda value, _: {"longest": value},
    "pattern": lambda value, _: {"patterns": ((value, True),)},
    "minItems": lambda value, _: {"fewest": value},
    "maxItems": lambda value, _: {"most": value},
    "items": lambda value, _: {"items": alternatives(value)},
    "contains": _contains,
    "properties": lambda value, _: {"properties": {name: alternatives(sub) for name, sub in value.items()}},
    "required": lambda value, _: {"required": frozenset(value)},
    "additionalProperties": lambda value, schema: (
        {"known": frozenset(schema.get("properties", {}))} if value is False else {}
    ),
}

_NEGATED: dict[str, Callable[[Any, Schema], Shapes]] = {
    "type": lambda value, _: _settled(kinds=frozenset(KINDS) - _kinds(value)),
    "enum": lambda value, _: _settled(barred=tuple(value)),
    "const": lambda value, _: _settled(barred=(value,)),
    "minimum": lambda value, _: _number(high=nextafter(value, -inf)),
    "maximum": lambda value, _: _number(low=nextafter(value, inf)),
    "minLength": lambda value, _: _string(longest=value - 1),
    "maxLength": lambda value, _: _string(shortest=value + 1),
    "pattern": lambda value, _: _string(patterns=((value, False),)),
    "minItems": lambda value, _: _array(most=value - 1),
    "maxItems": lambda value, _: _array(fewest=value + 1),
    "items": lambda value, _: _array(needs=(_need({"not": value}, 1, inf),)),
    "contains": _broken_contains,
    "properties": _broken_properties,
    "required": lambda value, _: tuple(shape for name in value for shape in _object(absent=frozenset({name}))),
    "additionalProperties": lambda value, schema: (
        _object(known=frozenset(schema.get("properties", {})), stranger=True) if value is False else ()
    ),
}
