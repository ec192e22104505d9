"""The model: what a correct server can answer, and what it cannot."""

import json

import pytest

from mockserver.contract.catalog import load
from mockserver.kit.server.evidence import Attempt, Purpose, Step
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.model import Model
from mockserver.kit.transcript import Exchange
from mockserver.types import JSON, Request, Response

CATALOG = load()
CREATE = Step("create")


def followed(model: Model, step: Step, does: str, data: JSON, status: int = 200) -> str | None:
    """Return what the model says of the answer to a step."""
    operation = CATALOG.operation(f"kling/omni-image.{does}")
    body = {"code": 0, "message": "SUCCEED", "request_id": "r", "data": data}
    answer = Response(status, json.dumps(body).encode(), {"content-type": "application/json"})
    exchange = Exchange(1, 0, 1, operation.id, Request(operation.method, operation.path), answer)
    attempt = Attempt(exchange, Purpose.STEP, "", operation, {"external_task_id": "mine"}, step)
    return model.follow(attempt, step)


def task(id: str = "1", status: str = "submitted") -> dict[str, JSON]:
    return {"task_id": id, "task_status": status, "created_at": 1, "updated_at": 1}


def look(model: Model, status: str, id: str = "1") -> str | None:
    return followed(model, Step("look", "1"), "get", task(id, status))


def listed(model: Model, *tasks: JSON, size: int = 500) -> str | None:
    return followed(model, Step("list", size=size), "list", [*tasks])


@pytest.fixture
def model() -> Model:
    found = Model(Expectations(CATALOG, CATALOG.service("kling")))
    assert followed(found, CREATE, "create", task()) is None
    return found


def test_a_task_goes_forward(model: Model) -> None:
    states = ("submitted", "processing", "processing", "succeed", "succeed")
    assert [look(model, status) for status in states] == [None] * 5


@pytest.mark.parametrize(
    ("first", "then"), [("processing", "submitted"), ("succeed", "processing"), ("succeed", "failed")]
)
def test_it_never_goes_back(model: Model, first: str, then: str) -> None:
    assert look(model, first) is None
    assert look(model, then) == f"{then} after {first}"


def test_it_is_the_one_that_was_asked_for(model: Model) -> None:
    assert look(model, "submitted", "2") == "the task 2 instead of 1"


def test_no_id_is_given_twice(model: Model) -> None:
    assert followed(model, CREATE, "create", task()) == "the id 1, which another task already has"


def test_what_is_there_is_not_refused(model: Model) -> None:
    assert followed(model, Step("look", "1"), "get", None, 400) == "refused with 400"
    assert followed(model, Step("look", "1"), "get", None, 429) is None


def test_what_is_not_there_and_what_is_taken_is_refused(model: Model) -> None:
    assert followed(model, Step("look for nothing"), "get", task("9")) == "accepted"
    assert followed(model, Step("name again"), "create", task("9")) == "accepted"
    assert followed(model, Step("look for nothing"), "get", None, 400) is None


def test_a_list_has_every_task_once(model: Model) -> None:
    assert listed(model, task("2"), task()) is None
    assert listed(model, task("2")) == "a list without 1"
    assert listed(model, task("2"), size=1) is None
    assert listed(model, task(), task()) == "a task twice"
    assert listed(model, task(status="succeed")) is None
    assert listed(model, task()) == "submitted after succeed"
