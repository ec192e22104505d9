"""The model: what a server that keeps its word can answer, and what it cannot."""

import json

import pytest

from mockserver.contract.catalog import load
from mockserver.kit.server.evidence import Trial
from mockserver.kit.server.expectations import Terms
from mockserver.kit.server.model import Model
from mockserver.kit.transcript import Exchange
from mockserver.types import JSON, Request, Response

CATALOG = load()


def step(case: str, does: str, data: JSON, status: int = 200, **about: JSON) -> Trial:
    operation = CATALOG.operation(f"kling/omni-image.{does}")
    body = {"code": 0, "message": "SUCCEED", "request_id": "r", "data": data}
    answer = Response(status, json.dumps(body).encode(), {"content-type": "application/json"})
    exchange = Exchange(1, 0, 1, operation.id, Request(operation.method, operation.path), answer)
    return Trial(exchange, "step", case, operation, {"external_task_id": "mine"}, about=about)


def task(id: str = "1", status: str = "submitted") -> dict[str, JSON]:
    return {"task_id": id, "task_status": status, "created_at": 1, "updated_at": 1}


def look(status: str, id: str = "1") -> Trial:
    return step("look", "get", task(id, status), id="1")


@pytest.fixture
def model() -> Model:
    found = Model(Terms(CATALOG, CATALOG.service("kling")))
    assert found.step(step("create", "create", task())) is None
    return found


def test_a_task_goes_forward(model: Model) -> None:
    assert [model.step(look(status)) for status in ("submitted", "processing", "processing", "succeed", "succeed")] == [
        None
    ] * 5


@pytest.mark.parametrize(
    ("first", "then"), [("processing", "submitted"), ("succeed", "processing"), ("succeed", "failed")]
)
def test_it_never_goes_back(model: Model, first: str, then: str) -> None:
    assert model.step(look(first)) is None
    assert model.step(look(then)) == f"{then} after {first}"


def test_it_is_the_one_that_was_asked_for(model: Model) -> None:
    assert model.step(look("submitted", "2")) == "the task 2 instead of 1"


def test_no_id_is_given_twice(model: Model) -> None:
    assert model.step(step("create", "create", task())) == "the id 1, which a task has already"


def test_what_is_there_is_not_refused(model: Model) -> None:
    assert model.step(step("look", "get", None, 400, id="1")) == "refused with 400"
    assert model.step(step("look", "get", None, 429, id="1")) is None


def test_what_is_not_there_and_what_is_taken_is_refused(model: Model) -> None:
    assert model.step(step("no such task", "get", task("9"))) == "accepted"
    assert model.step(step("a name again", "create", task("9"))) == "accepted"
    assert model.step(step("no such task", "get", None, 400)) is None


def test_a_list_has_every_task_once(model: Model) -> None:
    assert model.step(step("list", "list", [task("2"), task()], size=500)) is None
    assert model.step(step("list", "list", [task("2")], size=500)) == "a list without 1"
    assert model.step(step("list", "list", [task("2")], size=1)) is None
    assert model.step(step("list", "list", [task(), task()], size=500)) == "a task twice"
    assert model.step(step("list", "list", [task(status="succeed")], size=500)) is None
    assert model.step(step("list", "list", [task()], size=500)) == "submitted after succeed"
