"""The control API: each verb over HTTP, and a scripted day."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import av
import httpx
import pytest
from standardwebhooks import Webhook

from mockserver.adapters.testing.live import Live, live
from mockserver.contract.catalog import load
from mockserver.contract.description.control import description
from mockserver.contract.vectors import picture
from mockserver.errors import BadSetting
from mockserver.fake.callbacks import log
from mockserver.fake.callbacks.delivery import signed
from mockserver.fake.faults.line import KINDS
from tests.conftest import PATIENCE
from tests.fake.test_snapshot import HOSTILE
from tests.support.receiver import Receiver, receiver

IMAGE, VIDEO = "/v1/images/omni-image", "/v1/videos/omni-video"
SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live(pace="real", seed=1, webhook_secret=SECRET) as running:
        yield running


@pytest.fixture
def client(server: Live) -> Iterator[httpx.Client]:
    server.fake.reset()
    server.fake.clock.freeze()
    # There is no TLS here: to read all certificates for each test would take longer than the test.
    with httpx.Client(
        base_url=server.url, headers={"authorization": "Bearer me"}, timeout=PATIENCE, verify=False
    ) as found:
        yield found


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def steer(client: httpx.Client, method: str, path: str, body: Any = None, **params: Any) -> Any:
    answer = client.request(method, f"/_mock{path}", json=body, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def made(client: httpx.Client, path: str = IMAGE, **fields: Any) -> str:
    usual = {"prompt": "A cat"} if path == IMAGE else {"prompt": "A cat", "aspect_ratio": "16:9"}
    return str(client.post(path, json={**usual, **fields}).json()["data"]["task_id"])


def test_a_scripted_day_takes_less_than_a_second(client: httpx.Client, hook: Receiver) -> None:
    client.get("/_mock/health")
    began = time.monotonic()
    id = made(client, VIDEO, mode="std", callback_url=hook.url, duration="5")
    steer(client, "POST", "/clock/advance", {"advance": "90s"})
    record = client.get(f"{VIDEO}/{id}").json()["data"]
    film = client.get(record["task_result"]["videos"][0]["url"]).content
    elapsed = time.monotonic() - began
    assert hook.words == ["submitted", "processing", "succeed"]
    assert record["updated_at"] - record["created_at"] == 90_000
    with av.open(BytesIO(film), "r") as opened:
        assert len(list(opened.decode(video=0))) == 121
    print(f"a day of 90 s in {elapsed:.2f} s")  # noqa: T201 - shown with -s; a loaded machine must not fail it


def test_every_operation_of_the_description_is_there(client: httpx.Client) -> None:
    for path, methods in description()["paths"].items():
        for method in methods:
            if path == "/events":
                continue
            url = path.format(service="kling", id="1", number="1", name="flaky", operation="omni-image.create")
            answer = client.request(method, f"/_mock{url}", json={})
            assert answer.status_code in (200, 400, 404), (method, path)
            assert answer.headers["content-type"] == "application/json"
            assert answer.status_code == 200 or answer.json()["error"]


def test_health_is_well_and_tells_what_failed(client: httpx.Client, server: Live) -> None:
    well = steer(client, "GET", "/health")
    assert (well["status"], well["failures"]) == ("ok", 0)
    assert well["workers"]["callbacks"] == {"running": 1, "failures": 0, "restarts": 0, "last_failure": None}


def test_a_mistake_of_ours_at_the_control_api_is_told_as_json_and_health_knows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with live() as running, httpx.Client(base_url=running.url, timeout=PATIENCE) as client:

        def broken(*_: object, **__: object) -> None:
            raise LookupError("of a kind nobody foresaw")

        monkeypatch.setattr(running.fake, "reset", broken)
        answer = client.post("/_mock/reset", json={})
        assert answer.status_code == 500
        assert answer.json() == {"error": "this is a mistake of mockserver: LookupError: of a kind nobody foresaw"}
        assert "LookupError: of a kind nobody foresaw" in capsys.readouterr().err
        assert client.get("/_mock/health").json()["status"] == "failing"


def test_the_clock_is_frozen_set_advanced_and_resumed(client: httpx.Client) -> None:
    steer(client, "POST", "/clock/set", {"now": 1_800_000_000_000})
    advanced = steer(client, "POST", "/clock/advance", {"advance": "1.5m"})
    assert advanced == {"now": 1_800_000_090_000, "is_frozen": True, "unfinished_callbacks": 0}
    assert steer(client, "GET", "/clock")["now"] == 1_800_000_090_000
    assert not steer(client, "POST", "/clock/resume")["is_frozen"]
    assert steer(client, "POST", "/clock/freeze")["is_frozen"]


def test_tasks_are_listed_filtered_forced_and_deleted(client: httpx.Client) -> None:
    ids = [made(client, prompt=f"Cat {n}", external_task_id=f"cat-{n}") for n in range(3)]
    made(client, VIDEO)
    assert [task["id"] for task in steer(client, "GET", "/tasks", operation="kling/omni-image.create")["items"]] == ids[
        ::-1
    ]
    page = steer(client, "GET", "/tasks", limit=1, offset=1)
    assert (page["items"][0]["id"], page["next"]) == (ids[2], 2)
    assert [task["id"] for task in steer(client, "GET", "/tasks", search="CAT-1")["items"]] == [ids[1]]
    forced = steer(client, "POST", f"/tasks/kling/{ids[0]}/force", {"status": "failed", "reason": "moderation"})
    assert forced["reason"] == "Failure to pass the risk control system"
    assert [task["id"] for task in steer(client, "GET", "/tasks", status="failed")["items"]] == [ids[0]]
    steer(client, "DELETE", f"/tasks/kling/{ids[0]}")
    assert client.get(f"/_mock/tasks/kling/{ids[0]}").status_code == 404


def test_a_callback_that_the_log_has_forgotten_is_listed_with_its_task_and_sent_again(
    client: httpx.Client, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "DELIVERIES", replace(log.DELIVERIES, most=1))
    id = made(client, callback_url=hook.url)
    steer(client, "POST", "/clock/advance", {"advance": "1h"})
    listed = steer(client, "GET", f"/tasks/kling/{id}")["callbacks"]
    assert [callback["is_forgotten"] for callback in listed] == [True, True, False]
    assert [callback["status"] for callback in listed] == hook.words == ["submitted", "processing", "succeed"]
    for callback in listed:
        steer(client, "POST", f"/callbacks/{callback['id']}/send")
    again = hook.received[3:]
    assert [sent.body for sent in again] == [sent.body for sent in hook.received[:3]]
    assert [sent.headers["webhook-id"] for sent in again] == [callback["id"] for callback in listed]
    steer(client, "DELETE", f"/tasks/kling/{id}")
    assert client.post(f"/_mock/callbacks/{listed[0]['id']}/send").status_code == 404


def test_requests_are_filtered_by_what_they_broke(client: httpx.Client) -> None:
    made(client)
    client.post(IMAGE, json={"prompt": "x" * 3000})
    (entry,) = steer(client, "GET", "/requests", rule="prompt.maxLength")["items"]
    assert entry["status"] == 400
    whole = steer(client, "GET", f"/requests/{entry['number']}")
    assert whole["violations"][0]["source"].startswith("kling")
    assert "Bearer $MOCKSERVER_TOKEN" in whole["curl"]
    assert whole["request"]["headers"]["authorization"] != "Bearer me"
    assert len(steer(client, "GET", "/requests", status=200, operation="kling/omni-image.create")["items"]) == 1
    assert entry["took"] > 0


def test_requests_are_filtered_by_a_class_of_statuses_and_by_what_decided(client: httpx.Client) -> None:
    def statuses(**filters: str) -> list[int]:
        return [entry["status"] for entry in steer(client, "GET", "/requests", **filters)["items"]]

    made(client)
    client.post(IMAGE, json={"prompt": 1})
    steer(client, "POST", "/faults", {"fault": "5000 x1"})
    client.post(IMAGE, json={"prompt": "A cat"})
    assert statuses(status="4xx") == statuses(reason="rule") == [400]
    assert statuses(status="5xx") == statuses(reason="fault") == [500]
    assert statuses(status="2xx") == [200]
    assert statuses(reason="*") == [500, 400]
    assert statuses(reason="limit") == statuses(status="3xx") == []
    answer = client.get("/_mock/requests", params={"status": "4x"})
    assert (answer.status_code, answer.json()["error"]) == (400, "'4x' is not a number. Write digits.")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"prompt": "A cat"}', "whole"),
        (b'{"prompt": "A cat", "api_key": "0f3c9a7e51d24b88a6"}', "masked"),
        (b'{"prompt": "' + b"x" * (1 << 17) + b'"}', "cut"),
    ],
)
def test_an_exchange_says_how_its_body_is_kept_and_comes_with_programs(
    client: httpx.Client, body: bytes, kept: str
) -> None:
    client.post(IMAGE, content=body, headers={"content-type": "application/json"})
    number = steer(client, "GET", "/requests")["items"][0]["number"]
    whole = steer(client, "GET", f"/requests/{number}")
    assert whole["kept"] == kept
    assert {name for name, text in whole["copies"].items() if text} >= {"curl", "python", "javascript"}
    assert (whole["copies"]["testee"] is None) == (kept == "cut")


def test_verify_says_no_with_the_nearest_misses(client: httpx.Client) -> None:
    made(client, prompt="A cat")
    verify = {"operation": "kling/omni-image", "where": {"prompt": "A *"}, "times": 2}
    verdict = steer(client, "POST", "/requests/verify", verify)
    assert (verdict["is_met"], len(verdict["found"])) == (False, 1)
    made(client, prompt="A dog")
    assert steer(client, "POST", "/requests/verify", verify)["is_met"]
    miss = steer(client, "POST", "/requests/verify", {"where": {"prompt": "A cow"}})["nearest"][0]
    assert miss["reasons"] == ['/prompt is "A dog", not "A cow"']


@pytest.mark.usefixtures("in_memory")  # elsewhere an account goes by its digest
def test_faults_are_added_listed_and_removed(client: httpx.Client) -> None:
    number = steer(client, "POST", "/faults", {"fault": "1303 x1", "account": "me"})["number"]
    assert client.post(IMAGE, json={"prompt": "A cat"}).json()["code"] == 1303
    listed = steer(client, "GET", "/faults")
    assert listed["faults"] == [
        {
            "number": number,
            "fault": "1303 x1",
            "stage": "request",
            "services": [id for id, service in load().services.items() if "1303" in service.errors],
            "account": "me…",
            "path": None,
            "where": {},
            "origin": "control",
            "happened": 1,
        }
    ]
    assert {kind["name"] for kind in listed["kinds"]} > KINDS.keys()
    steer(client, "DELETE", f"/faults/{number}")
    assert steer(client, "GET", "/faults")["faults"] == []


def test_settings_change_at_once_and_only_what_is_named(client: httpx.Client) -> None:
    before = steer(client, "GET", "/settings")
    changed = steer(client, "PATCH", "/settings", {"readings": {"missing-task": "404-1203"}, "pace": "instant"})
    assert client.get(f"{IMAGE}/nothing").status_code == 404
    assert changed["readings"]["kling"]["missing-task"] == "404-1203"
    back = {"readings": {"missing-task": "400-1201"}, "pace": before["pace"]}
    assert steer(client, "PATCH", "/settings", back)["readings"] == before["readings"]


@pytest.mark.parametrize(
    ("path", "body", "hint"),
    [
        ("/clock/advance", {"advance": "soon"}, "/advance"),
        ("/clock/advance", {}, "advance"),
        ("/clock/set", {"now": "noon"}, "/now"),
        ("/faults", {"fault": "trunkated"}, "truncated"),
        ("/faults", {"fault": "hang", "color": "red"}, "color"),
        ("/requests/verify", {"operation": "kling/nothing"}, "no operation"),
        ("/limits", {"account": "a", "rate": "fast"}, "10/s"),
    ],
)
def test_a_mistake_is_one_line_that_says_where(client: httpx.Client, path: str, body: Any, hint: str) -> None:
    answer = client.post(f"/_mock{path}", json=body)
    assert answer.status_code == 400
    assert hint in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"null", b"1e999", b"[" * 100_000])
def test_bad_bytes_are_refused_by_every_verb(client: httpx.Client, body: bytes) -> None:
    for path in ("/clock/set", "/faults", "/requests/verify", "/limits"):
        assert client.post(f"/_mock{path}", content=body).status_code == 400


def test_a_snapshot_goes_to_a_file_and_back(client: httpx.Client) -> None:
    id = made(client)
    state = steer(client, "GET", "/snapshot")
    steer(client, "POST", "/reset")
    assert client.get(f"{IMAGE}/{id}").json()["code"] == 1201
    steer(client, "PUT", "/snapshot", state)
    assert client.get(f"{IMAGE}/{id}").json()["data"]["task_id"] == id


@pytest.mark.parametrize("time", ["then", "now", None])
def test_an_answer_says_from_when_time_goes_on(client: httpx.Client, server: Live, time: str | None) -> None:
    state = steer(client, "GET", "/snapshot")
    steer(client, "POST", "/clock/advance", {"advance": "1h"})
    later = state["now"] + 3_600_000
    params = {} if time is None else {"time": time}
    found = steer(client, "PUT", "/snapshot", state, **params)
    now = later if time == "now" else state["now"]
    assert found == {"status": "ok", "time": time or "then", "now": now, "is_frozen": True, "unfinished_callbacks": 0}
    found = steer(client, "PUT", "/snapshot", {**state, "is_frozen": False}, **params)
    assert (found["is_frozen"], server.fake.clock.is_frozen) == (False, False)


def test_a_time_to_go_on_from_that_is_none_is_refused(client: httpx.Client) -> None:
    answer = client.put("/_mock/snapshot?time=later", json=steer(client, "GET", "/snapshot"))
    said = "time: 'later' is not a time to go on from. Write then or now."
    assert (answer.status_code, answer.json()) == (400, {"error": said})


@pytest.mark.parametrize("case", [case for case in HOSTILE if case not in ("bytes", "infinite", "half a letter")])
def test_a_snapshot_that_is_none_is_refused_as_in_python(client: httpx.Client, server: Live, case: str) -> None:
    made(client, external_task_id="mine", callback_url="http://127.0.0.1:1/hook")
    image = b64decode(picture(300, 300))
    assert client.post("/v1/kling/assets", content=image, headers={"content-type": "image/png"}).status_code == 200
    steer(client, "POST", "/limits", {"account": "me", "rate": "100/s"})
    steer(client, "POST", "/faults", {"fault": "1303 x1 on kling", "account": "other", "path": "/x"})
    client.get(IMAGE)
    before = steer(client, "GET", "/snapshot")
    state = HOSTILE[case][0](before)
    with pytest.raises(BadSetting) as error:
        server.fake.restore(state)
    answer = client.put("/_mock/snapshot", content=json.dumps(state))
    assert (answer.status_code, answer.json()) == (400, {"error": str(error.value)})
    assert steer(client, "GET", "/snapshot") == before


def test_events_tell_of_a_change_and_hold_no_secret(client: httpx.Client) -> None:
    with client.stream("GET", "/_mock/events") as stream:
        lines = stream.iter_lines()
        first = next(line for line in lines if line)
        made(client)
        second = next(line for line in lines if line)
    assert '"total": 0' in first
    assert first != second
    assert "whsec" not in first + second


def callback_lost(client: httpx.Client, hook: Receiver) -> None:
    steer(client, "POST", "/faults", {"fault": "callback-lost #2"})
    made(client, callback_url=hook.url)
    steer(client, "POST", "/clock/advance", {"advance": "1m"})
    assert hook.words == ["submitted", "succeed"]


def callback_doubled(client: httpx.Client, hook: Receiver) -> None:
    steer(client, "POST", "/faults", {"fault": "callback-doubled x1"})
    made(client, callback_url=hook.url)
    steer(client, "POST", "/clock/advance", {"advance": "1m"})
    assert hook.words == ["submitted", "submitted", "processing", "succeed"]
    first, second = hook.received[:2]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def callback_delayed(client: httpx.Client, hook: Receiver) -> None:
    steer(client, "POST", "/faults", {"fault": "callback-delayed 5m #1"})
    made(client, callback_url=hook.url)
    steer(client, "POST", "/clock/advance", {"advance": "1m"})
    assert hook.words == ["processing", "succeed"]
    steer(client, "POST", "/clock/advance", {"advance": "4m"})
    assert hook.words == ["processing", "succeed", "submitted"]


def callback_hold(client: httpx.Client, hook: Receiver) -> None:
    steer(client, "POST", "/faults", {"fault": "callback-hold #2"})
    made(client, callback_url=hook.url)
    steer(client, "POST", "/clock/advance", {"advance": "1m"})
    assert hook.words == ["submitted", "succeed"]
    (held,) = steer(client, "GET", "/held")["held"]
    steer(client, "POST", f"/held/{held['number']}/release")
    assert hook.words == ["submitted", "succeed", "processing"]


def callback_out_of_order(client: httpx.Client, hook: Receiver) -> None:
    steer(client, "POST", "/faults", {"fault": "callback-out-of-order #2"})
    made(client, callback_url=hook.url)
    steer(client, "POST", "/clock/advance", {"advance": "1m"})
    assert hook.words == ["submitted", "succeed", "processing"]


def callback_forged(client: httpx.Client, hook: Receiver) -> None:
    steer(client, "POST", "/faults", {"fault": "callback-forged #2"})
    made(client, callback_url=hook.url)
    steer(client, "POST", "/clock/advance", {"advance": "1m"})

    def is_genuine(headers: dict[str, str], body: bytes) -> bool:
        at = int(headers["webhook-timestamp"]) * 1000
        return headers["webhook-signature"] == signed(SECRET, headers["webhook-id"], at, body)["webhook-signature"]

    assert [is_genuine(callback.headers, callback.body) for callback in hook.received] == [True, False, True]


CASES = {
    "callback-lost": callback_lost,
    "callback-doubled": callback_doubled,
    "callback-delayed": callback_delayed,
    "callback-hold": callback_hold,
    "callback-out-of-order": callback_out_of_order,
    "callback-forged": callback_forged,
}


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.stage == "callback"])
def test_a_fault_of_callbacks_is_seen_by_the_receiver(client: httpx.Client, hook: Receiver, name: str) -> None:
    CASES[name](client, hook)


def test_a_genuine_callback_passes_the_standards_own_check(client: httpx.Client, hook: Receiver) -> None:
    steer(client, "POST", "/clock/set", {"now": int(time.time() * 1000)})
    made(client, callback_url=hook.url)
    steer(client, "POST", "/clock/advance", {"advance": "1ms"})
    Webhook(SECRET).verify(hook.received[0].body, hook.received[0].headers)


def test_a_callback_is_sent_again_on_demand(client: httpx.Client, hook: Receiver) -> None:
    hook.statuses = [500, 200]
    made(client, callback_url=hook.url)
    steer(client, "POST", "/clock/advance", {"advance": "1ms"})
    (callback,) = steer(client, "GET", "/callbacks")["items"]
    assert [attempt["status"] for attempt in callback["attempts"]] == [500]
    again = steer(client, "POST", f"/callbacks/{callback['id']}/send")
    assert [attempt["status"] for attempt in again["attempts"]] == [500, 200]


@pytest.mark.usefixtures("in_memory")  # no store keeps keys
def test_keys_given_by_settings_may_name_one_account(client: httpx.Client) -> None:
    steer(client, "PATCH", "/settings", {"keys": ["one=me", "two=me", "three"]})
    try:
        one, two, three = ({"authorization": f"Bearer {key}"} for key in ("one", "two", "three"))
        id = client.post(IMAGE, json={"prompt": "A cat"}, headers=one).json()["data"]["task_id"]
        assert client.get(f"{IMAGE}/{id}", headers=two).json()["data"]["task_id"] == id
        assert client.get(f"{IMAGE}/{id}", headers=three).json()["code"] == 1201
    finally:
        steer(client, "PATCH", "/settings", {"keys": []})
