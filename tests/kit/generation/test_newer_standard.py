"""Every kind of rule of the newer standard is data: it is judged, and payloads are made on both sides of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.rules import Rule, rules_of
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator, fast_validator
from mockserver.contract.vectors import vectors
from mockserver.kit.generation.choices import Seeded
from mockserver.kit.generation.invalid import InvalidPayloads
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.types import JSON
from tests.support.newer_standard import NEWER, TYPES
from tests.support.slow_explanation import explainer

RULES = rules_of("newer/film.create", NEWER)
DRAWS = 12


@cache
def operation() -> Operation:
    image = load().operation("kling/omni-image")
    return replace(image, id="newer/film.create", service="newer", schema=NEWER, rules=RULES)


@cache
def valid() -> ValidPayloads:
    return ValidPayloads(operation(), {rule.id: rule.level for rule in RULES}, is_strict=True)


@cache
def invalid() -> InvalidPayloads:
    return InvalidPayloads(operation())


@cache
def judge() -> Validator:
    return Validator(NEWER, RULES, {})


def broken(payload: object) -> set[str]:
    return {violation.rule.id for violation in judge().violations(payload)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_vectors_of_a_rule_are_on_both_sides_of_it(rule: Rule) -> None:
    is_valid, slow = fast_validator(NEWER), explainer()(NEWER)
    accept, reject = vectors(rule, NEWER)
    assert accept
    assert reject
    for payload in accept:
        assert rule.id not in broken(payload), payload
        assert is_valid(payload) is slow.is_valid(payload)
    for payload in reject:
        assert broken(payload) == {rule.id}, payload
        assert not is_valid(payload)
        assert not slow.is_valid(payload)


def test_valid_payloads_have_items_of_all_types_names_and_shots() -> None:
    payloads: list[JSON] = [valid().generate(Seeded(seed)) for seed in range(200)]
    assert [payload for payload in payloads if payload is None or broken(payload)] == []
    types = Counter(item["type"] for payload in payloads for item in payload["contents"])
    assert {*types} == {*TYPES}
    texts = [item["text"] for payload in payloads for item in payload["contents"] if item["type"] == "prompt"]
    assert any("@" in text for text in texts)
    assert any(text.startswith("shot 1, ") for text in texts)
    assert max(len(payload["contents"]) for payload in payloads) > 4


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_broken_alone(rule: Rule) -> None:
    found = [invalid().simplest(rule), *(invalid().generate(rule, Seeded(seed)) for seed in range(DRAWS))]
    for each in found:
        assert each is not None
        assert broken(each.payload) == {rule.id}, json.dumps(each.payload)


def test_shots_are_wrong_in_each_way() -> None:
    rule = next(rule for rule in RULES if rule.id == "shots-last-as-long-as-the-film")
    made = [invalid().generate(rule, Seeded(seed)) for seed in range(60)]
    facts = " ".join(each.fact for found in made if found is not None for each in judge().violations(found.payload))
    for told in ("the shots last", "a shot has the number 7", "lasts 0 s", "has 513 characters"):
        assert told in facts
