"""Watched tasks and the boundary: every payload is valid under every reading, and says what must come of it."""

import pytest

from mockserver.contract import places
from mockserver.contract.catalog import load
from mockserver.contract.keywords import OF_PICTURES
from mockserver.contract.service import Operation
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.payloads.boundary import boundary_payloads
from mockserver.kit.server.settings import Target
from mockserver.kit.server.watched_tasks import base_payload, borrows, small_picture, watched_tasks
from mockserver.types import JSON, is_url
from tests.support.sampling import sampled

CATALOG = load()
CREATES = [
    create for service in CATALOG.services.values() for create in Expectations(CATALOG, service).create_operations()
]


def expecting(operation: Operation) -> Expectations:
    return Expectations(CATALOG, CATALOG.service(operation.service))


@pytest.mark.parametrize("create", sampled(CREATES, 1, name=lambda create: create.id))
def test_a_watched_task_is_valid_under_every_reading_and_needs_no_more_from_outside_than_the_simplest(
    create: Operation,
) -> None:
    simplest, found = base_payload(expecting(create), create), list(watched_tasks(expecting(create), create))
    assert found
    for task in found:
        assert expecting(create).is_accepted(create, dict(task.payload))
        assert borrows(create, task.payload) <= borrows(create, simplest)
    assert expecting(create).is_accepted(create, simplest)


@pytest.mark.parametrize("create", sampled(CREATES, 1, name=lambda create: create.id))
def test_the_simplest_payload_has_no_url_where_a_picture_may_be(create: Operation) -> None:
    simplest = base_payload(expecting(create), create)
    for field in {rule.field for rule in create.rules if rule.keyword in OF_PICTURES}:
        for path, value in places.located(field, simplest):
            own = places.put(path, simplest, small_picture())
            assert not (is_url(value) and expecting(create).is_accepted(create, own)), path


def test_the_two_omni_operations_need_nothing_from_outside() -> None:
    omni = [create for create in CREATES if "omni" in create.id]
    assert len(omni) > 10
    assert [create.id for create in omni if borrows(create, base_payload(expecting(create), create))] == []


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


@pytest.mark.parametrize("create", sampled(CREATES, 1, name=lambda create: create.id))
def test_boundary_payloads_are_valid_and_show_many_cases_at_once(create: Operation) -> None:
    found = boundary_payloads(target(create), create, {})
    assert all(expecting(create).is_accepted(create, each.payload) for each in found)
    cases = [case for each in found for case in each.cases]
    assert len(cases) > len(found)
    assert all(expecting(create).is_accepted(create, case.payload) for case in cases)
    assert [each.borrows for each in found] == sorted(each.borrows for each in found)
    kept = {case.rule.id for case in cases if case.rule is not None}
    assert len(kept) >= min(10, len(create.rules) / 3)


def test_no_boundary_payload_is_too_large() -> None:
    create = CATALOG.operation("kling/omni-image.create")
    small = boundary_payloads(target(create, largest_bytes=200), create, {})
    assert small
    assert all(len(str(each.payload)) < 300 for each in small)


@pytest.mark.parametrize("create", sampled(CREATES, 1, name=lambda create: create.id))
def test_every_value_that_shows_in_a_result_is_asked_for_without_anything_from_outside(create: Operation) -> None:
    task, expectations = create.task, expecting(create)
    if borrows(create, base_payload(expectations, create)):
        pytest.skip("no payload of it is without a file, or another task, from outside")
    own = [found.payload for found in boundary_payloads(target(create), create, {}) if not found.borrows]
    fields = [task.get(role) for role in ("ratio", "size", "duration")]
    fields += [task.get("sound", {}).get("field"), *map(task.get("series", {}).get, ("field", "count"))]
    for field in filter(None, fields):
        for value in (create.part(field) or {}).get("enum", ()):
            placed = (places.with_value(field, payload, value) for payload in own)
            if any(expectations.is_accepted(create, payload) for payload in placed):
                assert any(places.first(field, payload) == value for payload in own), (field, value)


@pytest.mark.parametrize(
    ("operation", "field", "ends"),
    [
        ("kling/omni-image.create", "n", {1, 9}),
        ("kling/omni-image.create", "series_amount", {2, 9}),
        ("kling/omni-image.create", "resolution", {"1k", "4k"}),
        ("kling/omni-image.create", "aspect_ratio", {"9:16", "21:9"}),
        ("kling/omni-video.create", "duration", {"3", "15"}),
        ("kling/omni-video.create", "mode", {"std", "4k"}),
        ("chainhub/omni-video.create", "mode", {"std", "pro"}),
        ("yutoai/omni-image.create", "n", {1, 9}),
        ("useapi/omni-image.create", "imageCount", {9}),
    ],
)
def test_both_ends_of_what_can_be_counted_come_first(operation: str, field: str, ends: set[JSON]) -> None:
    create = CATALOG.operation(operation)
    first = boundary_payloads(target(create), create, {})[:9]
    assert ends <= {found.payload.get(field) for found in first}
