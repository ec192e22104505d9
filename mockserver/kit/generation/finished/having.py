"""Having: the shapes of objects that have something at a place, so that a keyword about that can be broken."""

from __future__ import annotations

from math import inf

from mockserver.contract.places import Step, steps
from mockserver.kit.generation.intersection import conjunction, intersect_choices, list_shapes, object_shapes
from mockserver.kit.generation.shapes import ANY, KINDS, ItemCount, Shapes


def having(place: str, *, least: int = 0) -> Shapes:
    """Return the objects that have something at a place: of a list in each item, or in one that is chosen.

    With ``least``, so many items of the list have it.
    """
    return _having(steps(place), least)


def _having(way: tuple[Step, ...], least: int = 0) -> Shapes:
    if not way:
        return (ANY,)
    step, rest = way[0], way[1:]
    inner = _having(rest, least)
    if step.is_list and (step.key is not None or least):
        inner = list_shapes(item_counts=(_count(step, rest, max(least, 1)),))
    elif step.is_list:
        inner = list_shapes(min_items=1, items=inner)
    elif inner == (ANY,):
        return object_shapes(required=frozenset({step.field}))
    return object_shapes(required=frozenset({step.field}), properties={step.field: inner})


def _count(step: Step, rest: tuple[Step, ...], least: int) -> ItemCount:
    """Return that so many items are those that a step chooses, and have something at the end of the rest."""
    chosen: Shapes = (ANY,)
    others = conjunction(kinds=frozenset(KINDS) - {"object"})
    if step.key is not None:
        chosen = object_shapes(required=frozenset({step.key}), properties={step.key: conjunction(values=(step.value,))})
        others += object_shapes(absent=frozenset({step.key}))
        others += object_shapes(properties={step.key: conjunction(excluded=(step.value,))})
    matching = intersect_choices(chosen, _having(rest))
    return ItemCount(f"{step} {rest}", matching, (*others, *_lacking(rest)), least, inf)


def _lacking(way: tuple[Step, ...]) -> Shapes:
    """Return the objects that have nothing at the end of a way through objects."""
    if not way:
        return ()
    absent = object_shapes(absent=frozenset({way[0].field}))
    inner = _lacking(way[1:])
    return (*absent, *(object_shapes(properties={way[0].field: inner}) if inner else ()))
