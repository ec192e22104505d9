"""A price is that of the contract, which the fake bills, too; and whatever is sent has one."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract import places
from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.fake.media import plan
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.spending.prices import units
from mockserver.types import JSON

CATALOG = load()
CREATES = [
    create for service in CATALOG.services.values() for create in Expectations(CATALOG, service).create_operations()
]
ROLES = ("model", "size", "count", "duration", "sound", "ratio", "images")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("9" * 5000) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize(
    ("operation", "payload", "price"),
    [
        ("kling/omni-image.create", {"n": 3, "resolution": "4k"}, "48"),
        ("kling/omni-image.create", {"result_type": "series"}, "32"),
        ("kling/omni-image.create", {"result_type": "series", "series_amount": "auto"}, "32"),
        ("kling/omni-video.create", {"mode": "4k", "duration": "10"}, "30"),
        ("kling/omni-video.create", {}, "4.0"),
        ("useapi/omni-image.create", {}, "0"),
        ("kling/generations.create", {"model_name": "kling-v1"}, "1"),
        ("kling/generations.create", {"model_name": "kling-v1-5", "image": "http://a/b.png"}, "8"),
        ("kling/lip-sync.create", {}, "0.5"),
        ("kling/text2video.create", {"model_name": "kling-v3", "sound": "on", "mode": "pro", "duration": "10"}, "12"),
        ("kling-2/omni-video-3.0.create", {"settings": {"audio": "native"}}, "4"),
        ("kling-2/omni-video-3.0.create", {"contents": [{"type": "base_video", "url": "http://a/b.mp4"}]}, "4.5"),
    ],
)
def test_a_task_costs_what_the_contract_says(operation: str, payload: dict[str, JSON], price: str) -> None:
    assert units(CATALOG.operation(operation), payload) == Decimal(price)


@pytest.mark.parametrize("operation", CREATES, ids=lambda operation: operation.id)
def test_a_task_costs_what_the_fake_bills(operation: Operation) -> None:
    source = ValidPayloads.of(operation, {}, is_strict=True)
    payloads = [*operation.schema["examples"], *(source.simplest(branch) for branch in source.branches)]
    decisive = {place for task in _tasks_of(operation) for case in task.get("units_when", ()) for place in case["when"]}
    for base, place in product(list(payloads), decisive):
        values = (operation.part(place) or {}).get("enum", ("x",))
        payloads += [places.with_value(place, base, value) for value in values]
    for payload in payloads:
        assert units(operation, payload) == Decimal(plan.units(operation, payload)), payload


def _tasks_of(operation: Operation) -> Iterator[Mapping[str, Any]]:
    """Yield what an operation says of its tasks, and what it says of those of each model."""
    yield operation.task
    yield from operation.task.get("by_model", {}).values()


def _wrongly(operation: Operation) -> st.SearchStrategy[JSON]:
    """Draw a payload with anything where the price is told, or one that is no object."""
    told = [operation.task[role] for role in ROLES if isinstance(operation.task.get(role), str)]
    series = operation.task.get("series", {})
    fields = [*told, *(series[name] for name in ("field", "count") if name in series)]
    example: Any = operation.schema["examples"][0]
    changed = st.dictionaries(st.sampled_from(fields), ANYTHING) if fields else st.just({})
    return ANYTHING | changed.map(lambda wrong: _with(example, wrong))


def _with(example: Mapping[str, JSON], wrong: Mapping[str, JSON]) -> JSON:
    payload: dict[str, JSON] = dict(example)
    for place, value in wrong.items():
        payload = places.with_value(place, payload, value)
    return payload


@given(data=st.data())
def test_whatever_is_sent_has_a_price_that_is_a_number_and_never_less_than_nothing(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(CREATES))
    price = units(operation, data.draw(_wrongly(operation)))
    assert price.is_finite()
    assert price >= 0


def test_what_is_no_number_counts_as_unsaid_and_a_number_out_of_range_as_itself() -> None:
    operation = CATALOG.operation("kling/omni-image.create")
    counts: list[JSON] = [1, "x", [], 10]
    assert [units(operation, {"prompt": "A cat", "n": n}) for n in counts] == [Decimal(8)] * 3 + [Decimal(80)]
