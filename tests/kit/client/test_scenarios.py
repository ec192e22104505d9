"""Scenarios: what goes wrong can be asked for wherever they are played, and the payload is what the contract allows."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.service import Service
from mockserver.contract.validation import Validator
from mockserver.fake.faults.line import fault
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.plan import PlannedScenario, planned_scenarios
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.client.testee import Hello
from mockserver.kit.generation.valid import rule_levels

CATALOG = load()
EVERYTHING = tuple(
    operation.id.removesuffix(".create")
    for service in CATALOG.services.values()
    for operation in service.operations.values()
    if operation.does == "create"
)


def planned(*operations: str) -> list[PlannedScenario]:
    """Return what is played with a testee that can do everything."""
    hello = Hello("all", "1", operations, callbacks=True, credentials=("token", "jwt"))
    return planned_scenarios(CATALOG, hello, list(CHECKS.values()))[0]


@cache
def all_played() -> dict[str, list[PlannedScenario]]:
    """Return what is played with each operation."""
    found: dict[str, list[PlannedScenario]] = {}
    for each in planned(*EVERYTHING):
        found.setdefault(each.operation.id, []).append(each)
    return found


SIGNED = {"signed", "token-expired", "token-expired-for-good"}
NOT_PLAYED = {
    "kling/omni-image": {"moderation-500"},
    "kling/omni-video": {"moderation-500", "several-results", "series"},
    "chainhub/omni-image": {"moderation-500", "series", "watermark", *SIGNED},
    "chainhub/omni-video": {"moderation-500", "several-results", "series", "watermark", *SIGNED},
    "yutoai/omni-image": {"moderation-500", "series", "watermark", "answer-lost-with-own-id", *SIGNED},
    "useapi/omni-image": {
        "unusual-payload",
        "several-results",
        "series",
        "watermark",
        "poll-404",
        "polls-404",
        "answer-lost-with-own-id",
        *SIGNED,
    },
}


played = pytest.mark.parametrize("operation", [f"{product}.create" for product in EVERYTHING])


@played
def test_what_goes_wrong_can_be_asked_for_where_it_is_played(operation: str) -> None:
    for each in all_played()[operation]:
        for line in each.faults:
            asked = fault(line, CATALOG.services)
            assert not asked.services or each.service.id in asked.services
            assert asked.operation is None or asked.operation in each.service.operations


@played
def test_only_the_scenario_of_an_invalid_payload_has_one(operation: str) -> None:
    judge = all_played()[operation][0].operation
    validator = Validator(judge.schema, judge.rules, rule_levels(judge, None))
    for each in all_played()[operation]:
        broken = {found.rule.id for found in validator.violations(each.payload) if found.level == "error"}
        assert len(broken) == (each.scenario.id == "invalid"), str(each)


@pytest.mark.parametrize("operation", NOT_PLAYED)
def test_a_service_plays_all_scenarios_that_its_contract_has_the_facts_for(operation: str) -> None:
    assert {each.scenario.id for each in planned(operation)} == SCENARIOS.keys() - NOT_PLAYED[operation]


def test_every_scenario_exists_for_a_check() -> None:
    assert {name for check in CHECKS.values() for name in check.scenarios} == SCENARIOS.keys()


def of(service: Service, scenario: str) -> PlannedScenario:
    operation = service.operations[f"{service.id}/omni-image.create"]
    return PlannedScenario(service, operation, SCENARIOS[scenario])


@pytest.mark.parametrize(
    ("scenario", "gap"),
    [
        ("plain", None),
        ("any-payload", None),
        ("task-fails", None),
        ("refused", "the contract of kling names no fault 'refused'"),
        ("poll-reset", "the contract of kling names no operation that shows a task"),
        ("called-by-a-stranger", "the contract of kling/omni-image has no example of a callback"),
    ],
)
def test_a_service_of_which_little_is_known_breaks_nothing(scenario: str, gap: str | None) -> None:
    known = CATALOG.services["kling"]
    operations = {id: operation for id, operation in known.operations.items() if operation.does == "create"}
    assert of(replace(known, faults={}, operations=operations), scenario).gap == gap


def test_a_payload_that_a_service_does_not_know_is_named() -> None:
    assert of(CATALOG.services["useapi"], "series").gap == "the contract of useapi/omni-image names no payload 'series'"
