"""A choice of shapes means what its schema means: its values keep the schema, or break it where they should."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.contract.validation import fast_validator
from mockserver.kit.generation.choices import Choices, Seeded, Simplest
from mockserver.kit.generation.dictionary import Dictionary
from mockserver.kit.generation.generator import Generator
from mockserver.kit.generation.intersection import intersect_choices
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.shapes import Shapes
from mockserver.types import JSON, Schema
from tests.support.sampling import draws

BASE: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "whole": {"type": "integer", "minimum": 1, "maximum": 4},
        "text": {"type": "string", "maxLength": 6, "examples": ["b", "a", "ab", "aaa", "aaaa", "aaaaa", "aaaaaa"]},
        "word": {"enum": ["a", "b", 1, 2]},
        "flag": {"type": "boolean"},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "list": {
            "type": "array",
            "maxItems": 4,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["url"],
                "properties": {"url": {"type": "string", "minLength": 1}, "kind": {"enum": ["x", "y"]}},
            },
        },
    },
}

TRIALS: tuple[Choices, ...] = (Simplest(), Seeded(1), Seeded(2), Seeded(3))


@cache
def roots() -> Shapes:
    return normal_form(BASE)


GENERATOR = Generator(Dictionary(BASE))
SOME = [GENERATOR.payload(roots()[0], Seeded(index)) for index in range(100)]


def one(keyword: str, *values: JSON) -> st.SearchStrategy[Schema]:
    return st.sampled_from([{keyword: value} for value in values])


def schemas() -> st.SearchStrategy[Schema]:
    """Schemas in the closed keyword set, about the fields of ``BASE``."""
    kinds = [{"properties": {"kind": {"const": kind}}} for kind in "xy"]
    items = st.sampled_from([*kinds, {**kinds[0], "required": ["kind"]}, {"not": {"required": ["kind"]}}])
    counted = st.tuples(items, st.integers(0, 3), st.integers(0, 3))
    of_a_field: dict[str, st.SearchStrategy[Schema]] = {
        "whole": one("const", 1, 4) | one("minimum", 2, 4) | one("maximum", 1, 3) | one("enum", [2, 3]),
        "text": one("minLength", 1, 6) | one("maxLength", 0, 5) | one("not", {"pattern": "a"}),
        "word": one("const", "a", 1) | one("enum", ["a", 2], ["b"]) | one("type", "string", "integer"),
        "flag": one("const", True, False),
        "share": one("minimum", 0.5, 1) | one("maximum", 0.5),
        "list": one("minItems", 1, 4)
        | one("maxItems", 0, 3)
        | items.map(lambda each: {"items": each})
        | items.map(lambda each: {"contains": each})
        | counted.map(lambda each: {"contains": each[0], "minContains": min(each[1:]), "maxContains": max(each[1:])}),
    }
    names = sorted(of_a_field)
    held = st.sampled_from(names).flatmap(lambda name: of_a_field[name].map(lambda sub: {"properties": {name: sub}}))
    demanded = st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True).map(
        lambda some: {"required": some}
    )
    return st.recursive(held | demanded | st.builds(lambda a, b: {**a, **b}, held, demanded), composed, max_leaves=6)


def composed(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    some = st.lists(inner, min_size=1, max_size=3)
    cases = st.fixed_dictionaries({"if": inner, "then": inner}, optional={"else": inner})
    return inner.map(lambda each: {"not": each}) | one_of("anyOf", some) | one_of("allOf", some) | cases


def one_of(keyword: str, some: st.SearchStrategy[list[Schema]]) -> st.SearchStrategy[Schema]:
    return some.map(lambda schemas: {keyword: schemas})


@settings(max_examples=draws(250), derandomize=True, database=None)
@given(schemas(), st.booleans())
def test_values_of_a_schema_keep_it_and_values_of_its_opposite_break_it(schema: Schema, holds: bool) -> None:
    is_of_base, is_kept = fast_validator(BASE), fast_validator(schema)
    for shape in intersect_choices(roots(), normal_form(schema, holds=holds))[:4]:
        for payload in (GENERATOR.payload(shape, choices) for choices in TRIALS):
            assert shape.accepts(payload)
            assert is_of_base(payload)
            assert is_kept(payload) is holds, payload


@settings(max_examples=draws(250), derandomize=True, database=None)
@given(schemas(), st.booleans())
def test_where_no_shape_is_left_no_payload_is(schema: Schema, holds: bool) -> None:
    is_kept = fast_validator(schema)
    if not intersect_choices(roots(), normal_form(schema, holds=holds)):
        assert [payload for payload in SOME if is_kept(payload) is holds] == []


def conditions() -> list[Any]:
    """Each rule across fields of each operation, and the condition in it."""
    found = []
    for service in load().services.values():
        for operation in service.operations.values():
            for rule in operation.rules:
                if rule.is_anchored:
                    found.append(pytest.param(operation, rule, rule.value, id=f"{operation.id}-{rule.id}"))
                    if "if" in rule.value:
                        found.append(pytest.param(operation, rule, rule.value["if"], id=f"{operation.id}-{rule.id}-if"))
    return found


@cache
def grounds(rule: str, id: str) -> tuple[Shapes, Generator]:
    """Return the shapes of all payloads of an operation; some rules need references that another rule allows."""
    schema = load().operation(id).schema
    root = normal_form({key: value for key, value in schema.items() if key != "allOf"})
    for other in schema["allOf"]:
        if "x-references" in other and other["$anchor"] != rule:
            root = intersect_choices(root, normal_form(other))
    return root, Generator(Dictionary(schema))


@pytest.mark.parametrize(("operation", "rule", "schema"), conditions())
def test_both_sides_of_each_rule_and_of_its_condition_can_be_generated(
    operation: Operation, rule: Rule, schema: Schema
) -> None:
    root, generator = grounds(rule.id, operation.id)
    is_kept = fast_validator(schema)
    for holds in (True, False):
        shapes = intersect_choices(root, normal_form(schema, holds=holds))
        assert shapes, f"nothing {'keeps' if holds else 'breaks'} {rule.id}"
        for shape in shapes[:8]:
            assert is_kept(generator.payload(shape, Simplest())) is holds
            assert is_kept(generator.payload(shape, Seeded(rule.id))) is holds
