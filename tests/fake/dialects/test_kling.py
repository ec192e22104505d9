"""Kling's way to speak, and each open question: what a reading changes, and that it changes nothing else."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.vectors import picture
from mockserver.fake.callbacks.delivery import Attempt
from tests.conftest import IMAGE, NOON, VIDEO, Answer, CheckedFake
from tests.fake.intake.test_auth import TIMES, token
from tests.support.results import result_at, status
from tests.support.sampling import draws

KLING = load().service("kling")
PRODUCTS = [IMAGE, VIDEO]
HOOK = "http://127.0.0.1:9/hook"
SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
REFERENCE = [{"image": "https://example.com/cat.png"}]
SERIES: dict[str, Any] = {"model_name": "kling-v3-omni", "result_type": "series", "image_list": REFERENCE}
FRAMES = [
    {"image_url": "https://example.com/1.png", "type": "first_frame"},
    {"image_url": "https://example.com/2.png", "type": "end_frame"},
]


def ended(fake: CheckedFake, path: str = IMAGE, **fields: Any) -> dict[str, Any]:
    """Create a task, let it end, and return it as a query shows it."""
    id = fake.made(path, **fields)
    fake.clock.advance(10_000)
    return dict(fake.get(path, id).data)


def failed(fake: CheckedFake, **fields: Any) -> dict[str, Any]:
    """Create a task, let it fail, and return it as a query shows it."""
    id = fake.made(**fields)
    task = fake.world.tasks.get("kling", id)
    assert task is not None
    fake.world.force(task, "failed", fake.clock.now(), "The moderators said no")
    return dict(fake.get(IMAGE, id).data)


def told(answer: Answer) -> tuple[int, int, str]:
    return answer.status, answer.code, answer.message


# --- What an answer looks like -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PRODUCTS)
def test_a_create_is_answered_with_the_task_as_submitted(fake: CheckedFake, path: str) -> None:
    answer = fake.create(path, external_task_id="order-17")
    id = answer.data["task_id"]
    assert answer.status == 200
    assert answer.json == {
        "code": 0,
        "message": "SUCCEED",
        "request_id": answer.json["request_id"],
        "data": {
            "task_id": id,
            "task_status": "submitted",
            "task_info": {"external_task_id": "order-17"},
            "created_at": NOON,
            "updated_at": NOON,
        },
    }


@pytest.mark.parametrize("path", PRODUCTS)
@pytest.mark.parametrize(("age", "status", "since"), [(0, "submitted", 0), (1000, "processing", None)])
def test_before_the_end_a_query_shows_no_result_and_no_price(
    fake: CheckedFake, path: str, age: int, status: str, since: int | None
) -> None:
    id = fake.made(path)
    fake.clock.advance(age)
    data = fake.get(path, id).data
    began = NOON + (since if since is not None else {IMAGE: 500, VIDEO: 1000}[path])
    assert data == {
        "task_id": id,
        "task_status": status,
        "task_info": {},
        "created_at": NOON,
        "updated_at": began,
    }


def test_a_finished_image_task_shows_its_images_and_its_price(fake: CheckedFake) -> None:
    data = ended(fake, n=2, watermark_info={"enabled": True})
    url = f"http://127.0.0.1:8080/results/kling/{data['task_id']}"
    assert data == {
        "task_id": data["task_id"],
        "task_status": "succeed",
        "task_info": {},
        "watermark_info": {"enabled": True},
        "task_result": {
            "result_type": "single",
            "images": [
                {"index": n, "url": f"{url}/{n}.png", "watermark_url": f"{url}/{n}-watermark.png"} for n in (0, 1)
            ],
        },
        "final_unit_deduction": "16",
        "created_at": NOON,
        "updated_at": NOON + 2000,
    }


def test_a_finished_series_is_shown_as_one(fake: CheckedFake) -> None:
    result = ended(fake, **SERIES, series_amount=3)["task_result"]
    assert (result["result_type"], result["images"]) == ("series", [])
    assert [image["index"] for image in result["series_images"]] == [0, 1, 2]


def test_a_finished_film_is_shown_with_its_length_as_text(fake: CheckedFake) -> None:
    data = ended(fake, VIDEO, mode="std", duration="5")
    url = f"http://127.0.0.1:8080/results/kling/{data['task_id']}/0.mp4"
    assert data["task_result"] == {"videos": [{"id": f"{data['task_id']}-0", "url": url, "duration": "5.041"}]}
    assert data["final_unit_deduction"] == "3"


def test_a_failed_task_says_why_and_costs_nothing(fake: CheckedFake) -> None:
    data = failed(fake, n=9)
    assert (data["task_status"], data["task_status_msg"]) == ("failed", "The moderators said no")
    assert data["final_unit_deduction"] == "0"
    assert "task_result" not in data


def test_a_watermark_that_was_declined_is_echoed_and_not_there(fake: CheckedFake) -> None:
    data = ended(fake, watermark_info={"enabled": False})
    assert data["watermark_info"] == {"enabled": False}
    assert "watermark_url" not in data["task_result"]["images"][0]


def test_a_watermark_that_is_not_said_to_be_wanted_is_not(fake: CheckedFake) -> None:
    assert ended(fake, watermark_info={})["watermark_info"] == {"enabled": False}


def test_each_answer_has_a_request_id_of_its_own(fake: CheckedFake) -> None:
    answers = [fake.create(), fake.create(n=10), fake.get(IMAGE), fake.get("/nowhere")]
    assert len({answer.json["request_id"] for answer in answers}) == 4


# --- Both ids ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PRODUCTS)
def test_both_ids_find_a_task(fake: CheckedFake, path: str) -> None:
    id = fake.made(path, external_task_id="order-17")
    assert fake.get(path, id).data == fake.get(path, "order-17").data
    assert fake.get(path, id).data["task_info"] == {"external_task_id": "order-17"}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
@settings(max_examples=draws(60))
@pytest.mark.parametrize("path", PRODUCTS)
def test_an_external_id_may_be_any_text(path: str, id: str) -> None:
    fake = CheckedFake(services=("kling",))
    made = fake.made(path, external_task_id=id)
    assert fake.get(path, quote(id, safe="")).data["task_id"] == made
    assert fake.get(path, query="external_task_id=" + quote(id, safe="")).data[0]["task_id"] == made
    assert fake.create(path, external_task_id=id).message == f"External_task_id {id} already exists"


@pytest.mark.parametrize(
    "id", ["a/b", "/", "a/b/", "猫", "a b", "a+b", "a?b#c", "100%", "%2F", "..", "\N{GRINNING FACE}"]
)
def test_an_external_id_with_slashes_or_of_any_script_finds_its_task(fake: CheckedFake, id: str) -> None:
    made = fake.made(external_task_id=id)
    assert fake.get(IMAGE, quote(id, safe="") + "/").data["task_id"] == made


@pytest.mark.parametrize("other", PRODUCTS)
@pytest.mark.parametrize("path", PRODUCTS)
def test_an_external_id_is_unique_across_products(fake: CheckedFake, path: str, other: str) -> None:
    fake.made(path, external_task_id="order-17")
    expected = (400, 1201, "External_task_id order-17 already exists")
    assert told(fake.create(other, external_task_id="order-17")) == expected
    assert len(fake.world.tasks) == 1


def test_an_external_id_is_unique_in_an_account_and_not_beyond(fake: CheckedFake) -> None:
    mine = fake.made(external_task_id="order-17", token="me")
    yours = fake.made(external_task_id="order-17", token="you")
    assert fake.get(IMAGE, "order-17", token="me").data["task_id"] == mine
    assert fake.get(IMAGE, "order-17", token="you").data["task_id"] == yours


@pytest.mark.parametrize("end", [False, True])
def test_an_external_id_stays_taken_after_the_end(fake: CheckedFake, end: bool) -> None:
    fake.made(external_task_id="order-17")
    fake.clock.advance(10_000 if end else 0)
    assert fake.create(external_task_id="order-17").status == 400


def test_a_refused_create_takes_no_external_id(fake: CheckedFake) -> None:
    assert fake.create(external_task_id="order-17", n=10).status == 400
    assert fake.create(external_task_id="order-17").status == 200


def test_an_empty_external_id_is_none_and_may_come_twice(fake: CheckedFake) -> None:
    ids = {fake.made(external_task_id="") for _ in range(3)}
    assert len(ids) == 3
    assert fake.get(IMAGE, ids.pop()).data["task_info"] == {}


@pytest.mark.parametrize("path", PRODUCTS)
@pytest.mark.parametrize("id", ["17", "nope", "756247381085764246", "%20", "a%2Fb"])
def test_an_unknown_id_is_400_1201(fake: CheckedFake, path: str, id: str) -> None:
    fake.made(path)
    answer = fake.get(path, id)
    assert (answer.status, answer.code) == (400, 1201)
    assert answer.message.startswith("Task not found by id/external id: ")


def test_a_task_of_another_product_is_not_found(fake: CheckedFake) -> None:
    film = fake.made(VIDEO, external_task_id="order-17")
    assert fake.get(IMAGE, film).message == f"Task not found by id/external id: {film}"
    assert fake.get(IMAGE, "order-17").code == 1201
    assert fake.get(IMAGE, query="external_task_id=order-17").data == []


def test_nobody_sees_anothers_task(fake: CheckedFake) -> None:
    id = fake.made(external_task_id="order-17", token="me")
    for key in (id, "order-17"):
        assert fake.get(IMAGE, key, token="you").code == 1201
    assert fake.get(IMAGE, token="you").data == []
    assert fake.get(IMAGE, query="external_task_id=order-17", token="you").data == []


def test_a_task_of_a_gateway_is_not_the_official_services() -> None:
    fake = CheckedFake()
    id = str(
        fake.post("/kling/v1/images/omni-image", {"model_name": "kling-image-o1", "prompt": "A cat"}).data["task_id"]
    )
    assert fake.get("/kling/v1/images/omni-image", id).status == 200
    assert fake.get(IMAGE, id).code == 1201
    assert fake.get(IMAGE).data == []


# --- Lists -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PRODUCTS)
def test_a_list_is_a_bare_array_of_what_queries_show(fake: CheckedFake, path: str) -> None:
    assert fake.get(path).data == []
    ids = [fake.made(path) for _ in range(3)]
    fake.clock.advance(10_000)
    fake.made(IMAGE if path == VIDEO else VIDEO)
    assert fake.get(path).data == [fake.get(path, id).data for id in reversed(ids)]


@pytest.mark.parametrize(("query", "size"), [("", 30), ("pageNum=1", 30), ("pageSize=500", 40), ("pageNum=2", 10)])
def test_a_page_has_thirty_tasks_unless_told_otherwise(fake: CheckedFake, query: str, size: int) -> None:
    for _ in range(40):
        fake.made()
    assert len(fake.get(IMAGE, query=query).data) == size


@given(amount=st.integers(0, 25), size=st.integers(1, 30), order=st.sampled_from(["newest-first", "oldest-first"]))
@settings(max_examples=draws(40))
def test_pages_are_complete_and_disjoint(amount: int, size: int, order: str) -> None:
    fake = CheckedFake(readings={"list-order": order}, services=("kling",))
    ids = [fake.made() for _ in range(amount)]
    pages = [fake.get(IMAGE, query=f"pageNum={n}&pageSize={size}").data for n in range(1, amount // size + 3)]
    shown = [task["task_id"] for page in pages for task in page]
    assert shown == (ids if order == "oldest-first" else ids[::-1])
    assert all(len(page) == size for page in pages[: amount // size])
    assert pages[-1] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("pageSize=0", "pageSize value '0' is invalid"),
        ("pageSize=501", "pageSize value '501' is invalid"),
        ("pageSize=-1", "pageSize value '-1' is invalid"),
        ("pageNum=0", "pageNum value '0' is invalid"),
        ("pageNum=1001", "pageNum value '1001' is invalid"),
        ("pageNum=abc", "pageNum value 'abc' is invalid"),
        ("pageNum=", "pageNum value '' is invalid"),
        ("pageNum=1.5", "pageNum value '1.5' is invalid"),
        ("pageNum=1e2", "pageNum value '1e2' is invalid"),
        ("pageNum=%FF", "pageNum value '\N{REPLACEMENT CHARACTER}' is invalid"),
        ("pageNum=\u0661", "pageNum value '\u0661' is invalid"),
        ("pageSize=" + "9" * 400, f"pageSize value '{'9' * 100}…' is invalid"),
        ("pageNum=1&pageNum=0", "pageNum value '0' is invalid"),
    ],
)
@pytest.mark.parametrize("path", PRODUCTS)
def test_a_page_out_of_range_or_that_is_no_number_is_400_1201(
    fake: CheckedFake, path: str, query: str, message: str
) -> None:
    assert told(fake.get(path, query=query)) == (400, 1201, message)


@pytest.mark.parametrize("query", ["pageNum=1000&pageSize=500", "pageSize=1", "page=7", "&&", "=", "pageNum", "a=%"])
def test_what_else_stands_in_a_query_is_no_error(fake: CheckedFake, query: str) -> None:
    expected = 400 if query == "pageNum" else 200
    assert fake.get(IMAGE, query=query).status == expected


def test_a_list_by_an_external_id_that_is_not_there_is_empty(fake: CheckedFake) -> None:
    fake.made(external_task_id="order-17")
    assert fake.get(IMAGE, query="external_task_id=order-18").data == []
    assert len(fake.get(IMAGE, query="external_task_id=").data) == 1


# --- Readings ----------------------------------------------------------------------------------------------------


def missing_task(fake: CheckedFake) -> object:
    answer = fake.get(IMAGE, "nope")
    return f"{answer.status}-{answer.code}"


def reported(fake: CheckedFake) -> object:
    fake.made(callback_url=HOOK)
    found = []
    while fake.next_delivery is not None:
        fake.clock.set(fake.next_delivery)
        found += [delivery.status for delivery in fake.delivered()]
    return found


def attempts(fake: CheckedFake) -> object:
    fake.made(callback_url=HOOK)
    made = 0
    while fake.next_delivery is not None:
        fake.clock.set(fake.next_delivery)
        for delivery in fake.due():
            made += delivery.status == "succeed"
            fake.attempted(delivery, Attempt(fake.clock.now(), 0, 500 if delivery.status == "succeed" else 200))
    return made


def is_signed(fake: CheckedFake) -> object:
    fake.made(callback_url=HOOK)
    fake.clock.advance(2000)
    return {bool(fake.signature(delivery)) for delivery in fake.delivered()}


def callback_result(fake: CheckedFake) -> object:
    seen = []
    for path, fields in ((IMAGE, {}), (IMAGE, SERIES), (VIDEO, {})):
        id = fake.made(path, **fields, callback_url=HOOK, watermark_info={"enabled": True})
        fake.clock.advance(4000)
        said, shown = json.loads(fake.delivered()[-1].body), fake.get(path, id).data
        missing = shown.keys() - said.keys()
        kinds = {
            kind: sorted(items[0]) for kind, items in said["task_result"].items() if isinstance(items, list) and items
        }
        seen.append((said["task_result"] == shown["task_result"], sorted(missing), kinds))
    return seen


def order(fake: CheckedFake) -> object:
    ids = [fake.made() for _ in range(3)]
    return [ids.index(task["task_id"]) for task in fake.get(IMAGE).data]


def page_range(fake: CheckedFake) -> object:
    fake.made(), fake.made()
    answers = [fake.get(IMAGE, query=query) for query in ("pageSize=0", "pageNum=0", "pageSize=501", "pageNum=1001")]
    return [len(answer.data) if answer.status == 200 else answer.code for answer in answers]


def external_id_query(fake: CheckedFake) -> object:
    fake.made(external_task_id="order-17"), fake.made()
    return len(fake.get(IMAGE, query="external_task_id=order-17").data)


def external_id_again(fake: CheckedFake) -> object:
    """Use the id of a failed task again, and that of one that succeeded."""
    failed(fake, external_task_id="order-17")
    ended(fake, external_task_id="order-18")
    again = [fake.create(external_task_id=id) for id in ("order-17", "order-18")]
    if again[0].status == 200:
        assert fake.get(IMAGE, "order-17").data["task_id"] == again[0].data["task_id"]
    return [answer.code for answer in again]


def id_precedence(fake: CheckedFake) -> object:
    first = fake.made()
    second = fake.made(external_task_id=first)
    return ["task", "external"][[first, second].index(fake.get(IMAGE, first).data["task_id"])]


def watermark_off(fake: CheckedFake) -> object:
    images = ended(fake)["task_result"]["images"]
    films = ended(fake, VIDEO)["task_result"]["videos"]
    return [item.get("watermark_url") for item in (*images, *films)]


def status_msg(fake: CheckedFake) -> object:
    running = fake.get(IMAGE, fake.made()).data
    shown = (running, ended(fake), failed(fake))
    return [data.get("task_status_msg") for data in shown]


def result_before_end(fake: CheckedFake) -> object:
    running = fake.get(IMAGE, fake.made()).data.get("task_result")
    return running, failed(fake).get("task_result")


def info_when_none(fake: CheckedFake) -> object:
    without, within = fake.create(), fake.create(external_task_id="order-17")
    queried = fake.get(IMAGE, without.data["task_id"])
    assert within.data["task_info"] == {"external_task_id": "order-17"}
    return without.data.get("task_info"), queried.data.get("task_info")


def result_type(fake: CheckedFake) -> object:
    return [ended(fake, **fields)["task_result"].get("result_type") for fields in ({}, SERIES)]


def images_beside_series(fake: CheckedFake) -> object:
    return ended(fake, **SERIES)["task_result"].get("images")


def balance_deduction(fake: CheckedFake) -> object:
    found = []
    for data in (ended(fake), ended(fake, VIDEO, duration="10"), failed(fake)):
        balance = data.get("final_balance_deduction")
        found.append(balance and (balance["quota"] == data["final_unit_deduction"], balance["list_price"]))
    return found


def error_data(fake: CheckedFake) -> object:
    bodies = [fake.create(n=10).json, fake.get(IMAGE, "nope").json, fake.get("/v1/nowhere").json]
    return [body.get("data", "absent") for body in bodies]


def success_message(fake: CheckedFake) -> object:
    id = fake.made()
    return {fake.create().message, fake.get(IMAGE, id).message, fake.get(IMAGE).message}


def media_fault(fake: CheckedFake) -> object:
    answer = fake.create(image_list=[{"image": picture(299, 300)}])
    if answer.status != 200:
        return told(answer)
    fake.clock.advance(2000)
    return fake.get(IMAGE, answer.data["task_id"]).data["task_status_msg"]


def without_type(fake: CheckedFake) -> object:
    return fake.send("POST", IMAGE, b'{"prompt":"A cat"}', content_type=None).code


def null_field(fake: CheckedFake) -> object:
    """Send null for a series' amount, which is asked for again when the task is shown."""
    answer = fake.create(**SERIES, series_amount=None, n=None, watermark_info=None, external_task_id=None)
    if answer.status != 200:
        return answer.code
    fake.clock.advance(2000)
    return len(fake.get(IMAGE, answer.data["task_id"]).data["task_result"]["series_images"])


def jwt_lifetime(fake: CheckedFake) -> object:
    return fake.get(IMAGE, token=token(exp=TIMES["nbf"] + 86_400)).code


def jwt_nbf(fake: CheckedFake) -> object:
    return fake.get(IMAGE, token=token(nbf=None)).code


def series_slots(fake: CheckedFake) -> object:
    fake.made(**SERIES, series_amount=7)
    return sum(task.slots for task in fake.world.tasks.newest())


def expired_result(fake: CheckedFake) -> object:
    (image,) = ended(fake)["task_result"]["images"]
    fake.clock.advance(31 * 24 * 3600 * 1000)
    return status(result_at(fake, image["url"].removeprefix("http://127.0.0.1:8080")))


def entering(path: str = IMAGE, **fields: Any) -> Callable[[CheckedFake], object]:
    """Return a probe: is a payload refused, and which rules does it break?"""

    def probe(fake: CheckedFake) -> object:
        answer = fake.create(path, **fields)
        return answer.status, answer.rules

    return probe


def unknown_voice(fake: CheckedFake) -> object:
    pictures = {"frontal_image": "https://a.b/1.png", "refer_images": [{"image_url": "https://a.b/2.png"}]}
    named = {"element_name": "Tom", "element_description": "A cat", "element_voice_id": "829826751244530000"}
    payload = {**named, "reference_type": "image_refer", "element_image_list": pictures}
    return fake.post("/v1/general/advanced-custom-elements", payload).status


def deleted_data(fake: CheckedFake) -> object:
    voices = "/v1/general/custom-voices"
    id = fake.post(voices, {"voice_name": "Bob", "voice_url": "https://a.b/c.wav"}).data["task_id"]
    fake.clock.advance(10_000)
    (voice,) = fake.get(voices, id).data["task_result"]["voices"]
    return sorted(fake.post("/v1/general/delete-voices", {"voice_id": voice["voice_id"]}).json)


def refusing(path: str = IMAGE, **fields: Any) -> Callable[[CheckedFake], object]:
    """Return a probe: in which words is a payload refused?"""
    return lambda fake: fake.create(path, **fields).message


def each(*probes: Callable[[CheckedFake], object]) -> Callable[[CheckedFake], object]:
    return lambda fake: [probe(fake) for probe in probes]


UNRESOLVED = "Failed to resolve the request body"
SHOTS: dict[str, Any] = {"model_name": "kling-v3-omni", "multi_shot": True, "shot_type": "intelligence"}
FEATURE = [{"video_url": "https://example.com/a.mp4", "refer_type": "feature"}]
WITH_MARK = ["index", "url", "watermark_url"]
FILM_WITH_MARK = ["duration", "id", "url", "watermark_url"]
FROM_INPUT = "aspect-ratio-from-input"
REASON = "The moderators said no"

COSTS, EVER = "/account/costs", {"start_time": NOON - 9 * 10**9, "end_time": NOON + 9 * 10**9}


def costs(fake: CheckedFake) -> Answer:
    return fake.get(COSTS, query="&".join(f"{name}={value}" for name, value in EVER.items()))


def has_packs(fake: CheckedFake) -> object:
    return "resource_pack_subscribe_infos" in costs(fake).data


def is_late(fake: CheckedFake) -> object:
    fake.made()
    fake.clock.advance("1m")
    return [pack["remaining_quantity"] for pack in costs(fake).data.get("resource_pack_subscribe_infos", [])] == [
        100.0,
        1000.0,
    ]


def price_without_a_model(fake: CheckedFake) -> object:
    id = fake.made("/v1/images/generations")
    fake.clock.advance("1m")
    return fake.get("/v1/images/generations", id).data["final_unit_deduction"]


def seven_times_nine(fake: CheckedFake) -> object:
    return [fake.create(model_name="kling-v3-omni", n=9, resolution="4k").status for _ in range(7)]


def costs_twice(fake: CheckedFake) -> object:
    fake.clock.advance("1m")
    return [costs(fake).status, costs(fake).status]


def rows_of_another_key(fake: CheckedFake) -> object:
    fake.made()
    fake.clock.advance("1m")
    filters = [{"key": "product_type", "values": ["image"]}, {"key": "api_key_name", "values": ["another"]}]
    rows = fake.post("/account/billing/package", {**EVER, "filters": filters}).data["result"]["detail"]
    return len(rows) if rows else 0


PROBES: dict[str, tuple[Callable[[CheckedFake], object], Mapping[str, object]]] = {
    "missing-task": (missing_task, {"400-1201": "400-1201", "404-1203": "404-1203"}),
    "callback-on": (
        reported,
        {
            "every-change": ["submitted", "processing", "succeed"],
            "after-created": ["processing", "succeed"],
            "end-only": ["succeed"],
        },
    ),
    "callback-retries": (attempts, {"3": 4, "0": 1, "standard-webhooks": 10}),
    "callback-signed": (is_signed, {"yes": {True}, "no": {False}}),
    "callback-result": (
        callback_result,
        {
            "as-query": [
                (True, [], {"images": WITH_MARK}),
                (True, [], {"series_images": WITH_MARK}),
                (True, [], {"videos": FILM_WITH_MARK}),
            ],
            "as-documented": [
                (False, ["watermark_info"], {"images": ["index", "url"]}),
                (False, ["watermark_info"], {"images": ["index", "url"]}),
                (False, ["watermark_info"], {"videos": ["duration", "id", "url"]}),
            ],
        },
    ),
    "list-order": (order, {"newest-first": [2, 1, 0], "oldest-first": [0, 1, 2]}),
    "page-range": (page_range, {"refused": [1201] * 4, "clamped": [1, 2, 2, 0]}),
    "external-id-query": (external_id_query, {"filter": 1, "ignored": 2}),
    "external-id-again": (external_id_again, {"refused": [1201, 1201], "allowed": [0, 1201]}),
    "id-precedence": (id_precedence, {"task-id": "task", "external-id": "external"}),
    "watermark-off": (watermark_off, {"absent": [None, None], "empty": ["", ""]}),
    "status-msg": (status_msg, {"absent": [None, None, REASON], "empty": ["", "", REASON]}),
    "result-before-end": (result_before_end, {"absent": (None, None), "empty": ({}, {})}),
    "info-when-none": (info_when_none, {"empty": ({}, {}), "absent": (None, None)}),
    "result-type": (result_type, {"present": ["single", "series"], "absent": [None, None]}),
    "images-beside-series": (images_beside_series, {"empty": [], "absent": None}),
    "balance-deduction": (balance_deduction, {"absent": [None] * 3, "present": [(True, "0")] * 3}),
    "error-data": (error_data, {"absent": ["absent"] * 3, "null": [None] * 3}),
    "success-message": (success_message, {"SUCCEED": {"SUCCEED"}, "success": {"success"}}),
    "media-fault": (
        media_fault,
        {"refused": (400, 1201, "Image pixel is invalid"), "task-failed": "Image pixel is invalid"},
    ),
    "content-type": (without_type, {"refused": 1200, "accepted": 0}),
    "type-text": (
        each(
            refusing(n="two"),
            refusing(VIDEO, sound=True),
            refusing(element_list=[{"element_id": 2**63}]),
            refusing(n=10),
        ),
        {
            "unresolved": [UNRESOLVED] * 3 + ["n value '10' is invalid"],
            "by-field": [
                "n value 'two' is invalid",
                "sound value 'true' is invalid",
                "element_list[0].element_id: does not fit into 64 bits",
                "n value '10' is invalid",
            ],
        },
    ),
    "unknown-element": (entering(element_list=[{"element_id": 17}]), {"accepted": (200, []), "refused": (400, [])}),
    "unknown-voice": (unknown_voice, {"accepted": 200, "refused": 400}),
    "deleted-data": (
        deleted_data,
        {"present": ["code", "data", "message", "request_id"], "absent": ["code", "message", "request_id"]},
    ),
    "null-field": (null_field, {"refused": 1201, "absent": 4}),
    "jwt-lifetime": (jwt_lifetime, {"unlimited": 0, "1800": 1002}),
    "jwt-nbf": (jwt_nbf, {"optional": 0, "required": 1002}),
    "series-slots": (series_slots, {"images": 7, "one": 1}),
    "expired-result": (expired_result, {"404": 404, "403": 403}),
    "dangling-reference": (
        each(entering(prompt="<<<image_1>>>"), entering(VIDEO, prompt="<<<video_1>>>")),
        {"accepted": [(200, ["references-exist"])] * 2, "refused": [(400, ["references-exist"])] * 2},
    ),
    "o1-duration": (
        entering(VIDEO, duration="7"),
        {"accepted": (200, ["o1-five-or-ten-seconds"]), "refused": (400, ["o1-five-or-ten-seconds"])},
    ),
    "o1-sound": (
        entering(VIDEO, sound="on"),
        {"accepted": (200, ["o1-without-sound"]), "refused": (400, ["o1-without-sound"])},
    ),
    "auto-ratio": (
        entering(aspect_ratio="auto"),
        {"accepted": (200, ["auto-ratio-needs-image"]), "refused": (400, ["auto-ratio-needs-image"])},
    ),
    "ignored-counts": (
        each(entering(**SERIES, n=2), entering(series_amount=5)),
        {
            "ignored": [(200, ["n-is-not-for-series"]), (200, ["series-amount-is-for-series"])],
            "refused": [(400, ["n-is-not-for-series"]), (400, ["series-amount-is-for-series"])],
        },
    ),
    "o1-abilities": (
        each(entering(resolution="4k"), entering(result_type="series", image_list=REFERENCE)),
        {
            "refused": [(400, ["o1-up-to-2k"]), (400, ["o1-single-images"])],
            "accepted": [(200, ["o1-up-to-2k"]), (200, ["o1-single-images"])],
        },
    ),
    "generations-model": (price_without_a_model, {"kling-v3": "8", "kling-v1": "1"}),
    "image-models": (
        entering("/v1/images/generations", model_name="kling-v2"),
        {"accepted": (200, ["current-image-models"]), "refused": (400, ["current-image-models"])},
    ),
    "resource-packs": (has_packs, {"trial": True, "none": False}),
    "empty-pack": (seven_times_nine, {"taken": [200] * 7, "refused": [200] * 6 + [429]}),
    "pack-lag": (is_late, {"none": False, "12h": True}),
    "costs-times": (lambda fake: fake.get(COSTS).status, {"refused": 400, "taken": 200}),
    "costs-rate": (costs_twice, {"answered": [200, 200], "refused": [200, 429]}),
    "filters-together": (rows_of_another_key, {"each": 0, "either": 1}),
    "missing-video": (
        entering("/v1/videos/video-extend", video_id="17-0"),
        {"accepted": (200, []), "refused": (400, [])},
    ),
    "model-abilities": (
        entering("/v1/videos/text2video", model_name="kling-v2-6", duration="7"),
        {"refused": (400, ["five-or-ten-seconds"]), "accepted": (200, ["five-or-ten-seconds"])},
    ),
    "models-retired": (
        entering("/v1/videos/text2video", model_name="kling-v1"),
        {
            "taken": (200, []),
            "recorded": (200, ["model-is-not-retired"]),
            "refused": (400, ["model-is-not-retired"]),
        },
    ),
    "spring-2026": (
        each(
            entering(VIDEO, **SHOTS, image_list=FRAMES),
            entering(VIDEO, model_name="kling-v3-omni", mode="4k", video_list=FEATURE),
        ),
        {
            "lifted": [(200, [FROM_INPUT]), (200, [])],
            "held": [(400, ["multi-shot-excludes-frames", FROM_INPUT]), (400, ["video-excludes-4k"])],
        },
    ),
}
"""For each question what shows its answer, and what is shown under each reading."""

READINGS = [(question.id, reading) for question in KLING.questions.values() for reading in question.readings]


def shown(question: str, readings: Mapping[str, str], *services: str) -> object:
    fake = CheckedFake(readings=readings, webhook_secret=SECRET, services=("kling", *services))
    return PROBES[question][0](fake)


def test_every_question_has_a_probe_and_every_reading_an_expectation() -> None:
    assert {(id, reading) for id, (_, expected) in PROBES.items() for reading in expected} == set(READINGS)


@pytest.mark.parametrize(("question", "reading"), READINGS)
def test_a_reading_changes_what_it_says(question: str, reading: str) -> None:
    assert shown(question, {question: reading}) == PROBES[question][1][reading]


@pytest.mark.parametrize(
    ("question", "reading"), [(id, reading) for id, reading in READINGS if reading != KLING.questions[id].default]
)
def test_a_reading_changes_nothing_else(question: str, reading: str) -> None:
    others = [other for other in KLING.questions.values() if other.id != question]
    found = {other.id: shown(other.id, {question: reading}) for other in others}
    assert found == {other.id: PROBES[other.id][1][other.default] for other in others}


@pytest.mark.parametrize(("question", "reading"), READINGS)
def test_a_reading_taken_for_this_service_wins_over_one_taken_for_all(question: str, reading: str) -> None:
    other = next(other for other in KLING.questions[question].readings if other != reading)
    assert shown(question, {question: other, f"kling/{question}": reading}) == PROBES[question][1][reading]


@pytest.mark.parametrize(
    "question", [question for question in KLING.questions if question in load().service("chainhub").questions]
)
def test_a_reading_taken_for_another_service_changes_nothing_here(question: str) -> None:
    default = KLING.questions[question].default
    theirs = load().service("chainhub").questions[question].readings
    taken = {f"chainhub/{question}": next(reading for reading in theirs if reading != default)}
    assert shown(question, taken, "chainhub") == PROBES[question][1][default]
