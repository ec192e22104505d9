"""Two shapes combined: what is of both, and whether a list can have all the items that it must have."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.kit.generation.intersection import intersect_choices, shapes_of_items
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.shapes import any_accepts
from mockserver.types import JSON

FIRST, LAST, OTHER = {"type": "first"}, {"type": "last"}, {"type": "other"}


def frames(frame: JSON, at_least: int, at_most: int | None = None) -> JSON:
    """Return the schema of lists with so many items like ``frame``."""
    upper = {} if at_most is None else {"maxContains": at_most}
    is_like = {"type": "object", "properties": {"type": {"const": frame["type"]}}, "required": ["type"]}
    return {"type": "array", "contains": is_like, "minContains": at_least, **upper}


def allowed(*schemas: JSON, size: int) -> list[list[Any]] | None:
    """Return which of the three frames each item of a list may be."""
    (shape,) = normal_form({"allOf": list(schemas)})
    slots = shapes_of_items(shape, size)
    return slots and [[each for each in (FIRST, LAST, OTHER) if any_accepts(slot, each)] for slot in slots]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("schemas", "size", "expected"),
    [
        # The example of shapes_of_items: a first frame, and at most one last frame, which may be the second item.
        ([frames(FIRST, 1), frames(LAST, 0, 1)], 2, [[FIRST], [FIRST, LAST, OTHER]]),
        # Two counts take two items, although nothing says so.
        ([frames(FIRST, 1), frames(LAST, 1)], 3, [[FIRST], [LAST], [FIRST, LAST, OTHER]]),
        ([frames(FIRST, 1), frames(LAST, 1)], 1, None),
        # Each upper limit leaves another item open, so that both frames fit into one list.
        ([frames(FIRST, 0, 1), frames(LAST, 0, 1)], 2, [[FIRST, OTHER], [LAST, OTHER]]),
        ([frames(FIRST, 2, 2)], 3, [[FIRST], [FIRST], [LAST, OTHER]]),
        ([frames(FIRST, 0, 0)], 2, [[LAST, OTHER], [LAST, OTHER]]),
        ([frames(FIRST, 1)], 0, None),
    ],
)
def test_each_item_gets_the_shapes_that_the_counts_leave(
    schemas: list[JSON], size: int, expected: list[Any] | None
) -> None:
    assert allowed(*schemas, size=size) == expected


def test_a_list_has_as_many_items_as_its_counts_need() -> None:
    (shape,) = normal_form({"allOf": [frames(FIRST, 1), frames(LAST, 2)]})
    assert shape.min_items == 3


def test_counts_that_contradict_each_other_leave_no_list() -> None:
    assert normal_form({"allOf": [frames(FIRST, 2), frames(FIRST, 0, 1)]}) == ()
    assert normal_form({"allOf": [frames(FIRST, 1), frames(LAST, 1), {"maxItems": 1}]}) == ()


def test_what_adds_nothing_gives_back_the_same_shapes() -> None:
    whole = normal_form({"type": "integer", "minimum": 100, "maximum": 900})
    assert intersect_choices(whole, normal_form({"minimum": 1})) is whole
    assert intersect_choices(whole, normal_form({"maximum": 99})) == ()


def test_a_short_range_is_empty_once_each_of_its_numbers_is_excluded() -> None:
    digits = normal_form({"type": "integer", "minimum": 1, "maximum": 3})
    assert intersect_choices(digits, normal_form({"not": {"enum": [1, 2, 3]}})) == ()
