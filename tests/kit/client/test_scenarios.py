"""Scenes: what goes wrong can be asked for wherever it is played, and the payload is what the contract allows."""

from __future__ import annotations

import pytest

from mockserver.contract.catalog import Operation, load
from mockserver.contract.validation import Validator
from mockserver.fake.faults.line import fault
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.evidence import Scene
from mockserver.kit.client.plan import plain
from mockserver.kit.client.scenarios import SCENES
from mockserver.kit.generation.valid import rule_levels

CATALOG = load()
PLAYED = [
    pytest.param(scene, operation, id=f"{scene.id}-{operation.id}")
    for service in CATALOG.services.values()
    for operation in service.operations.values()
    if operation.does == "create"
    for scene in SCENES.values()
    if scene.is_known(service) and (operation.product in scene.payload or not scene.only_products)
]


@pytest.mark.parametrize(("scene", "operation"), PLAYED)
def test_what_goes_wrong_can_be_asked_for_where_it_is_played(scene: Scene, operation: Operation) -> None:
    service = CATALOG.services[operation.service]
    if scene.credentials == "jwt" and "jwt" not in service.credentials:
        return  # nobody is cast for it
    for line in scene.lines(operation, service):
        asked = fault(line, CATALOG.services)
        assert not asked.services or service.id in asked.services
        assert asked.operation is None or asked.operation in service.operations


@pytest.mark.parametrize(("scene", "operation"), PLAYED)
def test_only_the_scene_of_an_invalid_payload_has_one(scene: Scene, operation: Operation) -> None:
    judge = Validator(operation.schema, operation.rules, rule_levels(operation, None))
    broken = {found.rule.id for found in judge.violations(plain(operation, scene)) if found.level == "error"}
    assert not broken or scene.id == "invalid"
    assert len(broken) <= 1


def test_every_scene_is_there_for_a_check() -> None:
    assert {name for check in CHECKS.values() for name in check.scenarios} == SCENES.keys()
