"""Each of our keywords can be kept and broken; one that the generator knows nothing of, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.evaluation import engine
from mockserver.contract.keywords import KEYWORDS, Keyword, Problem
from mockserver.contract.rules import CONSTRAINTS, Rule, rules_of
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.contract.vectors import vectors
from mockserver.kit.generation.choices import Choices, Seeded, Simplest
from mockserver.kit.generation.invalid import InvalidPayloads, NeverAlone
from mockserver.kit.generation.keywords import GENERATORS, KeywordGenerator
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.types import JSON, Schema

CHOICES: tuple[Choices, ...] = (Simplest(), *map(Seeded, range(40)))


def no_digits(value: bool, instance: JSON) -> Iterator[Problem]:
    if isinstance(instance, str) and any(letter.isdigit() for letter in instance):
        yield Problem((), "has a digit")


def palindrome(value: bool, instance: JSON) -> Iterator[Problem]:
    if isinstance(instance, str) and instance != instance[::-1]:
        yield Problem((), "is no palindrome")


def multiple_of(value: int, instance: JSON) -> Iterator[Problem]:
    if isinstance(instance, int) and not isinstance(instance, bool) and instance % value:
        yield Problem((), f"is no multiple of {value}")


def checked(value: bool, instance: JSON) -> Iterator[Problem]:
    """Only a text that looks right can be wrong."""
    if isinstance(instance, str) and re.fullmatch("id-482[02-9]", instance):
        yield Problem((), "has a wrong check digit")


GUESSABLE = ("x-no-digits", "x-palindrome", "x-multiple")
NEW: dict[str, tuple[Keyword, JSON, Schema]] = {
    "x-no-digits": (
        no_digits,
        True,
        {"type": "string", "maxLength": 60, "examples": ["a cat"], "x-reject": ["4 cats"]},
    ),
    "x-palindrome": (palindrome, True, {"type": "string", "examples": ["level"]}),
    "x-checked": (checked, True, {"type": "string", "examples": ["id-4821"]}),
    "x-multiple": (multiple_of, 5, {"type": "integer", "minimum": 0, "maximum": 500, "examples": [15]}),
}


def operation_with(field: Schema, rule: Schema | None = None) -> Operation:
    example = {"field": field["examples"][0]}
    schema: Schema = {
        "x-source": "made up",
        "x-confidence": "documented",
        "examples": [example],
        "type": "object",
        "additionalProperties": False,
        "required": ["field"],
        "properties": {"field": field, "other": {"type": "boolean"}},
    }
    if rule is not None:
        schema["allOf"] = [
            {"$anchor": "new", "description": "new", "x-accept": [{}], "x-reject": [{"other": True}], **rule}
        ]
    image = load().operation("kling/omni-image")
    return replace(image, id="new/one.create", service="new", schema=schema, rules=rules_of("new/one.create", schema))


@pytest.fixture(params=GUESSABLE)
def new(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Add a keyword to the contract's, and to nothing else."""
    keyword: str = request.param
    monkeypatch.setitem(KEYWORDS, keyword, NEW[keyword][0])
    monkeypatch.setattr("mockserver.contract.rules.CONSTRAINTS", CONSTRAINTS | {keyword})
    engine._checks.cache_clear()
    yield keyword
    engine._checks.cache_clear()


def check(operation: Operation, rule: Rule) -> None:
    judge = Validator(operation.schema, operation.rules, {})
    valid, invalid = ValidPayloads(operation, _levels(operation), is_strict=True), InvalidPayloads(operation)
    kept = [valid.generate(choices) for choices in CHOICES]
    assert [payload for payload in kept if payload is None or judge.violations(payload)] == []
    broken = [invalid.generate(rule, choices) for choices in CHOICES]
    found = [{each.rule.id for each in judge.violations(one.payload)} for one in broken if one is not None]
    assert found == [{rule.id}] * len(CHOICES)


def _levels(operation: Operation) -> dict[str, Any]:
    return {rule.id: rule.level for rule in operation.rules}


def test_a_new_keyword_is_kept_and_broken_without_an_entry_of_its_own(new: str) -> None:
    _, value, field = NEW[new]
    operation = operation_with({**field, new: value})
    check(operation, next(rule for rule in operation.rules if rule.keyword == new))


def test_a_new_keyword_is_kept_and_broken_in_a_rule_across_fields(new: str) -> None:
    _, value, field = NEW[new]
    condition = {"if": {"required": ["other"]}, "then": {"properties": {"field": {new: value}}}}
    operation = operation_with(field, condition)
    check(operation, next(rule for rule in operation.rules if rule.id == "new"))


def test_the_vectors_of_a_new_keyword_stand_in_its_schema(new: str) -> None:
    _, value, field = NEW[new]
    operation = operation_with({**field, new: value})
    accept, reject = vectors(next(rule for rule in operation.rules if rule.keyword == new), operation.schema)
    assert list(accept) == [{"field": field["examples"][0]}]
    assert list(reject) == [{"field": each} for each in field.get("x-reject", ())]


@pytest.mark.parametrize("new", ["x-checked"], indirect=True)
def test_an_entry_gives_the_values_that_nobody_could_guess(new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, value, field = NEW[new]
    before, after = (operation_with({**field, new: value}) for _ in range(2))
    with pytest.raises(NeverAlone):
        InvalidPayloads(before).simplest(next(rule for rule in before.rules if rule.keyword == new))
    entry = KeywordGenerator(values=lambda _, __: iter(("id-4821", "id-4822")))
    monkeypatch.setitem(GENERATORS, new, entry)
    check(after, next(rule for rule in after.rules if rule.keyword == new))


def test_only_keywords_of_the_contract_have_an_entry() -> None:
    assert GENERATORS.keys() <= KEYWORDS.keys()
