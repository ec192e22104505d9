"""Meeting: one shape narrowed by another, and what follows from that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from math import inf
from typing import Any

from mockserver.kit.generation.numbers import least, most
from mockserver.kit.generation.shapes import ANY, Need, Shape, Shapes, is_among, kind_of
from mockserver.types import JSON

_LISTS = frozenset({"items", "needs", "fewest", "most", "kinds"})
_FEW = 32
_OBJECTS = frozenset({"properties", "required", "absent", "known", "kinds"})


def merged(one: Shapes, other: Shapes) -> Shapes:
    """Return the choices that are in both; ``one`` itself if ``other`` adds nothing."""
    found: list[Shape] = []
    for shape in one:
        met = [both for candidate in other if (both := meet(shape, candidate)) is not None]
        found.extend([shape] if any(both is shape for both in met) else met)
    is_same = len(found) == len(one) and all(new is old for new, old in zip(found, one, strict=True))
    return one if is_same else tuple(found)


@lru_cache(maxsize=1 << 14)  # a search narrows the same few fields by the same conditions again and again
def meet(one: Shape, other: Shape) -> Shape | None:
    """Return what is of both shapes; ``one`` itself if ``other`` adds nothing; ``None`` if nothing is."""
    changes = {}
    for name in _said(other) if other is not one else ():
        mine = getattr(one, name)
        both = _JOINS[name](mine, getattr(other, name))
        if both != mine:
            changes[name] = both
    return settled(replace(one, **changes), changes.keys()) if changes else one


@lru_cache(maxsize=1 << 12)
def _said(shape: Shape) -> tuple[str, ...]:
    """Return the names of the constraints that a shape has at all."""
    return tuple(name for name in _JOINS if getattr(shape, name) != getattr(ANY, name))


def settled(shape: Shape, changed: Collection[str] = _LISTS | _OBJECTS) -> Shape | None:
    """Draw the conclusions of a new shape, or ``None`` if nothing can be of it.

    ``changed`` names the constraints that are new; the others were settled before.
    """
    kinds = {kind for kind in shape.kinds if kind not in _IMPOSSIBLE or not _IMPOSSIBLE[kind](shape)}
    changes: dict[str, Any] = {}
    if "array" in kinds and not _LISTS.isdisjoint(changed):
        listed = _settled_list(shape)
        if listed is None:
            kinds.discard("array")
        changes.update(listed or {})
    if "object" in kinds and not _OBJECTS.isdisjoint(changed):
        absent = shape.absent.union(name for name, shapes in shape.properties.items() if not shapes)
        is_strange = shape.known is not None and not shape.required <= shape.known
        if is_strange or absent & shape.required:
            kinds.discard("object")
        if absent != shape.absent:
            changes["absent"] = absent
    if len(kinds) != len(shape.kinds):
        changes["kinds"] = frozenset(kinds)
    shape = replace(shape, **changes) if changes else shape
    listing = shape.values if shape.values is not None else _few(shape)
    if listing is not None:
        kept = tuple(value for value in listing if shape.accepts(value))
        if kept != shape.values or not kept:
            shape = replace(shape, values=kept, kinds=frozenset(map(kind_of, kept)))
    return shape if shape.kinds else None


def _few(shape: Shape) -> tuple[JSON, ...] | None:
    """Return all values of a shape that has only a few, so that none is left when each of them is barred."""
    if shape.kinds == {"boolean"}:
        return (True, False)
    if shape.kinds == {"string"} and shape.longest == 0:
        return ("",)
    if shape.kinds == {"integer"} and shape.high - shape.low < _FEW:
        return tuple(range(int(least(shape, is_whole=True)), int(most(shape, is_whole=True)) + 1))
    return None


def arrangement(shape: Shape, count: int) -> tuple[Shapes, ...] | None:
    """Give each of so many items its shapes, so that the list has what it needs; ``None`` if it cannot."""
    slots: list[Shapes] = [shape.items if shape.items is not None else (ANY,)] * count
    taken: list[set[int]] = []
    for need in shape.needs:
        taken.append(set())
        for slot in sorted(range(count), key=lambda slot: (any(slot in others for others in taken), slot)):
            if len(taken[-1]) < need.low and (both := merged(slots[slot], need.yes)):
                slots[slot] = both
                taken[-1].add(slot)
        if len(taken[-1]) < need.low:
            return None
    for index, need in enumerate(shape.needs):
        if need.high < inf and not _limited(slots, need, taken[index], index):
            return None
    return tuple(slots)


def _limited(slots: list[Shapes], need: Need, taken: set[int], index: int) -> bool:
    """Let no more items be of a need's shapes than may; say whether that can be."""
    without = {slot: merged(shapes, need.no) for slot, shapes in enumerate(slots) if slot not in taken}
    room = need.high - len(taken) - sum(not shapes for shapes in without.values())
    for slot, shapes in without.items():
        # Each need leaves another slot open, so that a first and a last frame find room side by side.
        if shapes and room > 0 and slot >= index % len(slots) and merged(slots[slot], need.yes):
            room -= 1
        elif shapes:
            slots[slot] = shapes
    return room >= 0


def _settled_list(shape: Shape) -> dict[str, Any] | None:
    """Return what follows for a list, or ``None`` if there can be none."""
    items = shape.items
    needs = []
    for need in shape.needs:
        if need.low > need.high:
            return None
        if need.high == 0:
            items = merged(items if items is not None else (ANY,), need.no)
        else:
            needs.append(need)
    most = 0 if items == () else shape.most
    changes: dict[str, Any] = {"items": items, "needs": tuple(needs), "most": most}
    fitted = replace(shape, **changes)
    for count in range(shape.fewest, int(min(most, shape.fewest + sum(need.low for need in needs))) + 1):
        if not needs or arrangement(fitted, count) is not None:
            return {**changes, "fewest": count}
    return None


def _both_values(one: tuple[JSON, ...] | None, other: tuple[JSON, ...] | None) -> tuple[JSON, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple(value for value in one if is_among(value, other))


def _all_of(one: tuple[JSON, ...], other: tuple[JSON, ...]) -> tuple[JSON, ...]:
    return (*one, *(item for item in other if not is_among(item, one)))


def _both_items(one: Shapes | None, other: Shapes | None) -> Shapes | None:
    if one is None or other is None:
        return other if one is None else one
    return merged(one, other)


def _both_properties(one: Mapping[str, Shapes], other: Mapping[str, Shapes]) -> Mapping[str, Shapes]:
    found = {name: merged(one.get(name, (ANY,)), shapes) for name, shapes in other.items()}
    return one if all(one.get(name) is shapes for name, shapes in found.items()) else {**one, **found}


def _both_needs(one: tuple[Need, ...], other: tuple[Need, ...]) -> tuple[Need, ...]:
    found = {need.schema: need for need in one}
    for need in other:
        known = found.get(need.schema, need)
        found[need.schema] = known._replace(low=max(known.low, need.low), high=min(known.high, need.high))
    return tuple(found.values())


def _both_known(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


_JOINS: dict[str, Callable[[Any, Any], Any]] = {
    "kinds": frozenset.__and__,
    "values": _both_values,
    "barred": _all_of,
    "low": max,
    "high": min,
    "shortest": max,
    "longest": min,
    "patterns": _all_of,
    "fewest": max,
    "most": min,
    "items": _both_items,
    "needs": _both_needs,
    "properties": _both_properties,
    "required": frozenset.__or__,
    "absent": frozenset.__or__,
    "known": _both_known,
    "stranger": bool.__or__,
    "ours": _all_of,
}

_IMPOSSIBLE: dict[str, Callable[[Shape], bool]] = {
    "string": lambda shape: (
        shape.shortest > shape.longest or any((each, not found) in shape.patterns for each, found in shape.patterns)
    ),
    "integer": lambda shape: least(shape, is_whole=True) > most(shape, is_whole=True),
    "fraction": lambda shape: shape.low >= shape.high,
}
