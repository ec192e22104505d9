"""Every field that any service knows, with a value of every JSON type: what is accepted can be lived with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.adapters.control import views
from mockserver.contract.catalog import load
from mockserver.contract.readings import levels
from mockserver.contract.service import Operation, Service
from mockserver.types import JSON
from tests.conftest import CheckedFake
from tests.support.sampling import sampled
from tests.support.sources import source

SERVICES = load().services
CREATES = [operation for service in SERVICES.values() for operation in service.operations.values() if operation.task]
FIELDS = sorted({name for operation in CREATES for name in operation.schema["properties"]})
STRANGE = 10
"""So many fields are sent of those that the operation does not know, other ones to each."""
VALUES: list[JSON] = [None, True, 5, 2.0, 1.5, "x", [], ["x"], {}, {"a": 1}]
CALLBACKS = ("callback_url", "replyUrl")


def least(operation: Operation) -> dict[str, JSON]:
    """Return the least payload that an operation accepts, with a callback."""
    example = min(operation.schema["examples"], key=len)
    own = {name: "http://127.0.0.1:9/" for name in CALLBACKS if name in operation.schema["properties"]}
    return {**example, **own}


def fields(operation: Operation) -> list[str]:
    """Return the fields that an operation knows, and some of other operations."""
    own = list(operation.schema["properties"])
    strange, place = [name for name in FIELDS if name not in own], STRANGE * CREATES.index(operation)
    return [*own, *(strange[(place + number) % len(strange)] for number in range(STRANGE))]


def reads(service: Service, operation: Operation) -> Iterator[str]:
    """Yield the paths that show a task, or a list with it; ``{}`` stands for its id."""
    products = {each.product for each in service.operations.values() if each.task}
    for other in service.operations.values():
        is_of_all = other.does in ("get", "list") and other.product not in products
        if other.method == "GET" and (other.product in (operation.product, "scheduler") or is_of_all):
            query = f"?{other.finds}={{}}" if other.finds in other.schema.get("properties", ()) else ""
            yield "/".join("{}" if part.startswith("{") else part for part in other.path.split("/")) + query


def shown(fake: CheckedFake, paths: list[str], id: str) -> Iterator[int]:
    """Look at a task in every way there is, and yield the statuses."""
    for path in paths:
        way, _, query = path.format(id).partition("?")
        yield fake.send("GET", way, query=query).status
    for task in fake.tasks:
        if task.id == id:
            views.whole_task(fake, task)


@pytest.mark.parametrize("operation", sampled(CREATES, 2, lambda operation: operation.id))
def test_whatever_is_accepted_can_be_shown_ended_called_back_and_restored(
    operation: Operation, capsys: pytest.CaptureFixture[str]
) -> None:
    service = SERVICES[operation.service]
    fake, other = (CheckedFake(services=(service.id,), readings=dict(operation.when)) for _ in range(2))
    paths = list(reads(service, operation))
    assert paths
    own = {*CALLBACKS} & {*operation.schema["properties"]}
    accepted = 0
    for field in fields(operation):
        fake.reset()
        named = source(fake, operation)
        for value in VALUES:
            answer = fake.post(operation.path, {**least(operation), **named, field: value})
            case = f"{field}={value!r}"
            assert answer.status < 500, case
            for task in [*fake.tasks][:1] if answer.status < 300 else ():
                accepted += 1
                assert set(shown(fake, paths, task.id)) == {200}, case
                fake.tasks.force(task, "succeed")
                assert set(shown(fake, paths, task.id)) == {200}, case
                reported = [delivery.status for delivery in fake.delivered()]
                assert ("succeed" in reported) == (task.callback_url is not None), case
                assert task.callback_url or field in own or not own, case
        other.restore(fake.snapshot())
        for task in fake.tasks:
            assert set(shown(other, paths, task.id)) == {200}, field
    assert accepted > STRANGE
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("operation", CREATES, ids=lambda operation: operation.id)
def test_a_field_that_is_described_has_a_type_under_every_reading(operation: Operation) -> None:
    service = SERVICES[operation.service]
    typing = {rule.field for rule in operation.rules if rule.keyword in ("type", "enum") and rule.level == "error"}
    assert typing >= set(operation.schema["properties"])
    for question in service.questions.values():
        for reading in question.readings:
            changed = levels(service.questions, {**_usual(service), question.id: reading})
            for rule in operation.rules:
                if rule.keyword in ("type", "enum") and not rule.is_anchored:
                    assert changed.get(rule.id, "error") == "error", (rule.id, reading)


def test_a_field_that_another_service_knows_is_noted_and_has_no_effect() -> None:
    fake = CheckedFake(services=("yutoai",))
    create = SERVICES["yutoai"].operations["yutoai/omni-image.create"]
    for _ in range(2):
        answer = fake.post(create.path, {"prompt": "A cat", "external_task_id": "mine"})
        assert answer.status == 200
        assert "external_task_id" in answer.headers["mockserver-pointer"]
        assert "task_info" not in answer.data
    for task in fake.tasks:
        assert fake.world.sent(task)["external_task_id"] == "mine"
        assert "external_task_id" not in fake.world.payload(task)


def _usual(service: Service) -> dict[str, Any]:
    return {question.id: question.default for question in service.questions.values()}
