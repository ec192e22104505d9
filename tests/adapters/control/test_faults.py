"""Profiles and what is held, over the control API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from mockserver.adapters.http.asgi import application
from mockserver.fake.core import Fake
from mockserver.fake.faults.profiles import known
from mockserver.secrecy.mask import masked
from mockserver.settings import Settings
from mockserver.types import JSON, Request
from tests.conftest import IMAGE, PATIENCE

NOBODY = "http://127.0.0.1:1/"
"""Where nobody takes a callback."""


@pytest.fixture
def fake() -> Fake:
    return Fake(Settings(seed=1, pace="instant", profiles={"night": ("1303 for a-token-that-is-secret",)}))


@pytest.fixture
def client(fake: Fake) -> Iterator[TestClient]:
    with TestClient(application(fake), base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as found:
        yield found


def create(fake: Fake, token: str, **fields: JSON) -> None:
    headers = {"host": "localhost", "authorization": f"Bearer {token}", "content-type": "application/json"}
    fake.respond(Request("POST", IMAGE, "", headers, json.dumps({"prompt": "A cat", **fields}).encode()))


def shown(client: TestClient) -> dict[str, Any]:
    return {each["name"]: each for each in client.get("/_mock/profiles").json()["profiles"]}


def test_profiles_are_listed_and_switched_for_all_or_for_one(client: TestClient, fake: Fake) -> None:
    assert [*shown(client)] == [*known({}), "night"]
    assert not any(each["is_on"] for each in shown(client).values())
    started = client.put("/_mock/profiles/slow", json={"account": "a-token-of-somebody"}).json()
    lines, account = known({})["slow"].lines, masked(fake.world.known_as("a-token-of-somebody"))
    assert started == {
        "name": "slow",
        "imitates": known({})["slow"].imitates,
        "faults": [*lines],
        "is_own": False,
        "is_on": True,
        "accounts": [account],
        "numbers": [1, 2, 3, 4],
    }
    client.put("/_mock/profiles/slow")
    assert shown(client)["slow"]["accounts"] == [account, None]
    faults = client.get("/_mock/faults").json()["faults"]
    assert {each["origin"] for each in faults} == {"profile slow"}
    assert client.delete("/_mock/profiles/slow", params={"account": "a-token-of-somebody"}).json() == {"status": "ok"}
    assert shown(client)["slow"]["numbers"] == [5, 6, 7, 8]
    client.delete("/_mock/profiles/slow")
    assert (shown(client)["slow"]["is_on"], list(fake.faults)) == (False, [])


def test_a_profile_of_ones_own_shows_no_secret(client: TestClient) -> None:
    client.put("/_mock/profiles/night")
    found = shown(client)["night"]
    assert (found["is_own"], found["is_on"], found["imitates"]) == (True, True, "")
    assert "secret" not in client.get("/_mock/profiles").text


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_unknown_profile_is_refused_with_what_is_near(client: TestClient, method: str) -> None:
    answer = client.request(method, "/_mock/profiles/ofline")
    assert (answer.status_code, answer.json()) == (404, {"error": "no profile 'ofline'; did you mean 'offline'?"})


def test_what_is_held_is_listed_and_released_by_its_number_by_account_or_as_a_whole(
    client: TestClient, fake: Fake
) -> None:
    fake.clock.freeze()
    fake.faults.add("hold")
    fake.faults.add("callback-hold x1")
    create(fake, "a-token-of-mine", callback_url=NOBODY)
    create(fake, "a-token-of-yours")
    fake.held.wait(3, timeout=PATIENCE)
    tasks = [task.id for task in fake.tasks][::-1]
    mine, yours = (masked(fake.world.known_as(f"a-token-of-{who}")) for who in ("mine", "yours"))
    held = sorted(client.get("/_mock/held").json()["held"], key=lambda each: (each["kind"], each["number"]))
    assert [(each["kind"], each["task"], each["account"]) for each in held] == [
        ("answer", tasks[0], mine),
        ("answer", tasks[1], yours),
        ("callback", tasks[0], mine),
    ]
    callback = held[2]["number"]
    assert held[0] == {
        "number": next(iter(fake.held)).number,  # a turn that was done again has taken one
        "kind": "answer",
        "service": "kling",
        "operation": "kling/omni-image.create",
        "task": tasks[0],
        "since": fake.clock.now(),
        "account": mine,
    }
    assert client.get("/_mock/state").json()["held"]["total"] == 3
    assert client.post(f"/_mock/held/{callback}/release").json() == {"status": "ok", "released": 1}
    gone = client.post(f"/_mock/held/{callback}/release")
    assert (gone.status_code, f"nothing is held under the number {callback}" in gone.json()["error"]) == (404, True)
    assert client.post("/_mock/held/x/release").status_code == 400
    released = client.post("/_mock/held/release", json={"account": "a-token-of-yours"})
    assert released.json() == {"status": "ok", "released": 1}
    assert client.post("/_mock/held/release").json() == {"status": "ok", "released": 1}
    assert client.get("/_mock/held").json() == {"held": []}


def test_a_callback_says_that_it_is_held(client: TestClient, fake: Fake) -> None:
    fake.faults.add("callback-hold x1")
    create(fake, "me", callback_url=NOBODY)
    fake.held.wait(timeout=PATIENCE)
    (found,) = [each for each in client.get("/_mock/callbacks").json()["items"] if each["is_held"]]
    assert (found["status"], found["attempts"]) == ("submitted", [])
    client.post("/_mock/held/release")
    assert not any(each["is_held"] for each in client.get("/_mock/callbacks").json()["items"])
