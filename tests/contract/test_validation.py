"""Validation: who breaks what, where, at which level; and the two engines never disagree."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.rules import Rule, rules_of
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator, Violation, fast_validator
from mockserver.contract.vectors import vectors
from mockserver.types import JSON, Level, Payload, Schema
from tests.support.sampling import draws
from tests.support.slow_explanation import explainer

SCHEMA: Schema = {
    "x-source": "kling 1.2",
    "x-confidence": "documented",
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "x-level": {"additionalProperties": "warning"},
    "properties": {
        "name": {"type": "string", "maxLength": 3},
        "kind": {"enum": ["a", "b"]},
        "items": {
            "type": "array",
            "items": {"type": "object", "required": ["a/b"], "properties": {"a/b": {"type": "integer", "minimum": 1}}},
        },
        "picture": {"type": "string", "x-base64": True},
    },
    "allOf": [
        {
            "$anchor": "a-needs-items",
            "description": "Kind a needs items, and a name of one letter.",
            "x-accept": [{}],
            "x-reject": [{}],
            "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
            "then": {"required": ["items"], "properties": {"name": {"maxLength": 1}}},
        },
        {
            "$anchor": "no-b",
            "description": "Kind b is no more.",
            "x-level": "off",
            "x-accept": [{}],
            "x-reject": [{}],
            "properties": {"kind": {"const": "a"}},
        },
    ],
}
RULES = rules_of("a/b", SCHEMA)


def violations(payload: JSON, **levels: Level) -> tuple[Violation, ...]:
    chosen = {name.replace("_", "-"): level for name, level in levels.items()}
    return Validator(SCHEMA, RULES, chosen).violations(payload)


def broken(payload: JSON, **levels: Level) -> list[tuple[str, str]]:
    """Return the ids of the broken rules, each with its pointer."""
    return [(each.rule.id, each.pointer) for each in violations(payload, **levels)]


@pytest.mark.parametrize(
    "payload", [{"name": "x"}, {"name": "xxx", "kind": "b"}, {"name": "x", "kind": "a", "items": []}]
)
def test_what_keeps_every_rule_has_no_violations(payload: JSON) -> None:
    assert violations(payload) == ()


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, [("name.required", "/name")]),
        ([], [("type", "")]),
        ({"name": "four"}, [("name.maxLength", "/name")]),
        ({"name": "x", "~/": 1}, [("additionalProperties", "/~0~1")]),
        ({"name": "x", "items": [{"a/b": 1}, {}]}, [("items[].a/b.required", "/items/1/a~1b")]),
        ({"name": "x", "items": [{"a/b": 0}]}, [("items[].a/b.minimum", "/items/0/a~1b")]),
        ({"name": "x", "picture": "no Base64"}, [("picture.x-base64", "/picture")]),
    ],
)
def test_a_violation_names_its_rule_and_its_place(payload: JSON, expected: list[tuple[str, str]]) -> None:
    assert broken(payload) == expected


def test_a_rule_is_broken_once_at_each_place() -> None:
    payload = {"name": "x", "items": [{"a/b": 0}, {"a/b": 1}, {"a/b": -5}]}
    assert broken(payload) == [("items[].a/b.minimum", "/items/0/a~1b"), ("items[].a/b.minimum", "/items/2/a~1b")]


def test_a_rule_across_fields_is_broken_once_however_often_it_fails() -> None:
    assert [id for id, _ in broken({"name": "xx", "kind": "a"})] == ["a-needs-items"]


def test_errors_come_before_warnings() -> None:
    found = violations({"name": "four", "more": 1, "kind": "c"})
    assert [(each.rule.id, each.level) for each in found] == [
        ("name.maxLength", "error"),
        ("kind.enum", "error"),
        ("additionalProperties", "warning"),
    ]


def test_a_rule_across_fields_is_silent_while_it_depends_on_a_field_that_is_not_what_it_should_be() -> None:
    payload = {"name": 7, "kind": "a", "items": []}
    assert [id for id, _ in broken(payload)] == ["name.type"]
    (found,) = Validator(SCHEMA, RULES, {}).unjudged(payload)
    assert (found.rule.id, [each.pointer for each in found.causes]) == ("a-needs-items", ["/name"])


def test_a_rule_across_fields_speaks_when_the_other_fields_decide() -> None:
    for payload, expected in (
        ({"name": 7, "kind": "a"}, ["name.type", "a-needs-items"]),
        ({"name": 7, "kind": "b"}, ["name.type"]),
    ):
        assert [id for id, _ in broken(payload)] == expected
        assert Validator(SCHEMA, RULES, {}).unjudged(payload) == ()


@pytest.mark.parametrize("payload", [{"name": "x", "kind": "a"}, {"name": "four"}, [], "text", None])
def test_nothing_is_unjudged_where_each_field_can_be_read_or_there_are_none(payload: JSON) -> None:
    assert Validator(SCHEMA, RULES, {}).unjudged(payload) == ()


def test_a_rule_that_is_off_says_nothing_until_a_level_wakes_it() -> None:
    assert broken({"name": "x", "kind": "b"}) == []
    assert broken({"name": "x", "kind": "b"}, no_b="warning") == [("no-b", "/kind")]


def test_a_level_can_put_a_rule_off() -> None:
    assert broken({"name": "x", "kind": "a"}, a_needs_items="off") == []


def test_a_violation_has_the_level_that_counts_here_and_its_rule_the_usual_one() -> None:
    (found,) = violations({"name": "x", "kind": "a"}, a_needs_items="warning")
    assert (found.level, found.rule.level) == ("warning", "error")


@pytest.mark.parametrize(
    ("payload", "field", "value"),
    [
        ({"name": "x", "items": [{"a/b": 0}]}, "items[0].a/b", 0),
        ({"name": "four"}, "name", "four"),
        ([], "body", []),
    ],
)
def test_a_violation_says_its_field_as_a_person_writes_it(payload: JSON, field: str, value: JSON) -> None:
    (found,) = violations(payload)
    assert (found.field, found.value) == (field, value)


def test_a_schema_is_not_changed_by_compiling_it() -> None:
    before = str(SCHEMA)
    Validator(SCHEMA, RULES, {"no-b": "error", "a-needs-items": "off"})
    assert str(SCHEMA) == before


def test_a_deep_payload_is_judged_and_not_fallen_over() -> None:
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    assert [id for id, _ in broken({"name": deep})] == ["name.type"]


O1_IMAGE = {"model_name": "kling-image-o1", "prompt": "A cat"}
O1_VIDEO = {"model_name": "kling-video-o1", "prompt": "A cat", "mode": "pro", "aspect_ratio": "1:1", "duration": "5"}


@pytest.mark.parametrize(
    ("operation", "payload", "expected"),
    [
        ("chainhub/omni-image", {}, {"model_name.required": "error", "prompt.required": "error"}),
        ("chainhub/omni-image", {**O1_IMAGE, "image_list": [{}]}, {"image_list[].image.required": "warning"}),
        ("chainhub/omni-image", {**O1_IMAGE, "model_name": "kling-v1"}, {"model-is-listed": "warning"}),
        ("chainhub/omni-image", {**O1_IMAGE, "resolution": "4k"}, {"resolution.enum": "error"}),
        ("chainhub/omni-image", {**O1_IMAGE, "element_list": []}, {"additionalProperties": "warning"}),
        ("chainhub/omni-video", {**O1_VIDEO, "mode": "4k"}, {"mode.enum": "error"}),
        ("chainhub/omni-video", {**O1_VIDEO, "duration": "11"}, {"duration.enum": "error"}),
        ("chainhub/omni-video", {**O1_VIDEO, "duration": "7"}, {"o1-five-or-ten-seconds": "warning"}),
        (
            "chainhub/omni-video",
            {"aspect_ratio": "1:1"},
            {
                "model_name.required": "error",
                "prompt.required": "error",
                "mode.required": "error",
                "duration-required": "warning",
            },
        ),
        ("yutoai/omni-image", {"prompt": "x" * 500}, {}),
        ("yutoai/omni-image", {"prompt": "x" * 501}, {"prompt-up-to-500": "warning"}),
        ("yutoai/omni-image", {"prompt": "x" * 5000}, {"prompt-up-to-500": "warning"}),
        ("yutoai/omni-image", {"prompt": "x" * 5001}, {"prompt.maxLength": "error"}),
        ("yutoai/omni-image", {"prompt": "A cat", "negative_prompt": ""}, {}),
        (
            "yutoai/omni-image",
            {"prompt": "A cat", "negative_prompt": "x" * 201},
            {"negative-prompt-up-to-200": "warning"},
        ),
        (
            "yutoai/omni-image",
            {"prompt": "A cat", "negative_prompt": "x" * 2001},
            {"negative_prompt.maxLength": "error"},
        ),
        ("yutoai/omni-image", {"prompt": "A cat", "model_name": "kling-v1"}, {"model-is-listed": "warning"}),
        ("yutoai/omni-image", {"prompt": "A cat", "image_fidelity": 1.01}, {"image_fidelity.maximum": "error"}),
        ("yutoai/omni-image", {"prompt": "A cat", "aspect_ratio": "21:9"}, {"aspect_ratio.enum": "error"}),
        ("kling/omni-image", {"prompt": "A cat", "negative_prompt": "people"}, {"additionalProperties": "warning"}),
        ("kling/omni-image", {"prompt": "A cat", "resolution": "4k"}, {"o1-up-to-2k": "error"}),
        (
            "kling/omni-video",
            {"prompt": "A cat", "aspect_ratio": "1:1", "duration": 5},
            {"duration-as-text": "warning"},
        ),
        ("kling/omni-video", {"prompt": "A cat"}, {"aspect-ratio-required": "error"}),
    ],
)
def test_a_service_refuses_what_its_page_forbids_and_notes_what_another_does(
    operation: str, payload: Payload, expected: dict[str, Level]
) -> None:
    found = load().operation(operation)
    violations = Validator(found.schema, found.rules, {}).violations(payload)
    assert {each.rule.id: each.level for each in violations} == expected


CREATING = [each for service in load().services.values() for each in service.operations.values() if each.task]
VALIDATORS = {
    each.id: Validator(each.schema, each.rules, dict.fromkeys((rule.id for rule in each.rules), "error"))
    for each in CREATING
}
FAST = {each.id: fast_validator(each.schema) for each in CREATING}
SCALARS = st.none() | st.booleans() | st.integers(-2, 20) | st.floats(-1, 3) | st.text(max_size=6)


def near(schema: Schema) -> st.SearchStrategy[JSON]:
    """Draw values around what a property's schema wants, good and bad."""
    told = [st.sampled_from(schema[key]) for key in ("enum", "examples", "x-accept", "x-reject") if key in schema]
    if "items" in schema:
        told.append(st.lists(near(schema["items"]), max_size=4))
    if "properties" in schema:
        told.append(st.fixed_dictionaries({}, optional={name: near(sub) for name, sub in schema["properties"].items()}))
    return st.one_of(*told, SCALARS)


EACH = settings(max_examples=draws(40))
"""For a law of one engine that is tried with each operation."""


@pytest.mark.parametrize("operation", CREATING, ids=lambda each: each.id)
@EACH
@given(data=st.data())
def test_both_engines_say_the_same_of_any_payload(operation: Operation, data: st.DataObject) -> None:
    payload: Payload = data.draw(near({"properties": operation.schema["properties"]}))
    assert FAST[operation.id](payload) is explainer()(operation.schema).is_valid(payload)


@pytest.mark.parametrize("operation", CREATING, ids=lambda each: each.id)
@EACH
@given(data=st.data())
def test_a_payload_that_is_not_valid_breaks_a_rule_that_has_a_name(operation: Operation, data: st.DataObject) -> None:
    payload: Payload = data.draw(near({"properties": operation.schema["properties"]}))
    validator = VALIDATORS[operation.id]
    found = validator.violations(payload)
    assert bool(found) is not FAST[operation.id](payload)
    assert {each.rule.id for each in found} <= {rule.id for rule in operation.rules}


LISTS = [
    pytest.param(each, rule, id=f"{each.id}:{rule.id}")
    for service in load().services.values()
    for each in service.operations.values()
    for rule in each.rules
    if rule.keyword == "enum"
]


@pytest.mark.parametrize(("operation", "rule"), LISTS)
def test_a_sentence_lists_each_allowed_value_once(operation: Operation, rule: Rule) -> None:
    """Also one that may be sent as a number and as text."""
    payload = vectors(rule, operation.schema)[1][0]
    (found,) = Validator(operation.schema, operation.rules, {}).violations(payload)
    words = found.fact.removeprefix("is none of ").split(", ")
    assert len(words) == len(set(words))
    assert set(words) == set(map(str, rule.value))
