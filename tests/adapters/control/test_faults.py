"""Profiles, over the control API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from mockserver.adapters.http.asgi import application
from mockserver.fake.core import Fake
from mockserver.fake.faults.profiles import known
from mockserver.secrecy.mask import masked
from mockserver.settings import Settings


@pytest.fixture
def fake() -> Fake:
    return Fake(Settings(seed=1, pace="instant", profiles={"night": ("1303 for a-token-that-is-secret",)}))


@pytest.fixture
def client(fake: Fake) -> Iterator[TestClient]:
    with TestClient(application(fake), base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as found:
        yield found


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
