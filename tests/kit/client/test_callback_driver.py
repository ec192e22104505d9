"""The callback driver: time passes once the task exists, a third party speaks first, and nothing is left running."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.kit.client.callback_driver import CallbackDriver, another_callback, example_of_success, forged_callback
from mockserver.kit.client.fake_process import FakeProcess, FakeUnavailable
from mockserver.kit.client.scenarios import ANOTHER_URL, FORGED_URL
from mockserver.kit.server.callbacks import Receiver, signature_fault
from mockserver.kit.server.spending.budget import RealTime
from mockserver.kit.task_view import TaskView
from mockserver.types import JSON


class Recorder(FakeProcess):
    """A fake that only notes what it is asked for."""

    def __init__(self, *tasks: str, is_gone: bool = False) -> None:
        self.known, self.is_gone = tasks, is_gone
        self.advanced = threading.Event()

    def tasks(self, account: str) -> list[dict[str, Any]]:
        if self.is_gone:
            raise FakeUnavailable("gone")
        return [{"id": task} for task in self.known]

    def advance(self, span: str) -> None:
        self.advanced.set()


SECRET = "whsec_bm9ib2R5cyBzZWNyZXQsIG1hZGUgdXAh"


def forge(task: str) -> JSON:
    return {"id": task, "url": FORGED_URL}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(RealTime()) as running:
        yield running


def test_time_passes_once_the_task_exists(receiver: Receiver) -> None:
    fake = Recorder("1")
    with CallbackDriver(fake, "me", receiver.url("job")):
        assert fake.advanced.wait(30)
    assert receiver.received() == ()


def test_a_third_party_speaks_before_time_passes(receiver: Receiver) -> None:
    fake = Recorder("1")
    with CallbackDriver(fake, "me", receiver.url("job"), forge):
        assert fake.advanced.wait(30)
    [callback] = receiver.received()
    assert json.loads(callback.body) == forge("1")
    assert not {name for name in callback.headers if name.startswith("webhook-")}


def test_a_third_party_that_reaches_nobody_stops_nothing() -> None:
    fake = Recorder("1")
    with CallbackDriver(fake, "me", "http://127.0.0.1:1/", forge):
        assert fake.advanced.wait(30)


def test_what_is_said_first_is_signed_if_there_is_a_secret(receiver: Receiver) -> None:
    fake = Recorder("1")
    with CallbackDriver(fake, "me", receiver.url("job"), forge, SECRET):
        assert fake.advanced.wait(30)
    [callback] = receiver.received()
    assert signature_fault(SECRET, callback) is None


@pytest.mark.parametrize("fake", [Recorder(), Recorder(is_gone=True)])
def test_nothing_is_left_running_when_the_client_has_ended(fake: Recorder) -> None:
    with CallbackDriver(fake, "me", "http://127.0.0.1:1/") as driver:
        pass
    assert not driver._thread.is_alive()
    assert not fake.advanced.is_set()


CREATES = [
    operation
    for service in load().services.values()
    for operation in service.operations.values()
    if operation.does == "create" and operation.has(service.layout.callback_field)
]


def example_of(operation: Operation) -> JSON:
    """Return the callback about another task that the contract has as an example; it has one for each operation."""
    assert operation.callback is not None
    examples = load().documents[operation.callback]["examples"]
    found = example_of_success(examples, load().services[operation.service].layout)
    load().validator(operation.callback).validate(found)
    return found


@pytest.mark.parametrize("operation", CREATES, ids=lambda operation: operation.id)
def test_a_forged_callback_looks_like_one_of_the_service(operation: Operation) -> None:
    layout, example = load().services[operation.service].layout, example_of(operation)
    forged = forged_callback(example, layout, "848021964837912615")
    load().validator(str(operation.callback)).validate(json.loads(json.dumps(forged)))
    view = TaskView.told(forged, layout)
    urls = {FORGED_URL} if TaskView.told(example, layout).urls else set()
    assert (view.id, view.state, {*view.urls}) == ("848021964837912615", "succeed", urls)
    assert view.created_at != TaskView.told(example, layout).created_at or view.created_at is None


@pytest.mark.parametrize("operation", CREATES, ids=lambda operation: operation.id)
def test_a_callback_about_another_task_is_one_of_the_service_and_not_about_this_task(operation: Operation) -> None:
    layout, example = load().services[operation.service].layout, example_of(operation)
    another = another_callback(example, layout, "848021964837912699")
    load().validator(str(operation.callback)).validate(json.loads(json.dumps(another)))
    view, before = TaskView.told(another, layout), TaskView.told(example, layout)
    assert view.id == before.id != "848021964837912699"
    assert (view.state, {*view.urls}) == ("succeed", {ANOTHER_URL} if before.urls else set())
