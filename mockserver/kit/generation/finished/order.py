"""Order: two numbers put into the order that ``x-ascending`` demands, or out of it."""

from __future__ import annotations

from mockserver.kit.generation.choices import Choices
from mockserver.kit.generation.intersection import object_shapes
from mockserver.kit.generation.shapes import OwnKeyword, Shape, Shapes
from mockserver.types import Payload


def out_of_order(own: OwnKeyword) -> Shapes:
    """Return the objects that have both of the numbers."""
    return object_shapes(required=frozenset(own.value), own_keywords=(own,))


def with_order(own: OwnKeyword, payload: Payload, _: Shape, choices: Choices) -> Payload:
    """Return a payload whose numbers are in order; if the keyword must not hold, one with equal or turned ones.

    A payload in which one of them is no number is returned as it is.
    """
    if own.is_satisfied_by(payload):
        return payload
    one, other = own.value
    low, high = sorted((payload[one], payload[other]))
    if own.holds:
        return {**payload, one: low, other: high if low < high else high + 1}
    return {**payload, one: high if choices.below(2) else low, other: low}
