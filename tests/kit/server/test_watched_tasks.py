"""Orders: what is watched to its end is valid under every reading, and says what must come of it."""

from decimal import Decimal

import pytest

from mockserver.contract.catalog import Operation, load
from mockserver.kit.server.boundary import bundles
from mockserver.kit.server.expectations import Terms
from mockserver.kit.server.watched_tasks import base_payload, borrows, orders, units
from mockserver.types import JSON

CATALOG = load()
MAKERS = [maker for service in CATALOG.services.values() for maker in Terms(CATALOG, service).makers()]


def terms(operation: Operation) -> Terms:
    return Terms(CATALOG, CATALOG.service(operation.service))


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.id)
def test_an_order_is_valid_whatever_is_open_and_needs_nothing_from_outside(maker: Operation) -> None:
    found = list(orders(terms(maker), maker))
    assert found
    for order in found:
        assert terms(maker).is_accepted(maker, dict(order.payload))
        assert not borrows(order.payload)
    assert terms(maker).is_accepted(maker, base_payload(terms(maker), maker))


def test_more_than_one_a_ratio_a_watermark_and_a_series_are_ordered() -> None:
    found = list(orders(terms(MAKERS[0]), CATALOG.operation("kling/omni-image.create")))
    assert {order.count for order in found} == {1, 2}
    assert any(order.ratio == "9:16" for order in found)
    assert any(order.watermark for order in found)
    assert any(order.payload.get("result_type") == "series" for order in found)


def test_films_are_ordered_short_small_silent_and_with_sound() -> None:
    found = list(orders(Terms(CATALOG, CATALOG.service("kling")), CATALOG.operation("kling/omni-video.create")))
    assert [(order.seconds, order.side, order.sound) for order in found] == [(3, 720, False), (3, 720, True)]


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
        ({"image_1": "http://a/b"}, True),
    ],
)
def test_a_payload_that_speaks_of_something_outside_is_told(payload: JSON, is_borrowing: bool) -> None:
    assert borrows(payload) is is_borrowing


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.id)
def test_bundles_are_valid_and_stand_on_many_edges_at_once(maker: Operation) -> None:
    found = bundles(terms(maker), maker, {}, 0, 1 << 20)
    assert all(terms(maker).is_accepted(maker, bundle.payload) for bundle in found)
    edges = [edge for bundle in found for edge in bundle.edges]
    assert len(edges) > len(found)
    assert all(terms(maker).is_accepted(maker, edge.payload) for edge in edges)
    assert [bundle.borrows for bundle in found] == sorted(bundle.borrows for bundle in found)
    kept = {edge.rule.id for edge in edges if edge.rule is not None}
    assert len(kept) >= 10


def test_no_bundle_is_too_large() -> None:
    maker = CATALOG.operation("kling/omni-image.create")
    small = bundles(terms(maker), maker, {}, 0, 200)
    assert small
    assert all(len(str(bundle.payload)) < 300 for bundle in small)
