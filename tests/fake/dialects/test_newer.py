"""The newer standard: one query and one list for what both generations of paths have made (family 1)."""

import json
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.places import with_value
from mockserver.contract.service import Operation
from mockserver.contract.vectors import picture
from mockserver.types import JSON
from tests.conftest import IMAGE, NOON, VIDEO, CheckedFake

OMNI = "/omni-video/kling-3.0-omni"
MAKERS = [each for each in load().service("kling-2").operations.values() if each.does == "create"]
OLDER = [each for each in load().service("kling").operations.values() if each.task and each.does == "create"]
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJhayIsImV4cCI6MTc5MDAwMTgwMH0.c2lnbmF0dXJl"


def film(fake: CheckedFake, text: str = "A cat", **more: JSON) -> str:
    """Make a film on the newer path, and return its id."""
    answer = fake.post(OMNI, {"contents": [{"type": "prompt", "text": text}], **more})
    assert answer.status == 200, answer.json
    return str(answer.data["id"])


def fail(fake: CheckedFake, id: str, reason: str | None = None) -> None:
    task = fake.tasks.get("kling-2", id)
    assert task is not None
    fake.tasks.force(task, "failed", reason)


def named(name: str) -> dict[str, JSON]:
    return {"options": {"external_task_id": name}}


def asked(fake: CheckedFake, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = fake.get("/tasks", query=query).data
    return found


def listed(fake: CheckedFake, **body: JSON) -> list[str]:
    return [each["id"] for each in fake.post("/tasks", body).data.get("result", ())]


@pytest.mark.parametrize("operation", [*MAKERS, *OLDER], ids=lambda each: each.id)
def test_a_query_shows_what_any_path_has_made(operation: Operation) -> None:
    fake = CheckedFake(pace="instant", readings=dict(operation.when))
    created = fake.post(operation.path, operation.schema["examples"][0])
    assert created.status == 200, created.json
    id = created.data.get("id") or created.data["task_id"]
    (shown,) = asked(fake, f"task_ids={id}")
    assert (shown["id"], shown["status"], shown["message"]) == (id, "succeeded", "")
    made = {"custom-voices": "voice", "advanced-custom-elements": "element"}.get(operation.product, "")
    assert {each["type"] for each in shown["outputs"]} <= ({made} if made else {"video", "image", "audio"})
    assert shown["outputs"]
    assert listed(fake) == [id]


NAMING = [
    each
    for each in MAKERS
    if each.callback and (each.part("options.external_task_id") or {}).get("maxLength") != 0  # family K7
]


@pytest.mark.parametrize("operation", NAMING, ids=lambda each: each.id)
def test_each_path_takes_a_name_that_no_other_has(operation: Operation) -> None:
    fake = CheckedFake(readings=dict(operation.when))
    assert fake.create(IMAGE, external_task_id="mine").status == 200
    payload = with_value("options.external_task_id", operation.schema["examples"][0], "mine")
    refused = fake.post(operation.path, payload)
    assert (refused.status, refused.code, refused.message) == (400, 1201, "External_task_id mine already exists")


def test_a_name_of_the_newer_paths_is_taken_on_the_older_ones() -> None:
    fake = CheckedFake()
    film(fake, **named("mine"))
    assert fake.create(VIDEO, external_task_id="mine").message == "External_task_id mine already exists"
    assert fake.create(VIDEO, external_task_id="mine", token="another").status == 200


def test_a_name_of_a_failed_task_may_be_used_again_under_a_reading() -> None:
    fake = CheckedFake(readings={"external-id-again": "allowed"})
    first = film(fake, **named("mine"))
    fail(fake, first)
    second = fake.made(VIDEO, external_task_id="mine")
    assert [each["id"] for each in asked(fake, "external_task_ids=mine")] == [second]


def test_tasks_come_in_the_order_asked_for_and_only_the_accounts_own() -> None:
    fake = CheckedFake()
    one, two, strange = film(fake), fake.made(IMAGE, external_task_id="two"), fake.made(IMAGE, token="another")
    assert [each["id"] for each in asked(fake, f"task_ids={two},{strange},{one},7")] == [two, one]
    both = fake.get("/tasks", query=f"task_ids={one}&external_task_ids=two")
    assert ([each["id"] for each in both.data], both.rules) == ([one, two], ["one-kind-of-id"])
    assert (
        CheckedFake(readings={"both-ids": "refused"}).get("/tasks", query="task_ids=1&external_task_ids=2").code == 1201
    )


def test_an_older_path_shows_no_task_of_a_newer_one() -> None:
    fake = CheckedFake()
    id = film(fake, **named("mine"))
    for word in (id, "mine"):
        assert fake.get(VIDEO, word).message == f"Task not found by id/external id: {word}"
    assert fake.get(VIDEO).data == []


def test_slots_are_those_of_both_generations_for_one_model() -> None:
    fake = CheckedFake(slots=2)
    film(fake)
    assert fake.create(VIDEO, model_name="kling-v3-omni").status == 200
    for full in (
        fake.create(VIDEO, model_name="kling-v3-omni"),
        fake.post(OMNI, {"contents": [{"type": "prompt", "text": "x"}]}),
    ):
        assert (full.status, full.code) == (429, 1303)
    assert fake.create(VIDEO, model_name="kling-video-o1").status == 200  # another model has slots of its own


def test_a_list_is_walked_with_its_cursor_while_tasks_come() -> None:
    fake = CheckedFake()
    made = []
    for number in range(7):
        made.append(film(fake) if number % 2 else fake.made(IMAGE))
        fake.clock.advance(1)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (
            fake.post("/tasks", {"limit": 2, "cursor": cursor, "start_time": NOON + 10**6}).data
            if cursor
            else fake.post("/tasks", {"limit": 2}).data
        )
        assert page["count"] == len(page["result"])
        seen += [each["id"] for each in page["result"]]
        cursor = page.get("next_cursor")
        assert page["has_more"] is (cursor is not None)
        film(fake)
    assert seen == made[::-1]


@pytest.mark.parametrize("cursor", ["none", "é", "MTIz", "\x00", "===="])
def test_a_cursor_that_was_not_given_is_refused(cursor: str) -> None:
    answer = CheckedFake().post("/tasks", {"cursor": cursor})
    assert (answer.status, answer.code, answer.message) == (400, 1201, f"cursor value '{cursor}' is invalid")


def test_a_list_is_of_the_last_thirty_days_or_of_the_time_asked_for() -> None:
    fake = CheckedFake()
    old = film(fake)
    fake.clock.advance(31 * 24 * 3600 * 1000)
    new = film(fake)
    assert listed(fake) == [new]
    assert listed(fake, start_time=NOON, end_time=str(NOON)) == [old]
    assert listed(fake, start_time=str(NOON)) == [new, old]
    assert fake.post("/tasks", {"end_time": NOON - 1}).data == {"count": 0, "has_more": False}


def test_filters_of_one_key_add_up_and_those_of_several_narrow() -> None:
    fake = CheckedFake()
    picture, moving = fake.made(IMAGE), film(fake)
    fake.clock.advance(2000)
    done, waiting, movies = ({"key": "status", "values": ["succeeded"]}, {"key": "status", "values": ["processing"]},
                             {"key": "product_type", "values": ["video"]})  # fmt: skip
    assert listed(fake, filters=[done]) == [picture]
    assert listed(fake, filters=[done, waiting]) == [moving, picture]
    assert listed(fake, filters=[done, movies]) == []
    assert listed(fake, filters=[{"key": "product_type", "values": ["try_on"]}]) == []
    either = CheckedFake(readings={"filters-together": "either"})
    made = either.made(IMAGE), film(either)
    assert listed(either, filters=[{"key": "status", "values": ["succeeded"]}, movies]) == [made[1]]


@pytest.mark.torture
def test_a_picture_has_at_most_50_mb() -> None:
    fake, most = CheckedFake(max_body=72 * 1024 * 1024), 50 * 1024 * 1024
    for size, broken in ((most, []), (most + 1, ["contents[].url.x-image-bytes"])):
        frame: JSON = {"type": "first_frame", "url": picture(300, 300, size=size)}
        answer = fake.post(OMNI, {"contents": [{"type": "prompt", "text": "A cat"}, frame]})
        assert (answer.status, answer.rules) == (400 if broken else 200, broken)


def test_a_failed_task_tells_why_and_costs_nothing() -> None:
    fake = CheckedFake()
    id = film(fake)
    fail(fake, id, "Image pixel is invalid")
    (shown,) = asked(fake, f"task_ids={id}")
    assert (shown["status"], shown["message"], shown["billing"]) == (
        "failed",
        "Image pixel is invalid",
        [{"amount": "0"}],
    )
    assert "outputs" not in shown


def test_the_older_account_pays_for_the_newer_paths() -> None:
    fake = CheckedFake(pace="instant")
    film(fake, settings={"resolution": "1080p", "duration": 10})
    times: JSON = {"start_time": NOON - 1, "end_time": NOON + 1}
    (row,) = fake.post("/account/billing/package", times).data["result"]["detail"]
    assert (row["deduction_amount"], row["resolution"]) == (8.0, "1080p")
    poor = CheckedFake(pace="instant", readings={"empty-pack": "refused"})
    for _ in range(12):
        last = poor.post(OMNI, {"contents": [{"type": "prompt", "text": "x"}], "settings": {"duration": 15}})
    assert (last.status, last.code) == (429, 1102)


def test_a_token_of_an_access_key_does_not_enter_the_newer_paths() -> None:
    fake = CheckedFake()
    assert fake.get(IMAGE, token=JWT).status == 200
    refused = fake.get("/tasks", query="task_ids=1", token=JWT)
    assert (refused.status, refused.code) == (401, 1002)
    assert refused.message.startswith("Authentication error. The current API does not support AK/SK")


def test_callbacks_are_signed_whatever_is_read_of_the_older_ones() -> None:
    fake = CheckedFake(
        webhook_secret="whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=", readings={"callback-signed": "no"}
    )
    film(fake, options={"callback_url": "https://example.com/hook"})
    fake.made(IMAGE, callback_url="https://example.com/hook")
    signed = {each.service: bool(fake.signature(each)) for each in fake.delivered()}
    assert signed == {"kling-2": True, "kling": False}


def test_a_callback_is_the_bare_record() -> None:
    fake = CheckedFake(pace="instant")
    id = film(fake, options={"callback_url": "https://example.com/hook"})
    (shown,) = asked(fake, f"task_ids={id}")
    assert json.loads(fake.delivered()[-1].body) == shown


@pytest.mark.parametrize("host", ["api-singapore.klingai.com", "api-beijing.klingai.com"])
def test_a_host_has_both_generations(host: str) -> None:
    fake = CheckedFake()
    assert fake.get("/tasks", query="task_ids=1", host=host).data == []
    assert fake.get(IMAGE, host=host).data == []


def test_the_old_host_has_only_the_older_paths() -> None:
    assert CheckedFake().get("/tasks", query="task_ids=1", host="api.klingai.com").status == 404


def test_a_fault_in_the_prompt_happens_to_the_query_for_its_task() -> None:
    fake = CheckedFake()
    id = film(fake, "A cat [[mock: 5000 x1 on kling-2/tasks.get]]")
    assert fake.get("/tasks", query=f"task_ids={id}").code == 5000
    assert fake.get("/tasks", query=f"task_ids={id}").status == 200


def test_a_snapshot_brings_back_the_tasks_of_both() -> None:
    fake, other = CheckedFake(), CheckedFake()
    made = [film(fake, **named("mine")), fake.made(IMAGE)]
    other.restore(fake.snapshot())
    assert listed(other) == made[::-1]
    assert other.create(IMAGE, external_task_id="mine").code == 1201
