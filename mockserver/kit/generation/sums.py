"""Sums: the numbers of a list's items made to add up to a field, as ``x-sum-equals`` demands, or made not to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mockserver.contract import places
from mockserver.kit.generation.choices import Choices, picked
from mockserver.kit.generation.shapes import OwnKeyword, Shape, Shapes, shapes_at
from mockserver.types import JSON, Payload

Spellings = Mapping[int, list[JSON]]
"""The numbers that a field may hold, each with the values that mean it: 5 with 5 and "5"."""


class _Sides(NamedTuple):
    """The two sides of a sum: ``parts`` are the numbers of the items of a list, ``total`` is what they add up to.

    ``totals`` and ``sizes`` are what the total and one part may be; they are empty where the schema lists no values.
    """

    list_field: str
    part_field: str
    total_field: str
    parts: tuple[int, ...]
    total: int
    totals: Spellings
    sizes: Spellings


def with_sum(own: OwnKeyword, payload: Payload, shape: Shape, choices: Choices) -> Payload:
    """Return a payload whose parts add up to its total; if the keyword must not hold, one whose parts do not.

    Either the total follows the parts or the parts follow the total. Where both are possible, chance decides; the
    simplest is the total, because one field changes:

        {"duration": "5", "shots": [{"duration": "3"}, {"duration": "4"}]}
        {"duration": "7", "shots": [{"duration": "3"}, {"duration": "4"}]}    the total follows
        {"duration": "5", "shots": [{"duration": "2"}, {"duration": "3"}]}    the parts follow

    A payload without such a list, or with anything but numbers in it, is returned as it is.
    """
    sides = _sides_of(own, payload, shape)
    if sides is None or (sum(sides.parts) == sides.total) is own.holds:
        return payload
    if not own.holds:
        return _with_wrong_total(sides, payload, choices)
    can_follow = sum(sides.parts) in sides.totals
    if not sides.sizes or (can_follow and choices.below(2) == 0):
        return _with_total(sides, payload, sum(sides.parts), choices)
    return _with_parts(sides, payload, choices)


def _sides_of(own: OwnKeyword, payload: Payload, shape: Shape) -> _Sides | None:
    list_field, _, part_field = own.value["of"].rpartition("[].")
    total_field = own.value["equals"]
    items = places.first(list_field, payload)
    total = _number(next((found for _, found in places.located(total_field, payload)), own.value["default"]))
    items = items if isinstance(items, list) else []
    parts = [_number(item.get(part_field) if isinstance(item, dict) else None) for item in items]
    if not parts or None in parts or total is None:
        return None
    return _Sides(
        list_field,
        part_field,
        total_field,
        tuple(part for part in parts if part is not None),
        total,
        totals=_spellings(shapes_at(shape, total_field)),
        sizes=_spellings(shapes_at(shape, own.value["of"])),
    )


def _with_total(sides: _Sides, payload: Payload, total: int, choices: Choices) -> Payload:
    return places.with_value(sides.total_field, payload, picked(sides.totals.get(total, [total]), choices))


def _with_wrong_total(sides: _Sides, payload: Payload, choices: Choices) -> Payload:
    others = [number for number in sides.totals if number != sum(sides.parts)]
    return _with_total(sides, payload, picked(others, choices), choices) if others else payload


def _with_parts(sides: _Sides, payload: Payload, choices: Choices) -> Payload:
    """Return a payload whose parts are new ones that add up to the total.

    If no parts can add up to it, the total becomes one that they can add up to. If there is none, items are left out.
    """
    count, least, most = len(sides.parts), min(sides.sizes), max(sides.sizes)
    total = sides.total
    within_reach = [number for number in sides.totals if count * least <= number <= count * most]
    if not count * least <= total <= count * most and within_reach:
        total = picked(within_reach, choices)
        payload = _with_total(sides, payload, total, choices)
    count = max(1, min(count, total // least if least > 0 else count))
    parts = _split(total, count, sorted(sides.sizes), choices)
    items = [
        {**item, sides.part_field: picked(sides.sizes[part], choices)}
        for item, part in zip(places.first(sides.list_field, payload)[:count], parts, strict=True)
    ]
    return places.with_value(sides.list_field, payload, items)


def _split(total: int, count: int, sizes: Sequence[int], choices: Choices) -> list[int]:
    """Split a total into so many parts of the given ascending ``sizes``.

    The simplest choice makes the parts as equal as possible: 7 in three parts is 2, 2 and 3.
    """
    parts: list[int] = []
    for still_to_come in range(count - 1, -1, -1):
        rest = total - sum(parts)
        fitting = [size for size in sizes if still_to_come * sizes[0] <= rest - size <= still_to_come * sizes[-1]]
        fitting.sort(key=lambda size: abs(size * (still_to_come + 1) - rest))
        parts.append(picked(fitting or sizes, choices))
    return parts


def _spellings(shapes: Shapes) -> Spellings:
    spellings: dict[int, list[JSON]] = {}
    for shape in shapes:
        for value in shape.values or ():
            if (number := _number(value)) is not None:
                spellings.setdefault(number, []).append(value)
    return spellings


def _number(value: JSON) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
