"""Numbers that a client can keep which reads JSON as JavaScript does, and payloads that have no others."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.kit.client.fuzzing import VALID, _payloads, _samples, _sent
from mockserver.kit.client.plan import PlannedScenario, breaking
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.doubles import is_kept, with_kept_numbers
from tests.support.sampling import draws

LIMIT = 1 << 53
NUMBERS = [
    *(0, 1, -1, LIMIT, LIMIT + 1, -LIMIT - 1, 829836802793406551, 829836802793406, 10**19, 10**20, 10**21, 10**30),
    *(1 << 63, (1 << 63) - 1, -(1 << 63) - 1, 123456789012345678901, 5.0, -5.0, 5.5, -0.0, 0.1, 1e-7, 1e16, 1e21, 1e22),
]
KEPT = [0, 1, -1, LIMIT, 829836802793406, 10**19, 10**20, 5.5, 0.1, 1e-7, 1e21, 1e22]


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other and str(one) == str(other)


def test_what_javascript_keeps_is_known() -> None:
    assert [number for number in NUMBERS if is_kept(number)] == KEPT


@pytest.mark.skipif(shutil.which("node") is None, reason="this machine has no node")
@settings(max_examples=5)
@given(
    st.lists(st.one_of(st.integers(-(1 << 80), 1 << 80), st.floats(allow_nan=False, allow_infinity=False)), min_size=99)
)
def test_node_agrees(numbers: list[Any]) -> None:
    code = "console.log('[' + JSON.parse(require('fs').readFileSync(0)).map((n) => JSON.stringify(n)) + ']')"
    text = json.dumps([*NUMBERS, *numbers])
    done = subprocess.run(["node", "-e", code], input=text, capture_output=True, text=True, check=True)
    for number, kept in zip([*NUMBERS, *numbers], json.loads(done.stdout), strict=True):
        assert is_kept(number) is same(number, kept), number


@given(st.recursive(st.integers() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=9))
def test_what_is_put_instead_is_kept(value: Any) -> None:
    found = with_kept_numbers({"value": value}, lambda _: True)
    if found is not None:
        assert is_kept(found)
    if is_kept(value):
        assert found == {"value": value}


@pytest.mark.parametrize(
    ("number", "instead"), [(829836802793406551, 829836802793406), (-(2**60), -115292150460684), (5.0, 5), (7, 7)]
)
def test_an_id_becomes_a_shorter_one(number: Any, instead: int) -> None:
    found = with_kept_numbers({"id": number}, lambda _: True)
    assert found is not None
    assert same(found["id"], instead)


def test_a_number_that_must_be_too_large_stays_so() -> None:
    found = with_kept_numbers({"id": (1 << 63) + 1}, lambda payload: payload["id"] >= 1 << 63)
    assert found == {"id": 9223372036854776000}
    assert with_kept_numbers({"id": 10**40}, lambda payload: payload["id"] >= 10**30) is None


CREATES = [
    (service, operation)
    for service in load().services.values()
    for operation in service.operations.values()
    if operation.does == "create"
]


@pytest.mark.parametrize(("service", "operation"), CREATES, ids=lambda each: each.id)
def test_no_scenario_asks_a_plain_client_to_keep_what_it_cannot(service: Any, operation: Any) -> None:
    for id, scenario in SCENARIOS.items():
        if id == "any-mistake":
            continue
        planned = PlannedScenario(service, operation, scenario)
        exact = PlannedScenario(service, operation, scenario, big_numbers=True)
        assert is_kept(planned.payload), id
        assert is_kept(planned.special_fields), id
        assert exact.payload.keys() == planned.payload.keys(), id


@pytest.mark.torture
@pytest.mark.parametrize(("service", "operation"), CREATES, ids=lambda each: each.id)
@pytest.mark.parametrize("scenario", [VALID, "any-mistake"])
def test_neither_do_samples_and_drawn_payloads(service: Any, operation: Any, scenario: str) -> None:
    planned = PlannedScenario(service, operation, SCENARIOS[scenario])
    exact = PlannedScenario(service, operation, SCENARIOS[scenario], big_numbers=True)
    samples, all_samples = (
        [sent for drawn in _samples(each) if (sent := _sent(each, drawn)) is not None] for each in (planned, exact)
    )
    assert [rule for _, rule in samples] == [rule for _, rule in all_samples]
    for payload, rule in samples:
        assert is_kept(payload)
        assert breaking(operation, rule)(payload), (rule, payload)

    @settings(max_examples=draws(10))
    @given(_payloads(planned))
    def drawn(found: Any) -> None:
        payload, rule = found
        assert is_kept(payload)
        if rule is not None:
            assert breaking(operation, rule)(payload)

    drawn()
