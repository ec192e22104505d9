"""A broken payload breaks one rule and no other."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, find, given, seed, settings

from mockserver.contract.catalog import load
from mockserver.contract.forms import typed
from mockserver.contract.rules import Rule, rules_of
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.kit.generation.choices import Seeded, Simplest
from mockserver.kit.generation.invalid import InvalidPayload, InvalidPayloads, NeverAlone, NoSuchRule
from mockserver.kit.generation.strategies import invalid_payloads
from mockserver.kit.generation.valid import NothingToSend, rule_levels
from mockserver.kit.server.expectations import as_query
from mockserver.types import JSON, Schema
from tests.support.sampling import draws, sampled
from tests.support.schemas import different

EVERY = different(each for service in load().services.values() for each in service.operations.values() if each.rules)
CREATES = [each for each in EVERY if each.method == "POST" and each.schema["properties"].get("prompt")]
QUICK = settings(max_examples=50, derandomize=True, database=None, phases=(Phase.generate, Phase.shrink))


def named(operations: list[Operation]) -> list[Any]:
    return [pytest.param(each, id=each.id) for each in operations]


@cache
def judge(id: str, reading: tuple[str, str] | None = None) -> Validator:
    operation = load().operation(id)
    return Validator(operation.schema, operation.rules, rule_levels(operation, dict([reading] if reading else [])))


def is_right(found: InvalidPayload, judged: Validator) -> bool:
    """Tell whether a payload breaks its rule and no other."""
    return {each.rule.id for each in judged.violations(found.payload)} == {found.rule.id}


def switched_on() -> dict[str, list[tuple[Rule, tuple[str, str]]]]:
    """Return the rules that are off by default, each with a reading under which it is not."""
    found: dict[str, list[tuple[Rule, tuple[str, str]]]] = {each.id: [] for each in EVERY}
    for operation in EVERY:
        for rule in operation.rules:
            readings = (
                (question.id, reading.id)
                for question in load().services[operation.service].questions.values()
                for reading in question.readings.values()
                if reading.levels.get(rule.id, "off") != "off"
            )
            if rule_levels(operation, None)[rule.id] == "off" and (reading := next(readings, None)):
                found[operation.id].append((rule, reading))
    return found


@pytest.mark.parametrize("operation", sampled(named(EVERY), 3))
def test_each_rule_is_broken_alone(operation: Operation) -> None:
    source, judged = InvalidPayloads.of(operation), judge(operation.id)
    assert {rule.id for rule in source.rules} == {
        id for id, level in rule_levels(operation, None).items() if level != "off"
    }
    for rule in source.rules:
        found = [source.simplest(rule), source.generate(rule, Seeded(rule.id))]
        assert [each for each in found if each is None or each.rule != rule or not is_right(each, judged)] == []


@pytest.mark.parametrize(
    ("operation", "rule", "reading"),
    [
        pytest.param(load().operation(id), rule, reading, id=f"{id}-{rule.id}")
        for id, rules in switched_on().items()
        for rule, reading in rules
    ],
)
def test_a_rule_that_a_reading_switches_on_is_broken_alone(
    operation: Operation, rule: Rule, reading: tuple[str, str]
) -> None:
    source = InvalidPayloads.of(operation, dict([reading]))
    assert is_right(source.simplest(source.rule(rule.id)), judge(operation.id, reading))


def one_of_each_kind(operation: Operation) -> list[Rule]:
    """Return a rule across fields, and of the others one inside a list and one outside, by swapping or by solving."""
    light = [rule for rule in InvalidPayloads.of(operation).rules if rule.keyword != "x-image-bytes"]
    kinds = {(rule.is_anchored, rule.keyword in ("type", "enum"), "[]" in rule.field): rule for rule in light}
    return [*kinds.values()]


@pytest.mark.parametrize("operation", sampled(named(CREATES), 1))
def test_a_shrunk_payload_still_breaks_its_rule_alone(operation: Operation) -> None:
    for rule in one_of_each_kind(operation):
        least = len(json.dumps(InvalidPayloads.of(operation).simplest(rule).payload))
        found = find(
            invalid_payloads(operation, rule=rule.id),
            lambda each, least=least: len(json.dumps(each.payload)) > least,  # type: ignore[misc]
            settings=QUICK,
        )
        assert (found.rule.id, is_right(found, judge(operation.id))) == (rule.id, True)


@pytest.mark.parametrize("operation", sampled(named(EVERY), 3))
def test_all_rules_are_reached_within_twice_as_many_draws(operation: Operation) -> None:
    rules = InvalidPayloads.of(operation).rules
    reached: set[str] = set()

    @seed(1)
    @settings(max_examples=max(30, 2 * len(rules)), database=None)  # of few rules chance may leave one out
    @given(invalid_payloads(operation))
    def run(each: InvalidPayload) -> None:
        reached.add(each.rule.id)

    run()
    assert reached == {rule.id for rule in rules}


@pytest.mark.drawn
@pytest.mark.parametrize("operation", named(CREATES))
def test_draws_of_one_rule_differ(operation: Operation) -> None:
    rule = next(
        rule for rule in InvalidPayloads.of(operation).rules if rule.field == "prompt" and rule.keyword == "type"
    )
    source = InvalidPayloads.of(operation)
    found = [source.generate(rule, Seeded(index)) for index in range(draws(60))]
    assert len({json.dumps(each and each.payload) for each in found}) > draws(40)


@pytest.mark.drawn
@pytest.mark.parametrize("operation", named(EVERY))
def test_few_draws_are_rejected(operation: Operation) -> None:
    source = InvalidPayloads.of(operation)
    light = [rule for rule in source.rules if rule.keyword != "x-image-bytes"]
    found = [source.generate(light[index % len(light)], Seeded(index)) for index in range(draws(200))]
    assert found.count(None) < 0.05 * len(found)


def broken_values(id: str, rule: str, field: str, **how: Any) -> list[JSON]:
    source = InvalidPayloads.of(load().operation(id), **how)
    found = [source.generate(source.rule(rule), Seeded(index)) for index in range(80)]
    return [each.payload.get(field) for each in found if each is not None]


def test_a_length_is_broken_by_one() -> None:
    lengths = {len(text) for text in broken_values("kling/omni-image", "prompt.maxLength", "prompt")}
    assert min(lengths) == 2501


def test_a_range_is_broken_by_one() -> None:
    assert 10 in broken_values("kling/omni-image", "n.maximum", "n")
    assert 0 in broken_values("kling/omni-image", "n.minimum", "n")


def test_a_list_comes_as_one_of_its_items_and_an_item_as_a_list() -> None:
    lists = broken_values("kling/omni-image", "image_list.type", "image_list")
    assert any(isinstance(each, dict) and "image" in each for each in lists)
    items = broken_values("kling/omni-image", "image_list[].type", "image_list")
    assert any(isinstance(item, list) for each in items for item in each)


def test_null_is_no_break_where_it_means_nothing() -> None:
    assert None in broken_values("kling/omni-image", "n.type", "n", readings={"null-field": "refused"})
    assert None not in broken_values("kling/omni-image", "n.type", "n")


@pytest.mark.parametrize("operation", named([each for each in EVERY if each.method == "GET"]))
def test_what_breaks_a_query_breaks_it_as_text_too(operation: Operation) -> None:
    judged = judge(operation.id)
    for rule in InvalidPayloads.of(operation).rules:
        if rule.field and not (rule.keyword == "type" and rule.value in ("string", "array")):  # any text is one
            payload = InvalidPayloads.of(operation).simplest(rule).payload
            sent = typed(operation.schema, as_query(payload))
            assert {each.rule.id for each in judged.violations(sent)} == {rule.id}


def test_the_simplest_break_is_one_that_a_person_would_write() -> None:
    video, source = load().operation("kling/omni-video"), InvalidPayloads.of(load().operation("kling/omni-video"))
    assert source.simplest(source.rule("o1-without-4k")) == InvalidPayload(
        payload={"prompt": "A cat walks over the moon", "mode": "4k", "aspect_ratio": "16:9"},
        rule=next(rule for rule in video.rules if rule.id == "o1-without-4k"),
    )


def test_a_test_may_change_what_it_draws() -> None:
    source = InvalidPayloads.of(load().operation("kling/omni-image"))
    for rule in source.rules:
        first, before = source.simplest(rule), json.dumps(source.simplest(rule).payload)
        for value in first.payload.values() if isinstance(first.payload, dict) else ():
            if isinstance(value, list | dict):
                value.clear()
        assert json.dumps(source.simplest(rule).payload) == before
        assert source.generate(rule, Simplest()) == source.simplest(rule)


def test_a_rule_that_is_not_there_is_named() -> None:
    with pytest.raises(NoSuchRule, match=r"did you mean 'prompt\.maxLength'"):
        invalid_payloads(load().operation("kling/omni-image"), rule="prompt.maxLenght")


def test_a_rule_that_is_off_is_refused() -> None:
    video = load().operation("kling/omni-video")
    with pytest.raises(NoSuchRule):
        invalid_payloads(video, rule="video-excludes-4k")
    held = find(
        invalid_payloads(video, rule="video-excludes-4k", readings={"spring-2026": "held"}),
        lambda _: True,
        settings=QUICK,
    )
    assert held.payload["mode"] == "4k"


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("prompt.minLength", {"pattern": ".", "x-accept": ["A cat"], "x-reject": [""]}),
        ("prompt.maxLength", {"pattern": "^[^\\n]{1,9}(?!\\n)$", "x-accept": ["A cat"], "x-reject": [""]}),
    ],
)
def test_a_rule_that_another_repeats_is_never_broken_alone(name: str, beside: Schema) -> None:
    image = load().operation("yutoai/omni-image")
    fields = image.schema["properties"]
    schema = {**image.schema, "properties": {**fields, "prompt": {**fields["prompt"], "minLength": 1, **beside}}}
    doubled = replace(image, schema=schema, rules=rules_of(image.id, schema))
    with pytest.raises(NeverAlone, match=f"no payload breaks '{name}' alone; see /properties/prompt/"):
        invalid_payloads(doubled, rule=name)


def test_an_operation_without_a_payload_has_nothing_to_break() -> None:
    with pytest.raises(NothingToSend):
        invalid_payloads(load().operation("kling/omni-image.get"))
