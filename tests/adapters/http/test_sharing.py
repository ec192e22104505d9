"""Two processes with one store: what is done through one holds for both. Each is asked on its own connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from tests.conftest import IMAGE, PATIENCE
from tests.support.process import started
from tests.support.receiver import receiver
from tests.support.redis_server import RedisServer


@dataclass(frozen=True)
class Side:
    """One of the two processes."""

    client: httpx.Client

    def steer(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.request(method, f"/_mock{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def process(self) -> int:
        return int(self.steer("GET", "/health")["process"])

    def create(self, token: str = "me", **fields: Any) -> Any:
        payload = {"prompt": "A cat", **fields}
        return self.client.post(IMAGE, json=payload, headers={"authorization": f"Bearer {token}"}).json()

    def made(self, token: str = "me", **fields: Any) -> str:
        answer = self.create(token, **fields)
        assert answer["code"] == 0, answer
        return str(answer["data"]["task_id"])

    def status(self, id: str, token: str = "me") -> str:
        answer = self.client.get(f"{IMAGE}/{id}", headers={"authorization": f"Bearer {token}"}).json()
        return str(answer["data"]["task_status"]) if answer["code"] == 0 else str(answer["code"])

    def state(self) -> Any:
        return self.steer("GET", "/state")


Pair = tuple[Side, Side]


@contextmanager
def servers(store: str) -> Iterator[Pair]:
    with ExitStack() as stack:
        options = ("--pace", "real", "--seed", "1", "--store", store)
        urls = [stack.enter_context(started(*options)).url for _ in range(2)]
        yield tuple(Side(stack.enter_context(_client(url))) for url in urls)  # type: ignore[misc] # of two


@contextmanager
def workers(store: str) -> Iterator[Pair]:
    options = ("--pace", "real", "--seed", "1", "--workers", "2", "--store", store)
    with started(*options) as server, _client(server.url) as one, _client(server.url) as two:
        yield Side(one), Side(two)


def _client(url: str) -> httpx.Client:
    """Return a client that keeps its one connection, so that one process answers it."""
    return httpx.Client(base_url=url, timeout=PATIENCE, limits=httpx.Limits(max_connections=1, keepalive_expiry=3600))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("two servers on a file", marks=pytest.mark.torture),
        "two workers on a file",
        "two servers on Redis",
    ],
)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder: Path = tmp_path_factory.mktemp("sharing")
    if request.param == "two servers on Redis":
        redis = RedisServer(folder)
        try:
            with servers(redis.url) as found:
                yield found
        finally:
            redis.stop()
    else:
        start = servers if request.param == "two servers on a file" else workers
        with start(f"sqlite:{folder / 'state.db'}") as found:
            yield found


@pytest.fixture
def pair(both: Pair) -> Pair:
    one, _ = both
    one.steer("POST", "/reset", {})
    one.steer("POST", "/clock/freeze")
    one.steer("PATCH", "/settings", {"pace": "real", "strict": False, "slots": None, "rate": None})
    return both


def test_there_are_two_processes(pair: Pair) -> None:
    assert pair[0].process != pair[1].process
    assert [side.process for side in pair] == [side.process for side in pair]


def test_a_task_of_one_is_known_to_the_other_and_no_id_comes_twice(pair: Pair) -> None:
    ids = [side.made() for side in pair * 20]
    assert len(set(ids)) == 40
    assert {side.status(id) for side in pair for id in ids} == {"submitted"}


def test_an_external_id_is_given_once(pair: Pair) -> None:
    answers = [side.create(external_task_id="order") for side in pair]
    assert [answer["code"] for answer in answers] == [0, 1201]


def test_all_stand_still_when_one_is_frozen_and_go_on_when_the_other_says_so(pair: Pair) -> None:
    one, other = pair
    one.steer("POST", "/clock/set", {"now": 1_800_000_000_000})
    assert other.create()["data"]["created_at"] == 1_800_000_000_000
    assert other.steer("POST", "/clock/advance", {"advance": "90s"})["now"] == 1_800_000_090_000
    assert one.create()["data"]["created_at"] == 1_800_000_090_000
    other.steer("POST", "/clock/resume")
    assert one.steer("GET", "/clock")["is_frozen"] is False
    one.steer("POST", "/clock/freeze")
    stands = [other.create()["data"]["created_at"] for _ in range(3)]
    assert len(set(stands)) == 1


def test_an_advance_of_one_returns_when_what_was_due_has_been_delivered_by_whoever_held_it(pair: Pair) -> None:
    with receiver() as hook:
        for side in pair * 50:
            side.made(callback_url=hook.url)
        answer = pair[1].steer("POST", "/clock/advance", {"advance": "1h"})
        assert answer["unfinished_callbacks"] == 0
        assert sorted(hook.words) == ["processing"] * 100 + ["submitted"] * 100 + ["succeed"] * 100
        assert pair[0].state()["callbacks"]["pending"] == 0
        assert [side.status(pair[0].steer("GET", "/tasks")["items"][0]["id"]) for side in pair] == ["succeed"] * 2


def test_a_fault_with_a_count_strikes_so_often_in_all(pair: Pair) -> None:
    pair[0].steer("POST", "/faults", {"fault": "1303 x2", "account": "me"})
    assert [side.create()["code"] for side in pair * 2] == [1303, 1303, 0, 0]
    assert [side.steer("GET", "/faults")["faults"][0]["happened"] for side in pair] == [2, 2]
    versions = [side.state()["faults"]["version"] for side in pair]
    assert pair[0].create("you")["code"] == 0
    pair[1].steer("DELETE", "/faults")
    assert pair[0].steer("GET", "/faults")["faults"] == []
    assert all(side.state()["faults"]["version"] != version for side, version in zip(pair, versions, strict=True))


def test_what_one_holds_is_released_through_the_other_or_forgotten_when_its_client_leaves(pair: Pair) -> None:
    one, two = pair
    two.steer("POST", "/faults", {"fault": "hold on *.create"})
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(one.made)
        (held,) = until_held(two, 1)
        two.steer("POST", f"/held/{held['number']}/release")
        assert asked.result(PATIENCE) == held["task"]
    with pytest.raises(httpx.ReadTimeout):
        one.client.post(
            IMAGE, json={"prompt": "A cat"}, headers={"authorization": "Bearer me"}, timeout=httpx.Timeout(5, read=0.2)
        )
    until_held(two, 0)


def until_held(side: Side, count: int) -> list[Any]:
    end = monotonic() + PATIENCE
    while len(held := side.steer("GET", "/held")["held"]) != count:
        assert monotonic() < end
        sleep(0.01)
    return list(held)


def test_a_profile_is_switched_by_one_for_all(pair: Pair) -> None:
    one, two = pair
    assert one.steer("PUT", "/profiles/offline", {"account": "me"})["is_on"]
    shown = {each["name"]: each for each in two.steer("GET", "/profiles")["profiles"]}
    assert [name for name, each in shown.items() if each["is_on"]] == ["offline"]
    assert len(shown["offline"]["numbers"]) == len(shown["offline"]["faults"])
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        two.create()
    assert two.create(token="you")["code"] == 0
    assert two.steer("DELETE", "/profiles/offline")["status"] == "ok"
    assert one.create()["code"] == 0


def test_the_fault_of_a_prompt_counts_for_all(pair: Pair) -> None:
    asked = {"prompt": "A cat [[mock: 1303 x2]]"}
    assert [side.create(**asked)["code"] for side in pair * 2] == [1303, 1303, 0, 0]


def test_settings_that_are_changed_on_one_are_heeded_by_the_next_request_to_the_other(pair: Pair) -> None:
    one, other = pair
    one.steer("PATCH", "/settings", {"pace": "instant"})
    assert other.status(other.made()) == "succeed"
    one.steer("PATCH", "/settings", {"strict": True})
    assert other.create(foo=1)["code"] == 1201
    other.steer("PATCH", "/settings", {"strict": False, "readings": {"kling/missing-task": "404-1203"}})
    assert one.client.get(f"{IMAGE}/nothing", headers={"authorization": "Bearer me"}).status_code == 404
    assert one.steer("GET", "/settings")["strict"] is False
    assert one.steer("GET", "/readings")["readings"][0]["question"]
    other.steer("PATCH", "/settings", {"readings": {"kling/missing-task": "400-1201"}})


def test_no_change_of_settings_undoes_another_that_is_made_at_the_same_time(pair: Pair) -> None:
    for number in range(1, 20):
        with ThreadPoolExecutor(2) as pool:
            changes = ({"pace": f"polls:{number}"}, {"slots": number})
            list(pool.map(lambda side, change: side.steer("PATCH", "/settings", change), pair, changes))
        for side in pair:
            found = side.steer("GET", "/settings")
            assert (found["pace"], found["slots"]) == (f"polls:{number}", number)


def test_slots_and_quotas_are_shared(pair: Pair) -> None:
    one, other = pair
    one.steer("PATCH", "/settings", {"slots": 2})
    assert [side.create()["code"] for side in (one, other, one, other)] == [0, 0, 1303, 1303]
    one.steer("PATCH", "/settings", {"slots": None, "rate": "3/h"})
    assert [side.create("you")["code"] for side in (one, other, one, other)] == [0, 0, 0, 1302]
    other.steer("POST", "/limits", {"account": "you", "rate": "1/h"})
    assert [side.create("you")["code"] for side in pair] == [0, 1302]


def test_a_reset_of_one_is_one_of_all(pair: Pair) -> None:
    mine, yours = pair[0].made(), pair[1].made("you")
    pair[1].steer("POST", "/reset", {"account": "me"})
    assert (pair[0].status(mine), pair[0].status(yours, "you")) == ("1201", "submitted")
    pair[0].steer("POST", "/reset", {})
    assert [side.state()["tasks"]["total"] for side in pair] == [0, 0]
    assert [side.state()["requests"]["total"] for side in pair] == [0, 0]


def test_a_snapshot_through_any_has_all_and_what_is_restored_through_one_is_seen_by_the_other(pair: Pair) -> None:
    one, other = pair
    ids = {one.made(), other.made()}
    one.steer("POST", "/faults", {"fault": "1303 x1", "account": "you"})
    state = other.steer("GET", "/snapshot")
    assert {task["id"] for task in state["tasks"]} == ids
    one.steer("POST", "/reset", {})
    one.steer("POST", "/clock/advance", {"advance": "1h"})
    later = one.made()
    one.steer("PUT", "/snapshot", state)
    assert {other.status(id) for id in ids} == {"submitted"}
    assert other.status(later) == "1201"
    assert other.steer("GET", "/clock")["now"] == state["now"]
    assert other.create("you")["code"] == 1303
    assert other.made() not in ids | {later}


def test_the_journal_of_both_shows_what_both_did(pair: Pair) -> None:
    before = [side.state() for side in pair]
    for side in pair:
        side.made(external_task_id=str(side.process))
    listed = [side.steer("GET", "/requests")["items"] for side in pair]
    assert listed[0] == listed[1]
    assert len({exchange["number"] for exchange in listed[0]}) == len(listed[0]) == 2
    verify = {"operation": "kling/omni-image.create", "times": 2, "account": "me"}
    assert [side.steer("POST", "/requests/verify", verify)["is_met"] for side in pair] == [True, True]
    after = [side.state() for side in pair]
    for part in ("tasks", "requests"):
        assert after[0][part] == after[1][part]
        assert before[0][part]["version"] != after[0][part]["version"]


def test_what_is_cleared_is_kept_for_all(pair: Pair) -> None:
    pair[0].steer("POST", "/requests/keep-cleared")
    pair[1].made("somebody-of-this-test")
    pair[1].steer("POST", "/reset", {})
    for side in pair:
        found = side.client.get("/_mock/requests", params={"cleared": "1", "account": "somebody-of-this-test"}).json()
        assert len(found["items"]) == 1


def test_the_events_of_one_tell_what_the_other_did(pair: Pair) -> None:
    one, other = pair
    with _client(str(one.client.base_url)) as listener, listener.stream("GET", "/_mock/events") as stream:
        events = (json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line)
        first = next(events)["tasks"]["total"]
        for side in pair:
            side.made()
        end = monotonic() + PATIENCE
        while next(events)["tasks"]["total"] < first + 2:
            assert monotonic() < end
    assert other.state()["tasks"]["total"] == first + 2


def test_keys_are_refused_and_nothing_has_changed(pair: Pair) -> None:
    answer = pair[0].client.patch("/_mock/settings", json={"keys": ["abc"], "strict": True})
    assert answer.status_code == 400
    assert answer.json()["error"] == "--key: keys are secrets, and no store keeps them. Start each worker with --key."
    assert [side.steer("GET", "/settings")["strict"] for side in pair] == [False, False]
    assert [side.create(foo=1)["code"] for side in pair] == [0, 0]


@pytest.mark.torture
def test_the_same_seed_gives_no_id_twice_in_one_store(tmp_path: Path) -> None:
    ids: list[str] = []
    for _ in range(2):
        with servers(f"sqlite:{tmp_path / 'state.db'}") as found:
            ids += [side.made() for side in found * 5]
            ids += [str(side.create()["request_id"]) for side in found * 5]
    assert len(set(ids)) == len(ids)
