"""Intersection: two shapes combined into one, and the conclusions that follow from that.

Constraints can contradict each other: at least three items, each "a" or "b", at most one of each. ``simplified`` finds
that out, so nothing is ever generated of an impossible shape.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple

from mockserver.kit.generation.shapes import ANY, ItemCount, Shape, Shapes, is_among
from mockserver.types import JSON, kind_of

_LIST_CONSTRAINTS = frozenset({"items", "item_counts", "min_items", "max_items", "kinds"})
_OBJECT_CONSTRAINTS = frozenset({"properties", "required", "absent", "known", "kinds"})

_LISTABLE_VALUES = 32
"""A range with fewer whole numbers is written out, so that a shape is impossible once each of them is excluded.

Counts of results go up to 9 in our schemas, and each may be excluded by a rule; page sizes go up to 500, and are not.
A range that is written out costs time with each intersection, so the wide ones stay ranges.
"""


def intersect_choices(one: Shapes, other: Shapes) -> Shapes:
    """Return the choice of what is in both choices; ``one`` itself if ``other`` adds nothing."""
    result: list[Shape] = []
    for shape in one:
        common = [both for candidate in other if (both := intersect(shape, candidate)) is not None]
        # Where one candidate adds nothing to a shape, the shape is in both choices as it is.
        result.extend([shape] if any(both is shape for both in common) else common)
    is_same = len(result) == len(one) and all(new is old for new, old in zip(result, one, strict=True))
    return one if is_same else tuple(result)


@lru_cache(maxsize=1 << 14)  # a search narrows the same few fields by the same conditions again and again
def intersect(one: Shape, other: Shape) -> Shape | None:
    """Return what is of both shapes; ``one`` itself if ``other`` adds nothing; ``None`` if nothing is of both."""
    changes = {}
    for name in _constraints(other) if other is not one else ():
        mine = getattr(one, name)
        both = _COMBINE[name](mine, getattr(other, name))
        if both != mine:
            changes[name] = both
    return simplified(one.changed(changes), changes.keys()) if changes else one


@lru_cache(maxsize=1 << 12)
def _constraints(shape: Shape) -> tuple[str, ...]:
    """Return the names of the constraints that a shape has at all."""
    return tuple(name for name in _COMBINE if getattr(shape, name) != getattr(ANY, name))


def conjunction(**constraints: Any) -> Shapes:
    """Return the shape with these constraints as a choice of one; the empty choice if they contradict each other."""
    shape = simplified(Shape(**constraints))
    return () if shape is None else (shape,)


def object_shapes(**constraints: Any) -> Shapes:
    """Return what ``conjunction`` does, for objects only."""
    return conjunction(kinds=frozenset({"object"}), **constraints)


def list_shapes(**constraints: Any) -> Shapes:
    """Return what ``conjunction`` does, for lists only."""
    return conjunction(kinds=frozenset({"array"}), **constraints)


def simplified(shape: Shape, changed: Collection[str] = _LIST_CONSTRAINTS | _OBJECT_CONSTRAINTS) -> Shape | None:
    """Return a shape with all that follows from its constraints, or ``None`` if they contradict each other.

    ``changed`` names the constraints that are new; what follows from the others is known already.
    """
    kinds = {kind for kind in shape.kinds if kind not in _IS_IMPOSSIBLE or not _IS_IMPOSSIBLE[kind](shape)}
    changes: dict[str, Any] = {}
    if "array" in kinds and not _LIST_CONSTRAINTS.isdisjoint(changed):
        of_lists = _list_conclusions(shape)
        if of_lists is None:
            kinds.discard("array")
        changes.update(of_lists or {})
    if "object" in kinds and not _OBJECT_CONSTRAINTS.isdisjoint(changed):
        absent = shape.absent.union(name for name, shapes in shape.properties.items() if not shapes)
        requires_unknown = shape.known is not None and not shape.required <= shape.known
        if requires_unknown or absent & shape.required:
            kinds.discard("object")
        if absent != shape.absent:
            changes["absent"] = absent
    if len(kinds) != len(shape.kinds):
        changes["kinds"] = frozenset(kinds)
    shape = shape.changed(changes) if changes else shape
    listing = shape.values if shape.values is not None else _all_values(shape)
    if listing is not None:
        kept = tuple(value for value in listing if shape.accepts(value))
        if kept != shape.values or not kept:
            shape = shape.changed({"values": kept, "kinds": frozenset(map(kind_of, kept))})
    return shape if shape.kinds else None


def _all_values(shape: Shape) -> tuple[JSON, ...] | None:
    """Return all values of a shape that has only a few."""
    if shape.kinds == {"boolean"}:
        return (True, False)
    if shape.kinds == {"string"} and shape.max_length == 0:
        return ("",)
    if shape.kinds == {"integer"} and shape.high - shape.low < _LISTABLE_VALUES:
        return tuple(range(int(shape.least(is_whole=True)), int(shape.greatest(is_whole=True)) + 1))
    return None


def _list_conclusions(shape: Shape) -> dict[str, Any] | None:
    """Return the changed constraints of a list, or ``None`` if there can be no such list.

    * A count of zero items is nothing but a constraint on every item: "no item is a last frame".
    * A list whose items can be nothing is empty.
    * A list has at least as many items as its counts need. Two counts may be satisfied by one item, so the sum of
      their minima is only the upper end of the sizes to be tried.
    """
    if any(count.low > count.high for count in shape.item_counts):
        return None
    items = shape.items
    for count in shape.item_counts:
        if count.high == 0:
            items = intersect_choices(items if items is not None else (ANY,), count.others)
    counts = tuple(count for count in shape.item_counts if count.high > 0)
    max_items = 0 if items == () else shape.max_items
    found: dict[str, Any] = {"items": items, "item_counts": counts, "max_items": max_items}
    changes = {name: value for name, value in found.items() if value != getattr(shape, name)}
    narrowed = shape.changed(changes) if changes else shape
    enough = shape.min_items + sum(count.low for count in counts)
    for size in range(shape.min_items, int(min(max_items, enough)) + 1):
        if not counts or shapes_of_items(narrowed, size) is not None:
            return changes if size == shape.min_items else {**changes, "min_items": size}
    return None


class _Slots(NamedTuple):
    """The shapes of each item of a future list, and the items that satisfy one count."""

    shapes: tuple[Shapes, ...]
    matching: frozenset[int]


def shapes_of_items(shape: Shape, size: int) -> tuple[Shapes, ...] | None:
    """Return the shapes of each item of a list of this size, so that every item count holds.

    Take a list of frames: at least one is a first frame, at most one is a last frame. For two items the answer is

        (a first frame and no last frame, any frame)

    ``None``: no list of this size was found. The search is greedy: each count takes the first free items that can be of
    its shapes. If that finds none, what is of a count that is a part of another, such as base videos, counts for both.
    """
    slots: tuple[Shapes, ...] = (shape.items if shape.items is not None else (ANY,),) * size
    found = _settled(slots, shape.item_counts, _free_first)
    is_enough = found is not None or not _is_one_part_of_another(shape.item_counts)
    return found if is_enough else _settled(slots, shape.item_counts, _matching_first)


_Order = Callable[[Sequence[Shapes], ItemCount, frozenset[int]], Sequence[int]]


def _settled(slots: tuple[Shapes, ...], counts: Sequence[ItemCount], order: _Order) -> tuple[Shapes, ...] | None:
    """Narrow items so that all counts hold; ``None`` if that was not possible this way."""
    matching: list[frozenset[int]] = []
    for count in counts:
        taken = order(slots, count, frozenset().union(*matching))
        filled = _with_enough(slots, count, taken)
        if filled is None:
            return None
        slots = filled.shapes
        matching.append(filled.matching)
    for index, count in enumerate(counts):
        if count.high < inf:
            capped = _with_no_more(slots, count, matching[index], first_open=index % max(len(slots), 1))
            if capped is None:
                return None
            slots = capped
    return slots


def _free_first(slots: Sequence[Shapes], _: ItemCount, taken: frozenset[int]) -> Sequence[int]:
    """Put free items first: a first and a last frame are two, although nothing says so."""
    return sorted(range(len(slots)), key=lambda slot: (slot in taken, slot))


def _matching_first(slots: Sequence[Shapes], count: ItemCount, taken: frozenset[int]) -> Sequence[int]:
    """Put first what can only be of the count's shapes, and then what is free."""
    own = {slot for slot, shapes in enumerate(slots) if not intersect_choices(shapes, count.others)}
    return sorted(range(len(slots)), key=lambda slot: (slot not in own, slot in taken, slot))


def _is_one_part_of_another(counts: Sequence[ItemCount]) -> bool:
    """Whether all items of one count are of another that has a maximum."""
    pairs = (
        (one, other) for one in counts for other in counts if one is not other and one.low > 0 and other.high < inf
    )
    return any(not intersect_choices(one.matching, other.others) for one, other in pairs)


def _with_enough(slots: Sequence[Shapes], count: ItemCount, order: Sequence[int]) -> _Slots | None:
    """Narrow as many items as a count needs to its shapes, in order; ``None`` if too few can be of them."""
    shapes, matching = list(slots), set[int]()
    for slot in order:
        if len(matching) < count.low and (both := intersect_choices(shapes[slot], count.matching)):
            shapes[slot] = both
            matching.add(slot)
    return _Slots(tuple(shapes), frozenset(matching)) if len(matching) >= count.low else None


def _with_no_more(
    slots: Sequence[Shapes], count: ItemCount, matching: frozenset[int], first_open: int
) -> tuple[Shapes, ...] | None:
    """Narrow the items so that no more are of a count's shapes than it allows; ``None`` if that is impossible.

    As many items as the count has room for stay open: they may be of its shapes or not. ``first_open`` is the first
    of these, and another one for each count. If "at most one first frame" and "at most one last frame" both left item 0
    open, item 1 could be neither, and no list would ever have both.
    """
    shapes = list(slots)
    others = {slot: intersect_choices(slots[slot], count.others) for slot in range(len(slots)) if slot not in matching}
    unavoidable = sum(not narrowed for narrowed in others.values())
    room = count.high - len(matching) - unavoidable
    for slot, narrowed in others.items():
        if not narrowed:
            continue
        if room > 0 and slot >= first_open and intersect_choices(slots[slot], count.matching):
            room -= 1
        else:
            shapes[slot] = narrowed
    return tuple(shapes) if room >= 0 else None


def _common_values(one: tuple[JSON, ...] | None, other: tuple[JSON, ...] | None) -> tuple[JSON, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple(value for value in one if is_among(value, other))


def _joined(one: tuple[JSON, ...], other: tuple[JSON, ...]) -> tuple[JSON, ...]:
    return (*one, *(item for item in other if not is_among(item, one)))


def _common_items(one: Shapes | None, other: Shapes | None) -> Shapes | None:
    if one is None or other is None:
        return other if one is None else one
    return intersect_choices(one, other)


def _common_properties(one: Mapping[str, Shapes], other: Mapping[str, Shapes]) -> Mapping[str, Shapes]:
    both = {name: intersect_choices(one.get(name, (ANY,)), shapes) for name, shapes in other.items()}
    return one if all(one.get(name) is shapes for name, shapes in both.items()) else {**one, **both}


def _common_counts(one: tuple[ItemCount, ...], other: tuple[ItemCount, ...]) -> tuple[ItemCount, ...]:
    counts = {count.schema: count for count in one}
    for count in other:
        same = counts.get(count.schema, count)
        counts[count.schema] = same._replace(low=max(same.low, count.low), high=min(same.high, count.high))
    return tuple(counts.values())


def _common_names(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


_COMBINE: dict[str, Callable[[Any, Any], Any]] = {
    "kinds": frozenset.__and__,
    "values": _common_values,
    "excluded": _joined,
    "low": max,
    "high": min,
    "min_length": max,
    "max_length": min,
    "patterns": _joined,
    "min_items": max,
    "max_items": min,
    "items": _common_items,
    "item_counts": _common_counts,
    "properties": _common_properties,
    "required": frozenset.__or__,
    "absent": frozenset.__or__,
    "known": _common_names,
    "has_unknown": bool.__or__,
    "own_keywords": _joined,
}

_IS_IMPOSSIBLE: dict[str, Callable[[Shape], bool]] = {
    "string": lambda shape: (
        shape.min_length > shape.max_length
        or any((pattern, not must_match) in shape.patterns for pattern, must_match in shape.patterns)
    ),
    "integer": lambda shape: shape.least(is_whole=True) > shape.greatest(is_whole=True),
    "fraction": lambda shape: shape.low >= shape.high,
}
