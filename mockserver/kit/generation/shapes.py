"""Shapes: the constraints on one value of a payload, in a normal form.

A schema is a tree of "and", "or" and "not". A ``Shape`` is a plain "and" of constraints, and a tuple of shapes is a
choice between them. ``normal_form`` turns any schema of the closed keyword set into such a choice, ``intersection``
combines two shapes, and ``generator`` makes values of a shape by construction, without trying until one fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from math import ceil, floor, inf
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from mockserver.contract.keywords import KEYWORDS
from mockserver.contract.places import steps
from mockserver.types import JSON, kind_of

Shapes = tuple["Shape", ...]
"""A choice of shapes; no value is of the empty choice."""

KINDS = ("string", "integer", "boolean", "object", "array", "fraction", "null")
"""JSON's types, with the integers apart from all other numbers. A field of several kinds gets the first one first."""

NUMBER_KINDS = frozenset({"integer", "fraction"})

_NO_FIELDS: Mapping[str, Shapes] = MappingProxyType({})


class OwnKeyword(NamedTuple):
    """One of our ``x-`` keywords with its value; with ``holds`` false it must be broken."""

    keyword: str
    value: JSON
    holds: bool

    def is_satisfied_by(self, instance: JSON) -> bool:
        """Tell whether an instance keeps the keyword, or breaks it where ``holds`` is false."""
        return self.holds is not any(KEYWORDS[self.keyword](self.value, instance))


class ItemCount(NamedTuple):
    """``low`` to ``high`` items of a list are of the shapes ``matching``; all others are of ``others``.

    ``schema`` is the text of the schema that the items match. Two counts of the same schema are combined into one.
    """

    schema: str
    matching: Shapes
    others: Shapes
    low: int
    high: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Shape:
    """An "and" of constraints. Each applies to values of its kind only, as in JSON Schema.

    * ``kinds``: which of ``KINDS`` the value may be
    * ``values``: the only values allowed, or ``None``; ``excluded``: values that are not allowed
    * ``low`` and ``high``: the range of a number
    * ``min_length`` and ``max_length``: how many characters a text has
    * ``patterns``: regular expressions, each with whether it must be found in a text
    * ``min_items`` and ``max_items``: how many items a list has
    * ``items``: what each item is; ``item_counts``: how many items are of which shapes
    * ``properties``: what the fields of an object hold; ``required`` fields are there, ``absent`` ones are not
    * ``known``: the only names that fields may have, or ``None``; with ``has_unknown`` there is one more field
    * ``own_keywords``: our ``x-`` keywords
    """

    kinds: frozenset[str] = frozenset(KINDS)
    values: tuple[JSON, ...] | None = None
    excluded: tuple[JSON, ...] = ()
    low: float = -inf
    high: float = inf
    min_length: int = 0
    max_length: float = inf
    patterns: tuple[tuple[str, bool], ...] = ()
    min_items: int = 0
    max_items: float = inf
    items: Shapes | None = None
    item_counts: tuple[ItemCount, ...] = ()
    properties: Mapping[str, Shapes] = field(default_factory=lambda: _NO_FIELDS)
    required: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    known: frozenset[str] | None = None
    has_unknown: bool = False
    own_keywords: tuple[OwnKeyword, ...] = ()

    def changed(self, changes: Mapping[str, Any]) -> Shape:
        """Return a shape with other constraints; a search makes a hundred thousand.

        ``dataclasses.replace`` would look at each field by its declaration, and take five times as long.
        """
        found = object.__new__(Shape)
        for name, read, write in _SLOTS:
            write(found, changes[name] if name in changes else read(self))
        return found

    def field_shapes(self, name: str) -> Shapes:
        """Return what a field holds when it is there; the empty choice if it must be absent."""
        return () if name in self.absent else self.properties.get(name, (ANY,))

    def least(self, *, is_whole: bool) -> float:
        """Return the lower end of the range; of whole numbers the least that is in it. It may be infinite."""
        return ceil(self.low) if is_whole and abs(self.low) < inf else self.low

    def greatest(self, *, is_whole: bool) -> float:
        """Return the upper end of the range; of whole numbers the greatest that is in it. It may be infinite."""
        return floor(self.high) if is_whole and abs(self.high) < inf else self.high

    def accepts(self, value: JSON) -> bool:
        """Tell whether a value is of this shape."""
        kind = kind_of(value)
        if kind not in self.kinds or is_among(value, self.excluded):
            return False
        if self.values is not None and not is_among(value, self.values):
            return False
        if not all(own.is_satisfied_by(value) for own in self.own_keywords):
            return False
        return _CHECKS[kind](self, value) if kind in _CHECKS else True


_SLOTS = tuple((each.name, attrgetter(each.name), vars(Shape)[each.name].__set__) for each in fields(Shape))
"""The name of each field, how to read it, and how to write it while a shape is made: a finished one is frozen."""

ANY = Shape()


def is_among(value: JSON, values: Iterable[JSON]) -> bool:
    """Tell whether a value is one of some; unlike Python, JSON distinguishes true from 1."""
    return any(value == other and isinstance(value, bool) is isinstance(other, bool) for other in values)


def any_accepts(shapes: Shapes, value: JSON) -> bool:
    """Tell whether a value is of one of some shapes."""
    return any(shape.accepts(value) for shape in shapes)


def shapes_at(shape: Shape, place: str) -> Shapes:
    """Return what may stand at a place of an object: in a list, what each item may be."""
    found: Shapes = (shape,)
    for step in steps(place):
        found = tuple(inner for each in found for inner in each.field_shapes(step.field))
        if step.is_list:
            found = tuple(item for each in found for item in (each.items if each.items is not None else (ANY,)))
    return found


def longest_text(shape: Shape, place: str) -> float:
    """Return how many characters a text at a place has at the most."""
    return min((each.max_length for each in shapes_at(shape, place) if "string" in each.kinds), default=inf)


def signature(shape: Shape) -> str:
    """Return a text that is the same for two shapes with the same constraints, in this process and any other."""
    return repr([_signature(getattr(shape, constraint.name)) for constraint in fields(shape)])


def _signature(value: Any) -> Any:
    if isinstance(value, Shape):
        return signature(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return {name: _signature(value[name]) for name in sorted(value)}
    if isinstance(value, tuple | list):
        return [_signature(item) for item in value]
    return value


def _is_in_range(shape: Shape, value: float) -> bool:
    return shape.low <= value <= shape.high


def _accepts_text(shape: Shape, value: str) -> bool:
    if not shape.min_length <= len(value) <= shape.max_length:
        return False
    return all(bool(re.search(pattern, value)) is must_match for pattern, must_match in shape.patterns)


def _accepts_list(shape: Shape, value: list[JSON]) -> bool:
    if not shape.min_items <= len(value) <= shape.max_items:
        return False
    if shape.items is not None and not all(any_accepts(shape.items, item) for item in value):
        return False
    return all(
        count.low <= sum(any_accepts(count.matching, item) for item in value) <= count.high
        for count in shape.item_counts
    )


def _accepts_object(shape: Shape, value: Mapping[str, JSON]) -> bool:
    names = value.keys()
    if not shape.required <= names or shape.absent & names:
        return False
    if shape.known is not None and not names <= shape.known and not shape.has_unknown:
        return False
    return all(any_accepts(shapes, value[name]) for name, shapes in shape.properties.items() if name in names)


_CHECKS: dict[str, Callable[[Shape, JSON], bool]] = {
    "integer": _is_in_range,
    "fraction": _is_in_range,
    "string": _accepts_text,
    "array": _accepts_list,
    "object": _accepts_object,
}
