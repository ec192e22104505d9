"""Watched tasks and the boundary: every payload is valid under every reading, and says what must come of it."""

from decimal import Decimal

import pytest

from mockserver.contract.catalog import Operation, load
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.payloads.boundary import boundary_payloads
from mockserver.kit.server.settings import Target
from mockserver.kit.server.watched_tasks import base_payload, borrows, units, watched_tasks
from mockserver.types import JSON

CATALOG = load()
CREATES = [
    create for service in CATALOG.services.values() for create in Expectations(CATALOG, service).create_operations()
]


def expecting(operation: Operation) -> Expectations:
    return Expectations(CATALOG, CATALOG.service(operation.service))


@pytest.mark.parametrize("create", CREATES, ids=lambda create: create.id)
def test_a_watched_task_is_valid_under_every_reading_and_needs_nothing_from_outside(create: Operation) -> None:
    found = list(watched_tasks(expecting(create), create))
    assert found
    for task in found:
        assert expecting(create).is_accepted(create, dict(task.payload))
        assert not borrows(create, task.payload)
    assert expecting(create).is_accepted(create, base_payload(expecting(create), create))


def test_more_than_one_a_ratio_a_watermark_and_a_series_are_asked_for() -> None:
    found = list(watched_tasks(expecting(CREATES[0]), CATALOG.operation("kling/omni-image.create")))
    assert {task.count for task in found} == {1, 2}
    assert any(task.ratio == "9:16" for task in found)
    assert any(task.watermark for task in found)
    assert any(task.payload.get("result_type") == "series" for task in found)


def test_films_are_asked_for_short_small_silent_and_with_sound() -> None:
    found = list(
        watched_tasks(Expectations(CATALOG, CATALOG.service("kling")), CATALOG.operation("kling/omni-video.create"))
    )
    assert [(task.seconds, task.side, task.sound) for task in found] == [(3, 720, False), (3, 720, True)]


@pytest.mark.parametrize(
    ("operation", "payload", "price"),
    [
        ("kling/omni-image.create", {"n": 3, "resolution": "4k"}, "48"),
        ("kling/omni-image.create", {"result_type": "series"}, "32"),
        ("kling/omni-image.create", {"result_type": "series", "series_amount": "auto"}, "8"),
        ("kling/omni-video.create", {"mode": "4k", "duration": "10"}, "30"),
        ("kling/omni-video.create", {}, "4.0"),
        ("useapi/omni-image.create", {}, "0"),
    ],
)
def test_a_task_costs_what_the_contract_says(operation: str, payload: dict[str, JSON], price: str) -> None:
    if payload.get("result_type") == "series":
        payload = {"series_amount": 4, **payload}
    assert units(CATALOG.operation(operation), payload) == Decimal(price)


@pytest.mark.parametrize(
    ("payload", "is_borrowing"),
    [
        ({"prompt": "x"}, False),
        ({"image_list": [{"image": "iVBORw0KGgo"}]}, False),
        ({"image_list": [{"image": "https://example.com/cat.png"}]}, True),
        ({"element_list": [{"element_id": 1}]}, True),
        ({"element_list": []}, False),
    ],
)
def test_a_payload_that_names_something_outside_borrows(payload: dict[str, JSON], is_borrowing: bool) -> None:
    assert borrows(CATALOG.operation("kling/omni-image.create"), payload) is is_borrowing


def test_elements_are_called_otherwise_elsewhere() -> None:
    operation = CATALOG.operation("useapi/omni-image.create")
    assert [borrows(operation, payload) for payload in ({"element_10": "1"}, {"image_1": "http://a/b"})] == [True, True]
    assert not borrows(operation, {"element_list": [{"element_id": 1}]})


def target(create: Operation, **changed: int) -> Target:
    return Target("http://a", expecting(create), (create,), **changed)  # type: ignore[arg-type] # seed and largest_bytes


@pytest.mark.parametrize("create", CREATES, ids=lambda create: create.id)
def test_boundary_payloads_are_valid_and_show_many_cases_at_once(create: Operation) -> None:
    found = boundary_payloads(target(create), create, {})
    assert all(expecting(create).is_accepted(create, each.payload) for each in found)
    cases = [case for each in found for case in each.cases]
    assert len(cases) > len(found)
    assert all(expecting(create).is_accepted(create, case.payload) for case in cases)
    assert [each.borrows for each in found] == sorted(each.borrows for each in found)
    kept = {case.rule.id for case in cases if case.rule is not None}
    assert len(kept) >= 10


def test_no_boundary_payload_is_too_large() -> None:
    create = CATALOG.operation("kling/omni-image.create")
    small = boundary_payloads(target(create, largest_bytes=200), create, {})
    assert small
    assert all(len(str(each.payload)) < 300 for each in small)
