"""Growth: how much a picture grows on its sides, made to keep ``x-grown-area``, or to break it."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.generation.choices import Choices, picked
from mockserver.kit.generation.intersection import object_shapes
from mockserver.kit.generation.shapes import OwnKeyword, Shape, Shapes, any_accepts
from mockserver.types import Payload

_SHARES = (1.0, 0.5, 0.25, 0.1, 0.0)
"""So much of each number is left when together they are too much."""

_DIGITS = 4
"""After the point: a person would write no more."""


def broken_growth(own: OwnKeyword) -> Shapes:
    """Return the objects that have all of the numbers."""
    return object_shapes(required=frozenset(_names(own)), own_keywords=(own,))


def with_growth(own: OwnKeyword, payload: Payload, shape: Shape, choices: Choices) -> Payload:
    """Return a payload whose numbers are small enough together; if the keyword must not hold, one whose are not.

    A payload that cannot be changed so, such as one in which a number is a text, is returned as it is.
    """
    if own.is_satisfied_by(payload):
        return payload
    found = [each for each in _changed(own, payload) if _fits(own, each, shape)]
    if not found:
        return payload
    return found[0] if own.holds else picked(found, choices)


def _changed(own: OwnKeyword, payload: Payload) -> Iterator[Payload]:
    """Yield payloads with smaller numbers; if the keyword must not hold, with larger ones on some sides."""
    names = [name for name in _names(own) if isinstance(payload.get(name), int | float)]
    if own.holds:
        for share in _SHARES:
            yield {**payload, **{name: round(payload[name] * share, _DIGITS) for name in names}}
        return
    (above, *_), (beside, *_) = own.value["height"], own.value["width"]
    most = own.value["each"]
    for wanted in ({above: most, beside: most}, {above: 1, beside: 1}, dict.fromkeys(names, 1), {above: most}):
        yield {**payload, **wanted}


def _fits(own: OwnKeyword, payload: Payload, shape: Shape) -> bool:
    fields = {name: payload[name] for name in _names(own) if name in payload}
    return own.is_satisfied_by(payload) and all(
        any_accepts(shape.field_shapes(name), each) for name, each in fields.items()
    )


def _names(own: OwnKeyword) -> list[str]:
    return [*own.value["height"], *own.value["width"]]
