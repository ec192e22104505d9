"""What schemas/README.md says of validators that know nothing of ours is measured with ``jsonschema``."""

from __future__ import annotations

import re
from functools import cache

import pytest
from jsonschema import Draft202012Validator

from mockserver.contract.catalog import load
from mockserver.contract.forms import typed
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.kit.generation.choices import Seeded
from mockserver.kit.generation.invalid import InvalidPayloads
from mockserver.kit.generation.valid import ValidPayloads, rule_levels
from mockserver.types import JSON
from tests.support.schemas import different
from tests.support.second_reading import SCHEMAS, rules_of

OPERATIONS = {
    each.id: each
    for each in different(
        each for service in load().services.values() for each in service.operations.values() if each.rules
    )
}
DRAWN = 60
"""Payloads of each operation, about half of which break a rule that is only a warning."""


@cache
def listed() -> dict[str, tuple[set[str], set[str]]]:
    """Return the warnings, and the rules that are off, that the page lists for each operation."""
    page = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    section = page.partition("## What a plain validator says otherwise")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \| (.*) \|$", section, re.MULTILINE)
    return {id: ({*re.findall("`([^`]+)`", warned)}, {*re.findall("`([^`]+)`", off)}) for id, warned, off in rows}


def accepted(operation: Operation, payload: JSON) -> bool:
    """Tell whether a service accepts a payload under the default readings."""
    questions = load().services[operation.service].questions
    validator = Validator.of(operation, questions, {id: each.default for id, each in questions.items()})
    return not any(each.level == "error" for each in validator.violations(payload))


def refused_for(operation: Operation, payload: JSON) -> set[str]:
    """Return the rules that a payload breaks in the eyes of a plain validator."""
    found = {rule.id for rule in rules_of(operation.id) if not rule.is_kept_by(payload, plainly=True)}
    assert bool(found) is not plain(operation.id).is_valid(payload)
    return found


@cache
def plain(id: str) -> Draft202012Validator:
    return Draft202012Validator(OPERATIONS[id].schema)


def waking(operation: Operation) -> dict[str, dict[str, str]]:
    """Return the rules that are off by default, each with a reading that wakes it."""
    return {
        rule: {f"{operation.service}/{question.id}": reading.id}
        for question in load().services[operation.service].questions.values()
        for reading in question.readings.values()
        for rule, level in reading.levels.items()
        if level != "off" and rule_levels(operation, None).get(rule) == "off"
    }


def valid_payloads(operation: Operation) -> list[JSON]:
    """Return payloads that the service accepts: drawn ones, and those that break a warning, or a rule that is off."""
    source, breaking = ValidPayloads.of(operation, is_strict=False), InvalidPayloads.of(operation)
    drawn = [found for index in range(DRAWN) if (found := source.generate(Seeded(index))) is not None]
    warned = [
        breaking.simplest(rule).payload
        for rule in breaking.rules
        if rule.level == "warning" and rule.keyword != "x-image-bytes"
    ]
    awake = [
        found.simplest(found.rule(rule)).payload
        for rule, readings in waking(operation).items()
        for found in [InvalidPayloads.of(operation, readings)]
    ]
    return [*drawn, *warned, *awake]


@pytest.mark.parametrize("id", OPERATIONS)
def test_the_page_lists_all_that_a_plain_validator_refuses_of_valid_payloads(id: str) -> None:
    operation, found = OPERATIONS[id], set[str]()
    for payload in valid_payloads(operation):
        assert accepted(operation, payload)
        found |= refused_for(operation, payload)
    warned, off = listed().get(id, (set[str](), set[str]()))
    levels = rule_levels(operation, None)
    assert {rule for rule in found if levels[rule] == "warning"} == warned
    assert {rule for rule in found if levels[rule] == "off"} == off
    assert found == warned | off


def test_the_page_names_no_operation_in_vain() -> None:
    assert listed().keys() <= OPERATIONS.keys()
    assert listed()


@pytest.mark.parametrize(
    ("id", "sent"),
    [
        pytest.param("kling/omni-image.create", {"prompt": "A cat", "n": None}, id="null"),
        pytest.param("useapi/omni-image.create", {"prompt": "A cat", "imageCount": "2"}, id="number-as-text"),
        pytest.param("kling/omni-image.list", {"pageNum": "2"}, id="query"),
    ],
)
def test_what_is_read_in_another_way_first_is_refused_by_a_plain_validator(id: str, sent: dict[str, JSON]) -> None:
    operation = OPERATIONS[id]
    assert accepted(operation, typed(operation.schema, sent))
    assert not plain(id).is_valid(sent)
