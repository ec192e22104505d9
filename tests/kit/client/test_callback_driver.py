"""The conductor: time passes once the task is there, a stranger speaks first, and nothing is left running."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.kit.client.callback_driver import Conductor, forged
from mockserver.kit.client.fake_process import NoStage, Stage
from mockserver.kit.client.scenarios import FORGED
from mockserver.kit.server.budget import RealTime
from mockserver.kit.server.callbacks import Receiver


class Pit(Stage):
    """A stage that only notes what it is asked for."""

    def __init__(self, *tasks: str, is_gone: bool = False) -> None:
        self.known, self.is_gone = tasks, is_gone
        self.advanced = threading.Event()

    def tasks(self, account: str) -> list[dict[str, Any]]:
        if self.is_gone:
            raise NoStage("gone")
        return [{"id": task} for task in self.known]

    def advance(self, span: str) -> None:
        self.advanced.set()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(RealTime()) as running:
        yield running


def test_time_passes_once_the_task_is_there(receiver: Receiver) -> None:
    pit = Pit("1")
    with Conductor(pit, "me", receiver.url("job"), "image"):
        assert pit.advanced.wait(30)
    assert receiver.received() == ()


def test_a_stranger_speaks_before_time_passes(receiver: Receiver) -> None:
    pit = Pit("1")
    with Conductor(pit, "me", receiver.url("job"), "image", is_strange=True):
        assert pit.advanced.wait(30)
    [callback] = receiver.received()
    assert FORGED in callback.body.decode()
    assert not {name for name in callback.headers if name.startswith("webhook-")}


def test_a_stranger_at_a_closed_door_stops_nothing() -> None:
    pit = Pit("1")
    with Conductor(pit, "me", "http://127.0.0.1:1/", "image", is_strange=True):
        assert pit.advanced.wait(30)


@pytest.mark.parametrize("pit", [Pit(), Pit(is_gone=True)])
def test_nothing_is_left_running_when_the_client_has_ended(pit: Pit) -> None:
    with Conductor(pit, "me", "http://127.0.0.1:1/", "image") as conductor:
        pass
    assert not conductor._thread.is_alive()
    assert not pit.advanced.is_set()


@pytest.mark.parametrize("product", ["image", "video"])
def test_what_a_stranger_says_looks_like_a_callback(product: str) -> None:
    operation = load().operation(f"kling/omni-{product}.create")
    assert operation.callback is not None
    load().validator(operation.callback).validate(json.loads(json.dumps(forged("123456789012345678", product))))
