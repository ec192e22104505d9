"""The seal of a snapshot: no secret is in it, and each token finds again what is its own."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

from mockserver.contract.vectors import picture
from mockserver.types import JSON
from tests.conftest import IMAGE, CheckedFake

LONG = "key-0f3c9a7e51d24b88a6f1"
HOOK = "https://user:0f3c9a7e51d2@127.0.0.1:1/hook?token=4b88a6f10f3c9a7e"


def restored(state: JSON, **settings: Any) -> CheckedFake:
    other = CheckedFake(seed=2, **settings)
    other.restore(json.loads(json.dumps(state)))
    return other


def test_a_snapshot_holds_no_secret(fake: CheckedFake) -> None:
    fake.made(token=LONG, callback_url=HOOK, external_task_id="mine")
    fake.create(token=LONG, api_key=LONG, more={"password": "0f3c9a7e51d2"}, prompt=f"A cat {LONG}")
    fake.faults.add("1303 x1", account=LONG)
    fake.send("POST", "/v1/kling/assets", b64decode(picture(300, 300)), token=LONG, content_type="image/png")
    text = json.dumps(fake.snapshot(), ensure_ascii=False)
    assert len(fake.snapshot()["uploads"]) == 1
    assert [secret for secret in (LONG, "0f3c9a7e51d2", "4b88a6f10f3c9a7e") if secret in text] == []
    assert "https://us…:0f…@127.0.0.1:1/hook?token=4b…" in text


def test_a_token_finds_again_what_is_its_own_and_no_other_does(fake: CheckedFake) -> None:
    ids = {token: fake.made(token=token, external_task_id="mine") for token in (LONG, "me")}
    fake.faults.add("1303 x1", account=LONG)
    other = restored(fake.snapshot())
    for token, id in ids.items():
        assert other.get(IMAGE, "mine", token="another").status == 400
        if token == LONG:
            assert other.get(IMAGE, id, token=token).code == 1303  # the fault came along
        assert other.get(IMAGE, "mine", token=token).data["task_id"] == id
        assert [task["task_id"] for task in other.get(IMAGE, token=token).data] == [id]
        assert other.create(token=token, external_task_id="mine").status == 400
        assert other.requests.verify(account=token, status=200).is_met
    again = restored(other.snapshot())
    again.faults.clear()
    assert [task["task_id"] for task in again.get(IMAGE, token=LONG).data] == [ids[LONG]]
    other.limit(LONG, slots=0)
    assert other.create(token=LONG).code == 1303
    assert other.create(token="me").status == 200
    other.reset(LONG)
    assert (other.get(IMAGE, token=LONG).data, len(other.get(IMAGE, token="me").data)) == ([], 2)
    other.reset()
    assert other.get(IMAGE, token="me").data == []
    other.faults.add("5000 x1", account=LONG)
    other.faults.clear(LONG)
    assert other.get(IMAGE, token=LONG).status == 200


def test_whoever_reads_a_snapshot_opens_no_account(fake: CheckedFake) -> None:
    fake.made(token=LONG)
    state = fake.snapshot()
    account = state["tasks"][0]["account"]
    other = restored(state)
    assert account.startswith("sha256:")
    assert other.get(IMAGE, token=account).data == []
    assert fake.get(IMAGE, token=account).data == []


def test_a_snapshot_of_an_earlier_version_has_its_tokens_still(fake: CheckedFake) -> None:
    id = fake.made(token=LONG)
    state = fake.snapshot()
    other = restored({**state, "tasks": [{**state["tasks"][0], "account": LONG}]})
    assert [task["task_id"] for task in other.get(IMAGE, token=LONG).data] == [id]
    assert other.snapshot() == {**state, "now": other.clock.now(), "ids": other.snapshot()["ids"]}


def test_a_user_of_useapi_keeps_his_number() -> None:
    fake = CheckedFake(services=("useapi",), pace="instant")
    id = str(fake.post("/v1/kling/images/omni", {"prompt": "A cat"}).json["task"]["id"])
    other = restored(fake.snapshot(), services=("useapi",))
    numbers = {each.get("/v1/kling/tasks", id).json["task"]["userId"] for each in (fake, other)}
    assert len(numbers) == 1


def test_the_state_of_a_restored_fake_is_still_reset_for_all() -> None:
    fake = CheckedFake()
    fake.made(token=LONG)
    other = restored(fake.snapshot())
    other.reset()
    other.made(token=LONG)
    assert [task.account for task in other.tasks] == [CheckedFake().world.known_as(LONG)]
