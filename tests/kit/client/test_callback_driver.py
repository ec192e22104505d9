"""The callback driver: time passes once the task exists, a third party speaks first, and nothing is left running."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.kit.client.callback_driver import CallbackDriver, another_callback, forged_callback
from mockserver.kit.client.fake_process import FakeProcess, FakeUnavailable
from mockserver.kit.client.scenarios import ANOTHER_URL, FORGED_URL
from mockserver.kit.server.budget import RealTime
from mockserver.kit.server.callbacks import Receiver, signature_fault
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
    if operation.does == "create"
]


@pytest.mark.parametrize("operation", CREATES, ids=lambda operation: operation.id)
def test_a_forged_callback_looks_like_one_of_the_service(operation: Operation) -> None:
    assert operation.callback is not None
    layout = load().services[operation.service].layout
    (example,) = load().documents[operation.callback]["examples"]
    validator = load().validator(operation.callback)
    validator.validate(example)
    forged = forged_callback(example, layout, "848021964837912615")
    validator.validate(json.loads(json.dumps(forged)))
    view = TaskView(forged, layout)
    urls = {FORGED_URL} if TaskView(example, layout).urls else set()
    assert (view.id, view.state, {*view.urls}) == ("848021964837912615", "succeed", urls)


@pytest.mark.parametrize("operation", CREATES, ids=lambda operation: operation.id)
def test_a_callback_about_another_task_is_one_of_the_service_and_not_about_this_task(operation: Operation) -> None:
    assert operation.callback is not None
    layout = load().services[operation.service].layout
    (example,) = load().documents[operation.callback]["examples"]
    another = another_callback(example, layout, "848021964837912616")
    load().validator(operation.callback).validate(json.loads(json.dumps(another)))
    view = TaskView(another, layout)
    assert view.id == TaskView(example, layout).id != "848021964837912616"
    assert (view.state, {*view.urls}) == ("succeed", {ANOTHER_URL} if TaskView(example, layout).urls else set())
