"""The sweep: every rule of every operation has a name, a source and vectors, and can be broken alone."""

import re
from functools import cache
from itertools import chain
from typing import get_args

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.rules import Rule, rules_of
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator, fast_validator
from mockserver.contract.vectors import vectors
from mockserver.types import JSON, Level, Schema, pointer
from tests.support.schemas import different
from tests.support.slow_explanation import briefly, explainer

OPERATIONS = {
    operation.id: operation
    for operation in different(
        operation for service in load().services.values() for operation in service.operations.values()
    )
}
with_rules = pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS.values() if each.rules], ids=lambda operation: operation.id
)
CONFIDENCES = {"documented", "gateway", "observed", "inferred", "unknown"}


@cache
def validator(operation: str, woken: str | None = None) -> Validator:
    """Compile an operation's schema, with one rule that is ``off`` by default woken up."""
    found = OPERATIONS[operation]
    return Validator(found.schema, found.rules, {woken: "error"} if woken else {})


def judge(operation: Operation, rule: Rule) -> Validator:
    return validator(operation.id, rule.id if rule.level == "off" else None)


def resolved(schema: JSON, rule: Rule) -> JSON:
    for step in rule.path if rule.keyword != "required" else rule.path[:-1]:
        schema = schema[step]
    return schema


@with_rules
def test_a_rule_says_what_it_is_and_where_it_comes_from(operation: Operation) -> None:
    for rule in operation.rules:
        assert rule.id
        assert rule.operation == operation.id
        assert rule.source, rule.id
        assert rule.description, rule.id
        assert rule.confidence in CONFIDENCES, rule.id
        assert rule.level in get_args(Level), rule.id
        assert resolved(operation.schema, rule) == rule.value, rule.id


@with_rules
def test_what_keeps_a_rule_keeps_it(operation: Operation) -> None:
    """A rule across fields is kept by payloads that break no rule of level error at all."""
    for rule in operation.rules:
        accept, _ = vectors(rule, operation.schema)
        assert accept, rule.id
        for payload in accept:
            found = judge(operation, rule).violations(payload)
            assert rule.id not in {each.rule.id for each in found}
            if rule.is_anchored:
                assert [each.rule.id for each in found if each.level == "error"] == [], rule.id


@with_rules
def test_what_breaks_a_rule_breaks_this_one_alone(operation: Operation) -> None:
    for rule in operation.rules:
        _, reject = vectors(rule, operation.schema)
        assert reject, rule.id
        for payload in reject:
            assert {each.rule.id for each in judge(operation, rule).violations(payload)} == {rule.id}


@with_rules
def test_the_fast_yes_and_the_full_explanation_agree(operation: Operation) -> None:
    """Two engines, one in Rust and one in Python, read the same schema."""
    is_valid, slow = fast_validator(operation.schema), explainer()(operation.schema)
    for rule in operation.rules:
        accept, reject = vectors(rule, operation.schema)
        for payload in chain(accept[:1], reject[:2]):  # the slow one takes thirty milliseconds for a large schema
            assert is_valid(payload) is slow.is_valid(briefly(payload)), rule.id


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_example_breaks_nothing(operation: Operation) -> None:
    for example in operation.schema.get("examples", ()):
        assert validator(operation.id).violations(example) == ()


@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if each.schema], ids=lambda each: each.id)
def test_a_schema_gives_examples(operation: Operation) -> None:
    assert operation.schema["examples"]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_no_two_rules_of_an_operation_share_a_name(operation: Operation) -> None:
    ids = [rule.id for rule in operation.rules]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(
    ("service", "seed"),
    [("kling", "seed 002"), ("chainhub", "seed 000"), ("chainhub", "seed 003"), ("yutoai", "seed 001")],
)
def test_the_rules_of_a_seed_name_it(service: str, seed: str) -> None:
    found = [rule for operation in load().service(service).operations.values() for rule in operation.rules]
    assert any(rule.source.startswith(seed) or f"; {seed} " in rule.source for rule in found)


MAPS = ("kling 1.3", "kling 1.6")
"""The capability maps; what else a source names beside them says that models differ, or that the documents do."""
SAYS_NOTHING = r"C-\d+|9\.\d+|seed \d+ S2-\d+( S2-\d+)*|since S\d+"


def of_a_map_alone(source: str) -> bool:
    """Whether all that a source has for a rule is a capability map."""
    parts = [re.sub("^kling ", "", part) for part in re.split("; |, ", source)]
    evidence = [part for part in parts if not re.fullmatch(SAYS_NOTHING, part)]
    return bool(evidence) and all(f"kling {part}" in MAPS for part in evidence)


def test_no_rule_refuses_on_the_word_of_a_capability_map_alone_unless_a_reading_says_so() -> None:
    found = {
        (service.id, rule.id)
        for service in load().services.values()
        for operation in service.operations.values()
        for rule in operation.rules
        if rule.level == "error" and of_a_map_alone(rule.source)
    }
    decided = {
        (service.id, rule)
        for service in load().services.values()
        for question in service.questions.values()
        for reading in question.readings.values()
        for rule, level in reading.levels.items()
        if level == "warning"
    }
    assert {rule for _, rule in found} == {"o1-up-to-2k", "o1-single-images"}
    assert found <= decided


def test_a_film_of_o1_may_have_sound_and_that_is_recorded() -> None:
    operation = load().operation("kling/omni-video")
    payload = {"model_name": "kling-video-o1", "prompt": "A cat", "aspect_ratio": "1:1", "sound": "on"}
    (noted,) = validator(operation.id).violations(payload)
    assert (noted.rule.id, noted.level, of_a_map_alone(noted.rule.source)) == ("o1-without-sound", "warning", True)


def test_a_keyword_is_called_by_its_field() -> None:
    schema: Schema = {
        "x-source": "kling 1.2",
        "x-confidence": "documented",
        "type": "object",
        "required": ["list"],
        "properties": {
            "list": {
                "type": "array",
                "x-confidence": "observed",
                "items": {
                    "x-source": "kling 1.4",
                    "x-level": {"required": "warning"},
                    "required": ["name"],
                    "properties": {"name": {"maxLength": 3}},
                },
            }
        },
    }
    found = {rule.id: rule for rule in rules_of("a/b", schema)}
    assert list(found) == ["type", "list.required", "list.type", "list[].name.required", "list[].name.maxLength"]
    inner = found["list[].name.required"]
    assert (inner.source, inner.confidence, inner.level) == ("kling 1.4", "observed", "warning")
    assert inner.pointer == "/properties/list/items/required/name"
    assert found["list.required"].level == "error"
    assert found["list[].name.maxLength"].pointer == pointer(
        ("properties", "list", "items", "properties", "name", "maxLength")
    )


def test_a_keyword_inherits_the_message_of_its_schema_alone() -> None:
    schema: Schema = {
        "x-source": "kling 1.2",
        "x-confidence": "documented",
        "properties": {
            "a": {"type": "string", "maxLength": 3, "x-message": {"maxLength": "too long"}},
            "b": {"type": "string"},
        },
    }
    messages = {rule.id: rule.message for rule in rules_of("a/b", schema)}
    assert messages == {"a.type": None, "a.maxLength": "too long", "b.type": None}
