"""Differences: an answer of the fake has none, and one that is broken at one place has this one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.differences import Answers, Difference
from mockserver.contract.service import Operation
from mockserver.fake.lifecycle import Status
from mockserver.types import JSON, Path, pointer
from tests.conftest import CheckedFake
from tests.support.sources import asked

CATALOG = load()
ANSWERS = {id: Answers(CATALOG, service) for id, service in CATALOG.services.items()}


@dataclass(frozen=True)
class Sample:
    """One answer of the fake to an operation."""

    name: str
    operation: Operation
    status: int
    body: JSON

    def differences(self, body: JSON, *, status: int | None = None) -> tuple[Difference, ...]:
        text = json.dumps(body).encode()
        return ANSWERS[self.operation.service].differences(
            self.operation, status or self.status, "application/json", text
        )

    def broken(self, body: JSON) -> list[str]:
        return [found.pointer for found in self.differences(body)]


def samples() -> Iterator[Sample]:
    """Yield what every operation answers over the life of a task that ends well, and of one that does not."""
    for service in CATALOG.services.values():
        for maker in [operation for operation in service.operations.values() if operation.task]:
            fake = CheckedFake(services=(service.id,), readings=dict(maker.when))
            answer = fake.post(maker.path, asked(fake, maker))
            yield Sample(maker.id, maker, answer.status, answer.json)
            task = next(iter(fake.tasks))
            states: tuple[Status, ...] = ("submitted", "processing", "succeed", "failed")
            for state in states:
                fake.tasks.force(task, state)
                for operation in service.operations.values():
                    if operation.method == "GET" and _shows(operation, maker):
                        answer = fake.get(operation.path.replace("{id}", task.id).replace("{task_id}", task.id))
                        yield Sample(f"{operation.id}-{maker.name}-{state}", operation, answer.status, answer.json)
        refused = fake.get(maker.path, token=None)
        yield Sample(f"{maker.id}-{refused.status}", maker, refused.status, refused.json)


def _shows(operation: Operation, maker: Operation) -> bool:
    """Whether an operation is about tasks of another one, or about no task, and that is the first of its service."""
    creates = [each for each in CATALOG.services[maker.service].operations.values() if each.task]
    of_products = {each.product for each in creates}
    return operation.product == maker.product or (operation.product not in of_products and maker == creates[0])


@cache
def known() -> dict[str, Sample]:
    """Return all samples by their names; they are made for the first test that asks, and not to collect them."""
    return {sample.name: sample for sample in samples()}


def places(value: JSON, path: Path = ()) -> Iterator[Path]:
    """Yield every place in a document but its root."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in pairs:
        yield (*path, step)
        yield from places(inner, (*path, step))


def changed(document: JSON, path: Path, *value: JSON) -> JSON:
    """Return a copy with another value at a place, or without it."""
    found: Any = copy.deepcopy(document)
    inner = found
    for step in path[:-1]:
        inner = inner[step]
    if value:
        inner[path[-1]] = value[0]
    else:
        del inner[path[-1]]
    return found


def value(document: JSON, path: Path) -> JSON:
    for step in path:
        document = document[step]
    return document


def is_kept(sample: Sample, document: JSON) -> bool:
    service = CATALOG.services[sample.operation.service]
    file = service.refusal if sample.status >= 400 else sample.operation.answer
    return file is None or bool(CATALOG.validator(file).is_valid(document))


OPERATIONS = {id: each for service in CATALOG.services.values() for id, each in service.operations.items()}
ANSWERING = sorted(id for id, operation in OPERATIONS.items() if operation.method == "GET" or operation.task)


def test_the_samples_show_every_operation_that_answers_a_get_or_makes_a_task() -> None:
    assert {sample.operation.id for sample in known().values()} == {*ANSWERING}


with_answers = pytest.mark.parametrize("operation", ANSWERING)


def of(operation: str) -> list[Sample]:
    return [sample for sample in known().values() if sample.operation.id == operation]


@with_answers
def test_an_answer_of_the_fake_has_no_difference(operation: str) -> None:
    for sample in of(operation):
        assert sample.differences(sample.body) == (), sample.name


@with_answers
def test_a_value_of_a_type_that_it_never_has_is_the_one_difference(operation: str) -> None:
    for sample in of(operation):
        for path in places(sample.body):
            strange: JSON = 17.5 if isinstance(value(sample.body, path), dict) else {"strange": []}
            document = changed(sample.body, path, strange)
            expected = [] if is_kept(sample, document) else [pointer(path)]
            assert sample.broken(document) == expected, (sample.name, pointer(path))


@with_answers
def test_a_field_that_is_missing_is_the_one_difference(operation: str) -> None:
    for sample in of(operation):
        for path in places(sample.body):
            if isinstance(path[-1], str):
                document = changed(sample.body, path)
                expected = [] if is_kept(sample, document) else [pointer(path)]
                assert sample.broken(document) == expected, (sample.name, pointer(path))


def test_a_difference_says_where_it_is_what_the_contract_says_and_what_came() -> None:
    sample = known()["kling/omni-image.get-omni-image.create-succeed"]
    (found,) = sample.differences(changed(sample.body, ("data", "task_status"), "succeeded"))
    assert found == Difference(
        side="answer",
        pointer="/data/task_status",
        keyword="enum",
        documented="submitted, processing, succeed, failed",
        received='"succeeded"',
        where="kling/envelope.json#/$defs/status/enum",
    )


def test_of_a_choice_only_what_was_nearest_is_told() -> None:
    sample = known()["kling/omni-image.get-omni-image.create-succeed"]
    place: Path = ("data", "task_result", "images", 0, "url")
    (found,) = sample.differences(changed(sample.body, place, "0.png"))
    assert (found.pointer, found.keyword, found.received) == (pointer(place), "pattern", '"0.png"')


def test_two_places_are_two_differences() -> None:
    sample = known()["kling/omni-image.get-omni-image.create-succeed"]
    once = changed(sample.body, ("request_id",))
    twice = changed(once, ("data", "task_result", "images", 0, "index"), -1)
    assert sorted(sample.broken(twice)) == ["/data/task_result/images/0/index", "/request_id"]


@pytest.mark.parametrize("service", CATALOG.services)
def test_every_row_of_the_error_table_is_a_refusal_without_a_difference(service: str) -> None:
    operation = next(iter(CATALOG.services[service].operations.values()))
    for row in CATALOG.services[service].errors.values():
        body = {**row.body, "request_id": "r"} if service != "useapi" else dict(row.body)
        found = ANSWERS[service].differences(operation, row.status, "application/json", json.dumps(body).encode())
        assert found == (), row.id


def of_answer(status: int, body: bytes, media_type: str = "application/json") -> list[tuple[str, str]]:
    operation = CATALOG.operation("kling/omni-image.create")
    found = ANSWERS["kling"].differences(operation, status, media_type, body)
    return [(each.pointer, each.keyword) for each in found]


REFUSED = b'{"code":1201,"message":"no","request_id":"r"}'


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, REFUSED, []),
        (429, REFUSED, [("/code", "code")]),
        (418, REFUSED, [("", "status")]),
        (200, REFUSED, [("", "status")]),
        (400, b'{"code":1201,"message":"no"}', [("/request_id", "required")]),
        (302, b"", [("", "status")]),
        (200, b"<html>", [("", "json")]),
        (502, b"<html>", [("", "status"), ("", "json")]),
        (200, b"", [("", "json")]),
        (200, b'{"code":NaN}', [("", "json")]),
        (400, REFUSED[:-1] + b',"code":1201}', [("", "json")]),
        (400, b"[" * 100_000, [("", "json")]),
        (400, b'{"code":' + b"9" * 400 + b',"message":"no","request_id":"r"}', [("/code", "code")]),
    ],
)
def test_what_is_no_answer_of_the_service_is_told_once(
    status: int, body: bytes, expected: list[tuple[str, str]]
) -> None:
    assert of_answer(status, body) == expected


def test_a_created_task_that_says_201_differs_in_its_status_alone() -> None:
    sample = known()["kling/omni-image.create"]
    (found,) = sample.differences(sample.body, status=201)
    assert (found.pointer, found.keyword, found.received) == ("", "status", "201")


@pytest.mark.parametrize(
    ("media_type", "expected"), [("application/json; charset=utf-8", []), ("text/plain", 1), ("", 1)]
)
def test_json_is_to_be_called_json(media_type: str, expected: object) -> None:
    found = of_answer(400, REFUSED, media_type)
    assert found == ([("", "media-type")] if expected else [])


def test_a_body_that_nobody_knows_is_not_held_against_anything() -> None:
    operation = CATALOG.operation("kling/omni-image.create")
    assert ANSWERS["kling"].differences(operation, 200, "", None) == ()


def test_there_are_a_hundred_differences_at_most_and_each_is_short() -> None:
    records = [{"task_id": n, "task_status": "x" * 5000, "created_at": "", "updated_at": ""} for n in range(300)]
    body = json.dumps({"code": 0, "message": "", "request_id": "r", "data": records}).encode()
    found = ANSWERS["kling"].differences(CATALOG.operation("kling/omni-image.list"), 200, "application/json", body)
    assert len(found) == 100
    assert max(len(text) for each in found for text in (each.documented, each.received)) <= 200


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["code", "data", "task_status", "task_id"]), inner),
)


@given(document=DOCUMENTS, status=st.integers(100, 599), operation=st.sampled_from(sorted(OPERATIONS)))
def test_any_document_has_a_difference_unless_the_schema_takes_it(document: JSON, status: int, operation: str) -> None:
    sample = Sample("", CATALOG.operation(operation), status, document)
    if not 300 <= status < 400 and not is_kept(sample, document):
        assert sample.differences(document)
