"""Broken payloads: each breaks its rule alone, on both sides of its edge, also where it looks legal there."""

from collections.abc import Iterable

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.contract.vectors import vectors
from mockserver.kit.generation.keywords import generator_of
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.payloads.broken import broken_payloads
from mockserver.kit.server.settings import Target
from mockserver.types import JSON
from tests.support.sampling import sampled

CATALOG = load()
CREATES = [
    create for service in CATALOG.services.values() for create in Expectations(CATALOG, service).create_operations()
]


def target(operation: Operation) -> Target:
    return Target("http://a", Expectations(CATALOG, CATALOG.service(operation.service)), (operation,))


@pytest.mark.parametrize("create", sampled(CREATES, 1, name=lambda create: create.id))
def test_every_vector_that_breaks_a_rule_is_sent(create: Operation) -> None:
    aim = target(create)
    for rule in create.rules:
        if generator_of(rule.keyword).is_heavy:
            continue
        sent = list(broken_payloads(aim, create, rule))
        for payload in vectors(rule, create.schema)[1]:
            assert payload in sent or not aim.expectations.breaks_alone(create, rule, payload)


@pytest.mark.parametrize("create", sampled(CREATES, 1, name=lambda create: create.id))
def test_a_rule_across_fields_that_counts_is_broken_in_several_ways(create: Operation) -> None:
    aim = target(create)
    for rule in create.rules:
        sent = list(broken_payloads(aim, create, rule)) if rule.is_anchored else []
        counting = [payload for payload in sent if aim.expectations.is_refused(create, rule, payload)]
        assert not counting or len(counting) >= 2, rule.id


def test_shots_are_too_long_and_too_short_by_one_second_and_where_the_sum_is_a_legal_length() -> None:
    create = CATALOG.operation("kling/omni-video.create")
    rule = next(rule for rule in create.rules if rule.id == "shots-add-up")
    over = set()
    for payload in broken_payloads(target(create), create, rule):
        assert isinstance(payload, dict)
        whole = sum(int(shot["duration"]) for shot in payload["multi_prompt"])
        over.add((whole - int(payload.get("duration", "5")), 3 <= whole <= 15, "duration" in payload))
    assert {(1, True, True), (1, True, False), (-1, True, False)} <= over
    assert any(difference < 0 and is_sent for difference, _, is_sent in over)


@pytest.mark.parametrize(
    ("operation", "name", "lists"),
    [
        ("kling/omni-image.create", "ten-references", ("image_list", "element_list")),
        ("kling/omni-video.create", "seven-references", ("image_list", "element_list")),
    ],
)
def test_a_shared_maximum_is_exceeded_by_each_list(operation: str, name: str, lists: tuple[str, ...]) -> None:
    create = CATALOG.operation(operation)
    rule = next(rule for rule in create.rules if rule.id == name)

    def shares(payloads: Iterable[JSON]) -> set[tuple[int, ...]]:
        return {tuple(len(each.get(name, ())) for name in lists) for each in payloads if isinstance(each, dict)}

    kept, broken = shares(vectors(rule, create.schema)[0]), shares(broken_payloads(target(create), create, rule))
    assert {(first + 1, second) for first, second in kept if second} & broken
    assert {(first, second + 1) for first, second in kept if second} & broken
