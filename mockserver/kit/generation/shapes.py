"""Shapes: what one place of a payload may hold, in a normal form.

A schema is a tree of "and", "or" and "not". A ``Shape`` is a plain conjunction, and a tuple of shapes is a choice
between them, so any schema of the closed keyword set becomes a tuple of shapes. ``alternatives`` does that,
``meeting`` narrows one shape by another, and ``growth`` makes values of a shape: by construction, and not
by trying until one fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from math import inf
from types import MappingProxyType
from typing import Any, NamedTuple

from mockserver.contract.keywords import KEYWORDS
from mockserver.types import JSON

Shapes = tuple["Shape", ...]
"""A choice of shapes; the empty one is a place that can hold nothing."""

KINDS = ("string", "integer", "boolean", "object", "array", "fraction", "null")
"""JSON's types, the integers apart from the other numbers; the ordinary ones first."""

_NO_FIELDS: Mapping[str, Shapes] = MappingProxyType({})


class Our(NamedTuple):
    """A keyword of ours, which must hold, or with ``holds`` false must not."""

    keyword: str
    value: JSON
    holds: bool

    def is_kept_by(self, value: JSON) -> bool:
        """Tell whether a value is as wished."""
        return self.holds is not any(KEYWORDS[self.keyword](self.value, value))


class Need(NamedTuple):
    """So many items of a list, ``low`` to ``high``, are of the shapes ``yes``; all others are of ``no``.

    ``schema`` is the text of the schema they are made of: two needs with the same are one.
    """

    schema: str
    yes: Shapes
    no: Shapes
    low: int
    high: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Shape:
    """A conjunction: every constraint holds for the values of the kind that it speaks of.

    * ``kinds``: which of ``KINDS`` the value may be
    * ``values``: the only ones, or ``None``; ``barred`` are those that it must not be
    * ``low`` to ``high``, ``shortest`` to ``longest``, ``fewest`` to ``most``: numbers, characters, items
    * ``patterns``: each expression, and whether it must be found
    * ``items``: what each item is; ``needs``: how many items are of which shapes
    * ``properties``, ``required``, ``absent``: what an object's fields hold, which are there, which are not
    * ``known``: the only names of fields, or ``None``; a ``stranger`` has one more
    * ``ours``: the keywords of ours
    """

    kinds: frozenset[str] = frozenset(KINDS)
    values: tuple[JSON, ...] | None = None
    barred: tuple[JSON, ...] = ()
    low: float = -inf
    high: float = inf
    shortest: int = 0
    longest: float = inf
    patterns: tuple[tuple[str, bool], ...] = ()
    fewest: int = 0
    most: float = inf
    items: Shapes | None = None
    needs: tuple[Need, ...] = ()
    properties: Mapping[str, Shapes] = field(default_factory=lambda: _NO_FIELDS)
    required: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    known: frozenset[str] | None = None
    stranger: bool = False
    ours: tuple[Our, ...] = ()

    def of(self, name: str) -> Shapes:
        """Return what a field may hold when it is there."""
        return () if name in self.absent else self.properties.get(name, (ANY,))

    def accepts(self, value: JSON) -> bool:
        """Tell whether a value is of this shape."""
        kind = kind_of(value)
        if kind not in self.kinds or is_among(value, self.barred):
            return False
        if self.values is not None and not is_among(value, self.values):
            return False
        if not all(our.is_kept_by(value) for our in self.ours):
            return False
        return _CHECKS[kind](self, value) if kind in _CHECKS else True


ANY = Shape()


def kind_of(value: JSON) -> str:
    """Return which of ``KINDS`` a value is; 5.0 is an integer, as JSON Schema has it."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "fraction"
    return {int: "integer", str: "string", list: "array"}.get(type(value), "object")


def is_among(value: JSON, values: Iterable[JSON]) -> bool:
    """Tell whether a value is one of some; unlike Python, JSON tells true from 1."""
    return any(value == other and isinstance(value, bool) is isinstance(other, bool) for other in values)


def fit(shapes: Shapes, value: JSON) -> bool:
    """Tell whether a value is of one of some shapes."""
    return any(shape.accepts(value) for shape in shapes)


def signature(shape: Shape) -> str:
    """Return a text that is the same for two shapes of the same constraints, in this process and any other."""
    return repr([_signed(getattr(shape, each.name)) for each in fields(shape)])


def _signed(value: Any) -> Any:
    if isinstance(value, Shape):
        return signature(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return {name: _signed(value[name]) for name in sorted(value)}
    if isinstance(value, tuple | list):
        return [_signed(each) for each in value]
    return value


def _is_in_range(shape: Shape, value: float) -> bool:
    return shape.low <= value <= shape.high


def _is_text(shape: Shape, value: str) -> bool:
    if not shape.shortest <= len(value) <= shape.longest:
        return False
    return all(bool(re.search(pattern, value)) is wanted for pattern, wanted in shape.patterns)


def _is_list(shape: Shape, value: list[JSON]) -> bool:
    if not shape.fewest <= len(value) <= shape.most:
        return False
    if shape.items is not None and not all(fit(shape.items, item) for item in value):
        return False
    return all(need.low <= sum(fit(need.yes, item) for item in value) <= need.high for need in shape.needs)


def _is_object(shape: Shape, value: Mapping[str, JSON]) -> bool:
    names = value.keys()
    if not shape.required <= names or shape.absent & names:
        return False
    if shape.known is not None and not names <= shape.known and not shape.stranger:
        return False
    return all(fit(shapes, value[name]) for name, shapes in shape.properties.items() if name in names)


_CHECKS: dict[str, Callable[[Shape, JSON], bool]] = {
    "integer": _is_in_range,
    "fraction": _is_in_range,
    "string": _is_text,
    "array": _is_list,
    "object": _is_object,
}
