"""Sums: the numbers of a list's items made to add up to a field, or made not to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.kit.generation.choices import Choices, picked
from mockserver.kit.generation.shapes import Our, Shape, Shapes
from mockserver.types import JSON, Payload

Spellings = Mapping[int, list[JSON]]
"""The numbers that a field may hold, each with the values that mean it: 5 and "5"."""


def balanced(payload: Payload, our: Our, shape: Shape, choices: Choices) -> None:
    """Make a payload of a shape keep ``x-sum-equals``, or break it where it must not hold, in place."""
    listed, _, part = our.value["of"].partition("[].")
    items = payload.get(listed)
    if not isinstance(items, list) or not items:
        return
    parts = [_number(item.get(part)) for item in items]
    totals = _spellings(shape.of(our.value["equals"]))
    total = _number(payload.get(our.value["equals"], our.value["default"]))
    if None in parts or total is None:
        return
    whole = sum(each for each in parts if each)
    if not our.holds:
        if whole == total and (others := [number for number in totals if number != whole]):
            payload[our.value["equals"]] = picked(totals[picked(others, choices)], choices)
        return
    if whole == total:
        return
    sizes = _spellings(
        tuple(inner for each in shape.of(listed) for item in each.items or () for inner in item.of(part))
    )
    if not sizes or (whole in totals and choices.below(2) == 0):
        payload[our.value["equals"]] = picked(totals.get(whole, [whole]), choices)
        return
    reached = [each for each in totals if len(items) * min(sizes) <= each <= len(items) * max(sizes)]
    if not len(items) * min(sizes) <= total <= len(items) * max(sizes) and reached:
        total = picked(reached, choices)
        payload[our.value["equals"]] = picked(totals[total], choices)
    while len(items) > 1 and len(items) * min(sizes) > total:
        items.pop()
    for item, number in zip(items, _split(total, len(items), sorted(sizes), choices), strict=False):
        item[part] = picked(sizes[number], choices)


def _split(total: int, count: int, sizes: list[int], choices: Choices) -> list[int]:
    """Cut a total into so many parts, as equal as can be where chance does not care."""
    parts: list[int] = []
    for after in range(count - 1, -1, -1):
        rest = total - sum(parts)
        fitting = [size for size in sizes if after * sizes[0] <= rest - size <= after * sizes[-1]]
        fitting.sort(key=lambda size: abs(size * (after + 1) - rest))
        parts.append(picked(fitting or sizes, choices))
    return parts


def _spellings(shapes: Shapes) -> Spellings:
    found: dict[int, list[JSON]] = {}
    for shape in shapes:
        for value in shape.values or ():
            if (number := _number(value)) is not None:
                found.setdefault(number, []).append(value)
    return found


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
