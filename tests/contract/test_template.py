"""Templates: what fills them, what is left out, and what is refused when a contract is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.template import MISSING, Found, Scope, expanded, fields, filled, names_in, templates
from mockserver.errors import BadContract
from mockserver.types import JSON


def in_a_file(_: str) -> str:
    return "a.json"


def always(found: Found) -> Callable[[str], Found]:
    return lambda _: found


def scope(results: int = 0, **values: JSON) -> Scope:
    """Return a scope with these values, and so many results."""
    known = {name: always(found) for name, found in values.items()}
    inner = [Scope({"index": always(index)}, around=Scope(known)) for index in range(results)]
    return Scope(known, {"results": lambda: inner})


FILLED: dict[str, tuple[JSON, JSON]] = {
    "a value keeps its type": ({"a": "{count}"}, {"a": 3}),
    "a text around a value": ({"a": "no. {count} of {id}"}, {"a": "no. 3 of t-1"}),
    "null is a value": ({"a": "{answer}"}, {"a": None}),
    "what has no value is left out": ({"a": "{reason}", "b": "because {reason}", "c": 1}, {"c": 1}),
    "an item without a value, too": (["{reason}", "{id}"], ["t-1"]),
    "a constant": ({"a": [1, True, None, {"b": 0.5}]}, {"a": [1, True, None, {"b": 0.5}]}),
    "one for each result": ({"$each": "results", "item": ["{index}", "{id}"]}, [[0, "t-1"], [1, "t-1"]]),
    "none without any": ({"$each": "tasks", "item": 1}, []),
    "by a value": ({"$by": "status", "cases": {"done": "{id}"}, "else": 0}, "t-1"),
    "by another value": ({"$by": "id", "cases": {"done": 1}, "else": 0}, 0),
    "by a value of no case": ({"a": {"$by": "id", "cases": {}}}, {}),
    "several lists in one": (
        {"$all": [["{count}"], {"$each": "results", "item": "{index}"}, "{reason}", [], {"id": "{id}"}]},
        [3, 0, 1, {"id": "t-1"}],
    ),
    "JSON as text": ({"$text": {"urls": ["ü"]}}, '{"urls":["ü"]}'),
    "what is in braces and no name": ({"a": "{} {1 } {A}"}, {"a": "{} {1 } {A}"}),
}


@pytest.mark.parametrize(("template", "expected"), FILLED.values(), ids=FILLED)
def test_a_template_is_filled(template: JSON, expected: JSON) -> None:
    known = scope(2, id="t-1", count=3, status="done", answer=None)
    assert filled(expanded(in_a_file, (), template, {}), known) == expected


def test_a_text_without_its_value_is_missing() -> None:
    assert filled("{reason}", scope()) is MISSING
    assert filled({"$text": "{reason}"}, scope()) is MISSING


def test_what_is_not_of_a_result_is_of_its_task() -> None:
    outer = Scope({"id": lambda _: "t-1", "payload": lambda rest: f"the {rest}"})
    assert filled("{id} {payload.settings.mode}", Scope({}, around=outer)) == "t-1 the settings.mode"


REFUSED: dict[str, tuple[JSON, str]] = {
    "a name that there is not": ({"a": ["{nmae}"]}, "/templates/x/a/0"),
    "a part of what has none": ({"a": "{id.b}"}, "/templates/x/a"),
    "a list that there is not": ({"$each": "pages", "item": 1}, "/templates/x/$each"),
    "a choice by nothing": ({"$by": "size", "cases": {}}, "/templates/x/$by"),
    "a field beside a choice": ({"$by": "status", "cases": {}, "b": 1}, "/templates/x"),
    "an object of ours that there is not": ({"a": {"$if": 1}}, "/templates/x/a"),
    "a template that there is not": ({"$use": "y"}, "/templates/x/$use"),
    "one that uses itself": ({"a": {"$use": "x"}}, "/templates/x/a/$use"),
}


@pytest.mark.parametrize(("template", "place"), REFUSED.values(), ids=REFUSED)
def test_a_template_that_means_nothing_is_refused_with_its_place(template: JSON, place: str) -> None:
    with pytest.raises(BadContract) as refusal:
        _ = templates(in_a_file, {"x": template})["x"]
    assert (refusal.value.file, refusal.value.pointer) == ("a.json", place)


def test_the_names_in_a_template_are_those_of_values_wherever_they_stand() -> None:
    template = {
        "id": "task {id} of {payload.model}",
        "shown": {"$each": "results", "item": [{"$with": "url", "item": "{index}"}]},
        "by": {"$by": "named.voices", "cases": {"a": {"$text": "{took}"}}, "else": {"$first": "results", "item": 5}},
    }
    assert {*names_in(template)} == {"id", "payload.model", "url", "index", "named.voices", "took"}


def test_a_template_may_use_others() -> None:
    known = templates(in_a_file, {"record": {"id": "{id}"}, "get": {"data": {"$use": "record"}}})
    assert fields(known["get"], scope(id="t-1")) == {"data": {"id": "t-1"}}


LEAVES = st.none() | st.booleans() | st.integers() | st.text("abc é")


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner)))
def test_what_has_no_place_is_as_it_is(constant: Any) -> None:
    assert filled(expanded(in_a_file, (), constant, {}), scope()) == constant
