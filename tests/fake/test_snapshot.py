"""A snapshot: the state of a fake as JSON, put back later."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockserver.contract.vectors import picture
from mockserver.errors import MockserverError
from mockserver.fake.core import Fake
from mockserver.fake.media.render import render
from mockserver.settings import Settings
from mockserver.types import Request
from tests.conftest import IMAGE, NOON, CheckedFake


def test_a_snapshot_in_another_fake_is_the_same_fake(fake: CheckedFake) -> None:
    fake.clock.freeze()
    ids = [fake.made(prompt=f"Cat {n}", external_task_id=f"cat-{n}") for n in range(3)]
    fake.clock.advance(600)
    fake.faults.add("1303 x1 on kling", account="me")
    state = json.loads(json.dumps(fake.snapshot()))
    other = CheckedFake(seed=2)
    other.restore(state)
    assert other.clock.now() == NOON + 600
    assert other.clock.is_frozen
    assert other.get(IMAGE).data == fake.get(IMAGE).data
    assert other.get(IMAGE, "cat-1").data["task_id"] == ids[1]
    assert other.create(external_task_id="cat-2").message == "External_task_id cat-2 already exists"
    assert [str(fault) for _, fault, _ in other.faults] == [str(fault) for _, fault, _ in fake.faults]


def test_callbacks_that_are_still_to_come_come_after_a_restore(fake: CheckedFake) -> None:
    fake.clock.freeze()
    fake.made(callback_url="http://127.0.0.1:1/hook")
    fake.delivered()
    state = fake.snapshot()
    other = CheckedFake(seed=2)
    other.restore(state)
    other.clock.advance("1m")
    assert [delivery.status for delivery in other.delivered()] == ["processing", "succeed"]


def test_uploads_go_along_with_their_contents() -> None:
    fake, other = Fake(Settings(seed=1)), Fake(Settings(seed=2))
    image = b64decode(picture(300, 300))
    headers = {"host": "localhost", "authorization": "Bearer me", "content-type": "image/png"}
    answer = fake.respond(Request("POST", "/v1/kling/assets", "", headers, image))
    path = urlsplit(json.loads(answer.body)["url"]).path
    other.restore(json.loads(json.dumps(fake.snapshot())))
    found = other.result(path)
    assert not isinstance(found, int)
    assert render(found.artifact) == image


def _task(fake: CheckedFake) -> dict[str, Any]:
    fake.made()
    return fake.snapshot()


@pytest.mark.parametrize(
    "change",
    [
        lambda state: [],
        lambda state: {},
        lambda state: {**state, "version": 99},
        lambda state: {**state, "now": "noon"},
        lambda state: {**state, "tasks": [{"id": "1"}]},
        lambda state: {**state, "tasks": [{**state["tasks"][0], "color": "red"}]},
        lambda state: {**state, "tasks": [{**state["tasks"][0], "operation": "kling/nothing"}]},
        lambda state: {**state, "tasks": [{**state["tasks"][0], "timeline": [[0, "done"]]}]},
        lambda state: {**state, "tasks": [{**state["tasks"][0], "document": "not JSON"}]},
        lambda state: {**state, "tasks": [{**state["tasks"][0], "created_at": "noon"}]},
        lambda state: {**state, "faults": [{"fault": "nonsense", "account": None}]},
    ],
)
def test_a_state_that_is_none_is_refused_and_changes_nothing(fake: CheckedFake, change: Any) -> None:
    state = _task(fake)
    before = fake.get(IMAGE).data
    with pytest.raises(MockserverError):
        fake.restore(change(state))
    assert fake.get(IMAGE).data == before
