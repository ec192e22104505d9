"""Nonzero: numbers of which at most one is not 0, as ``x-one-nonzero`` demands, or more of them."""

from __future__ import annotations

from mockserver.kit.generation.choices import Choices, picked
from mockserver.kit.generation.intersection import object_shapes
from mockserver.kit.generation.shapes import NUMBER_KINDS, OwnKeyword, Shape, Shapes
from mockserver.types import Payload, kind_of


def broken_one(own: OwnKeyword) -> Shapes:
    """Return the objects that have the first two of the numbers."""
    return object_shapes(required=frozenset(own.value[:2]), own_keywords=(own,))


def with_one(own: OwnKeyword, payload: Payload, _: Shape, choices: Choices) -> Payload:
    """Put 0 in the place of all numbers but one that is not 0; or 1 in that of those that are 0, to break it."""
    sent = [name for name in own.value if kind_of(payload.get(name)) in NUMBER_KINDS]
    if not own.holds:
        return {**payload, **{name: payload[name] or 1 for name in sent}}
    if counted := [name for name in sent if payload[name]]:
        counted.remove(picked(counted, choices))
    return {**payload, **dict.fromkeys(counted, 0)}
