"""What published clients need and send, point by point: `clients.md` of the contract, held against the fake.

Each test is one point of the document, in its order; the first list is "Answers that keep every client working", the
second "Requests met in the wild".
"""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockserver.adapters.testing.live import live
from mockserver.contract.catalog import load
from mockserver.settings import Key
from tests.conftest import IMAGE, NOON, PATIENCE, PAYLOADS, VIDEO, Answer, CheckedFake, check
from tests.fake.intake.test_auth import AK, NOW, token
from tests.support.process import answers
from tests.support.results import result_at, status

PRODUCTS = [IMAGE, VIDEO]
KLING = load().service("kling")
OTHER_READINGS = [
    {question.id: reading}
    for question in KLING.questions.values()
    for reading in question.readings
    if reading != question.default
]
EVERY_READING: list[dict[str, str]] = [{}, *OTHER_READINGS]
WATERMARK = {"watermark_info": {"enabled": True}}
HOUR = 3600 * 1000


def life(fake: CheckedFake, path: str, **fields: Any) -> Iterator[Answer]:
    """Yield every answer that a client gets: to its create, to each poll until after the end, and to a list."""
    created = fake.create(path, **fields)
    yield created
    for _ in range(7):
        yield fake.get(path, created.data["task_id"])
        fake.clock.advance(1000)
    yield fake.get(path)


def records(fake: CheckedFake, path: str, **fields: Any) -> Iterator[dict[str, Any]]:
    """Yield every task record in those answers."""
    for answer in life(fake, path, **fields):
        yield from answer.data if isinstance(answer.data, list) else [answer.data]


def refusals(fake: CheckedFake) -> list[Answer]:
    """Return answers to a mistake of each kind."""
    return [
        fake.create(n=10),
        fake.send("POST", IMAGE, b"{"),
        fake.send("POST", IMAGE, b"{}", content_type="text/html"),
        fake.get(IMAGE, "nope"),
        fake.get(IMAGE, query="pageSize=0"),
        fake.get("/v1/nowhere"),
        fake.send("PUT", IMAGE),
        fake.get(IMAGE, token=None),
        fake.get(IMAGE, token=token(exp=1)),
    ]


# --- Answers that keep every client working ----------------------------------------------------------------------


@pytest.mark.parametrize("path", PRODUCTS)
def test_answers_a_create_is_200_and_every_error_is_json_with_another_status(fake: CheckedFake, path: str) -> None:
    assert fake.create(path).status == 200
    for answer in refusals(fake):
        assert 400 <= answer.status < 500
        assert answer.headers["content-type"] == "application/json"
        assert answer.code > 0


@pytest.mark.parametrize("path", PRODUCTS)
def test_answers_code_is_an_integer_and_message_and_request_id_are_texts(fake: CheckedFake, path: str) -> None:
    for answer in life(fake, path):
        assert (type(answer.json["code"]), answer.code) == (int, 0)
        assert answer.json["message"] == "SUCCEED"
        assert isinstance(answer.json["request_id"], str)
    for answer in refusals(fake):
        assert [type(answer.json[name]) for name in ("code", "message", "request_id")] == [int, str, str]


@pytest.mark.parametrize("path", PRODUCTS)
def test_answers_task_id_is_a_text_and_status_and_times_are_in_every_answer(fake: CheckedFake, path: str) -> None:
    for record in records(fake, path):
        assert isinstance(record["task_id"], str)
        assert len(record["task_id"]) == 18
        assert record["task_status"]
        assert [type(record[name]) for name in ("created_at", "updated_at")] == [int, int]
        assert NOON <= record["created_at"] <= record["updated_at"] < NOON + HOUR


@pytest.mark.parametrize("path", PRODUCTS)
@pytest.mark.parametrize("end", ["succeed", "failed"])
def test_answers_task_status_is_one_of_four_words(fake: CheckedFake, path: str, end: str) -> None:
    seen = []
    for answer in life(fake, path):
        seen += [record["task_status"] for record in (answer.data if isinstance(answer.data, list) else [answer.data])]
        if seen[-1] == "processing" and end == "failed":
            (task,) = fake.world.tasks.newest()
            fake.world.force(task, "failed", fake.clock.now(), "The moderators said no")
    assert list(dict.fromkeys(seen)) == ["submitted", "processing", end]


@pytest.mark.parametrize("readings", EVERY_READING, ids=str)
def test_answers_task_info_and_task_result_are_objects_or_absent_and_never_null(readings: dict[str, str]) -> None:
    for path in PRODUCTS:
        fake = CheckedFake(services=("kling",), readings=readings)
        for record in records(fake, path):
            assert isinstance(record.get("task_info", {}), dict)
            assert isinstance(record.get("task_result", {}), dict)
            assert None not in record.values()


def test_answers_duration_and_final_unit_deduction_are_texts(fake: CheckedFake) -> None:
    ended = [record for path in PRODUCTS for record in records(fake, path) if record["task_status"] == "succeed"]
    assert len(ended) > 4
    for record in ended:
        assert isinstance(record["final_unit_deduction"], str)
        for video in record["task_result"].get("videos", []):
            assert isinstance(video["duration"], str)
            assert float(video["duration"]) == pytest.approx(5, abs=0.1)


def test_answers_index_counts_from_0_and_a_list_is_a_bare_array(fake: CheckedFake) -> None:
    *_, last = records(fake, IMAGE, n=9)
    assert [image["index"] for image in last["task_result"]["images"]] == list(range(9))
    assert isinstance(fake.get(IMAGE).data, list)
    assert isinstance(fake.get(VIDEO).data, list)


@pytest.mark.parametrize("path", PRODUCTS)
@pytest.mark.parametrize("keys", [(), (Key.parse(AK),)])
def test_answers_an_expired_token_is_401_1004(path: str, keys: tuple[Key, ...]) -> None:
    fake = CheckedFake(keys=keys)
    for answer in (fake.create(path, token=token(exp=NOW - 6)), fake.get(path, token=token(exp=NOW - 6))):
        assert (answer.status, answer.code) == (401, 1004)


@pytest.mark.parametrize("path", PRODUCTS)
def test_answers_result_urls_need_no_credentials_and_their_host_can_be_chosen(path: str) -> None:
    fake = CheckedFake(keys=(Key("k"),), public_url="https://files.example.com")
    id = fake.made(path, token="k", **WATERMARK)
    fake.clock.advance(5000)
    (items,) = [
        items for items in fake.get(path, id, token="k").data["task_result"].values() if isinstance(items, list)
    ]
    for url in (items[0]["url"], items[0]["watermark_url"]):
        assert url.startswith("https://files.example.com/results/")
        assert status(result_at(fake, urlsplit(url).path)) == 200


def test_answers_extra_fields_and_data_null_keep_the_contract(fake: CheckedFake) -> None:
    catalog = fake.world.catalog
    check(catalog, KLING.refusal, {**fake.create(n=10).json, "data": None, "extra": 1})
    answer = fake.create()
    check(catalog, "kling/created.json", {**answer.json, "extra": 1, "data": {**answer.data, "extra": {"a": None}}})


# --- Requests met in the wild ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PRODUCTS)
@pytest.mark.parametrize("prefix", ["", "/kling", "/proxy/kling", "/klingai"])
def test_requests_1_come_under_four_prefixes(prefix: str, path: str) -> None:
    fake = CheckedFake(services=("kling",), prefixes=("/kling", "/proxy/kling", "/klingai"))
    id = fake.post(prefix + path, PAYLOADS[path]).data["task_id"]
    assert fake.get(prefix + path, id).data["task_id"] == id
    assert [task["task_id"] for task in fake.get(prefix + path).data] == [id]


@pytest.mark.parametrize("nbf", [NOW - 60, NOW - 5, NOW])
@pytest.mark.parametrize("exp", [NOW + 1800, NOW + 3600, NOW + 86400])
@pytest.mark.parametrize("more", [{}, {"iat": 0}, {"iat": NOW}, {"jti": "1"}, {"iat": 0, "jti": "1"}])
@pytest.mark.parametrize("keys", [(), ("api-key-kling-1", AK)])
def test_requests_2_carry_a_jwt_of_many_kinds_or_a_plain_key(
    nbf: int, exp: int, more: dict[str, Any], keys: tuple[str, ...]
) -> None:
    fake = CheckedFake(services=("kling",), keys=tuple(map(Key.parse, keys)))
    for key in (token(nbf=nbf, exp=exp, **more), "api-key-kling-1"):
        assert fake.create(token=key).status == 200


@pytest.mark.parametrize("path", PRODUCTS)
def test_requests_3_say_nothing_with_an_empty_text(fake: CheckedFake, path: str) -> None:
    nothing = {"callback_url": "", "external_task_id": "", "negative_prompt": ""}
    first, second = fake.create(path, **nothing), fake.create(path, **nothing)
    assert (first.status, second.status) == (200, 200)
    assert first.data["task_info"] == {}
    assert fake.next_delivery is None


@pytest.mark.parametrize("path", PRODUCTS)
@pytest.mark.parametrize("is_strict", [False, True])
def test_requests_4_carry_extra_keys_which_only_strict_refuses(path: str, is_strict: bool) -> None:
    fake = CheckedFake(strict=is_strict)
    extra: dict[str, Any] = {"model": "kling-v1", "cfg_scale": 0.5, "negative_prompt": "rain"}
    if path == IMAGE:
        extra |= {"mode": "std", "sound": "on", "multi_shot": False}
    answer = fake.create(path, **extra)
    assert answer.status == (400 if is_strict else 200)
    assert answer.rules == ["additionalProperties"]


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        ({"image": "https://a.b/c.png"}, "image_list[].image_url.required"),
        ({"image_url": "https://a.b/c.png", "type": "end"}, "image_list[].type.enum"),
        ({"image_url": "https://a.b/c.png", "type": "first"}, "image_list[].type.enum"),
    ],
)
def test_requests_5_misname_the_image_of_a_film_or_its_kind_and_are_told_which(
    fake: CheckedFake, item: dict[str, str], rule: str
) -> None:
    answer = fake.create(VIDEO, image_list=[item])
    assert (answer.status, answer.code) == (400, 1201)
    assert answer.rules[0] == rule
    assert answer.message


@pytest.mark.parametrize("path", ["/v1/videos", "/v1/images"])
def test_requests_6_poll_a_path_that_is_not_there_and_are_told_so(path: str) -> None:
    fake = CheckedFake(services=("kling",))  # a gateway has films at /v1/videos
    id = fake.made()
    answer = fake.get(path, id)
    assert (answer.status, answer.code) == (404, 1203)
    assert f"GET {path}/{id}" in answer.message
    entry = next(iter(fake.world.journal))
    assert (entry.service, entry.operation, entry.request.path) == ("kling", None, f"{path}/{id}")


@pytest.mark.parametrize("path", PRODUCTS)
@pytest.mark.parametrize("kind", [None, "", "text/plain", "application/json"])
def test_requests_7_to_read_have_no_content_type_or_any(fake: CheckedFake, path: str, kind: str | None) -> None:
    id = fake.made(path)
    assert fake.get(path, id, content_type=kind).status == 200
    assert fake.get(path, content_type=kind).status == 200


@pytest.mark.parametrize(
    ("path", "fields", "rules"),
    [
        (IMAGE, {"element_list": [{"element_id": 829836802793406551}]}, []),
        (IMAGE, {"element_list": [{"element_id": "829836802793406551"}]}, []),
        (IMAGE, {"element_list": [{"element_id": 2**53 + 1}, {"element_id": 7}]}, []),
        (VIDEO, {"element_list": [{"element_id": 829836802793406551}]}, []),
        (VIDEO, {"element_list": [{"element_id": "829836802793406551"}]}, []),
        (VIDEO, {"duration": "5"}, []),
        (VIDEO, {"duration": 5}, ["duration-as-text"]),
        (IMAGE, {"prompt": "Put @image_1 there", "image_list": [{"image": "https://a.b/c"}]}, ["reference-form"]),
    ],
)
def test_requests_8_write_numbers_as_text_and_references_as_elsewhere(
    fake: CheckedFake, path: str, fields: dict[str, Any], rules: list[str]
) -> None:
    answer = fake.create(path, **fields)
    assert (answer.status, answer.rules) == (200, rules)
    (task,) = fake.world.tasks.newest()
    assert {name: fake.world.sent(task)[name] for name in fields} == fields


@pytest.mark.parametrize("path", PRODUCTS)
def test_requests_9_end_with_slashes_and_carry_headers_of_their_own(fake: CheckedFake, path: str) -> None:
    headers = {"idempotency_key": "1", "x_api_key": "k", "x_request_id": "1", "accept": "*/*", "user_agent": "a/1"}
    id = fake.post(path + "/", PAYLOADS[path], **headers).data["task_id"]
    assert fake.get(f"{path}/{id}/", **headers).data["task_id"] == id
    again = fake.post(path + "/", PAYLOADS[path], **headers).data["task_id"]
    assert again != id, "an idempotency key is one of the headers to ignore"


@pytest.mark.parametrize("path", PRODUCTS)
def test_requests_10_look_up_by_either_id_and_by_a_parameter_of_the_list(fake: CheckedFake, path: str) -> None:
    id = fake.made(path, external_task_id="order-17")
    fake.made(path)
    assert fake.get(path, id).data == fake.get(path, "order-17").data
    assert fake.get(path, query="external_task_id=order-17").data == [fake.get(path, id).data]


@pytest.mark.parametrize("path", PRODUCTS)
@pytest.mark.parametrize("interval", [1, 2, 3, 5, 10, 15, 30])
@pytest.mark.parametrize("pace", ["real", "fast"])
def test_requests_11_poll_at_any_interval_at_once_and_after_the_end(path: str, interval: int, pace: str) -> None:
    fake = CheckedFake(services=("kling",), pace=pace)
    id = fake.made(path)
    seen = [fake.status(id, path)]
    while len(seen) < 5 or seen[-1] != "succeed":
        fake.clock.advance(interval * 1000)
        seen.append(fake.status(id, path))
    total = {"real": {IMAGE: 40, VIDEO: 90}, "fast": {IMAGE: 2, VIDEO: 4}}[pace][path]
    assert seen[0] == "submitted"
    assert seen.index("succeed") == -(-total // interval)
    assert [fake.status(id, path) for _ in range(3)] == ["succeed"] * 3


def test_requests_12_come_again_after_429_with_the_same_answer_until_a_slot_is_free() -> None:
    fake = CheckedFake(slots=1)
    fake.made()
    answers = []
    for _ in range(16):
        answers.append((fake.create().status, len(fake.world.tasks)))
        fake.clock.advance(200)
    assert answers[:10] == [(429, 1)] * 10
    assert answers[10] == (200, 2)


def test_requests_12_come_again_after_400_and_get_400_again(fake: CheckedFake) -> None:
    answers = [fake.create(n=10) for _ in range(5)]
    assert {(answer.status, answer.code, answer.message) for answer in answers} == {
        (400, 1201, "n value '10' is invalid")
    }
    assert len(fake.world.tasks) == 0


def test_requests_12_come_again_after_1004_with_a_new_token_and_enter() -> None:
    fake = CheckedFake(keys=(Key.parse(AK),))
    old = token(exp=NOW + 1800)
    id = fake.made(token=old)
    fake.clock.advance(HOUR)
    assert fake.get(IMAGE, id, token=old).code == 1004
    assert fake.get(IMAGE, id, token=token(nbf=NOW + 3595, exp=NOW + 5400)).data["task_status"] == "succeed"


# --- Met since ---------------------------------------------------------------------------------------------------

WIRE = {
    "Java 17's HttpClient": (
        "POST {path} HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: {length}\r\n"
        "Host: {host}\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n"
        "User-Agent: Java-http-client/17.0.9\r\nauthorization: Bearer me\r\ncontent-type: application/json\r\n\r\n"
    ),
    "curl --http2": (
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
        "Authorization: Bearer me\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ),
    "a Go client of a gateway": (
        "POST {path}/ HTTP/1.1\r\nHost: {host}\r\nUser-Agent: kling-sdk/1.0\r\nContent-Length: {length}\r\n"
        "Authorization: Bearer sk-me\r\nContent-Type: application/json; charset=utf-8\r\nIdempotency-Key: 1\r\n"
        "X-Api-Key: k\r\nAccept-Encoding: gzip\r\n\r\n"
    ),
}
"""The head of a create as it comes over the wire."""


@pytest.mark.parametrize("path", PRODUCTS)
@pytest.mark.parametrize("client", WIRE)
def test_since_then_heads_came_that_offer_http_2(client: str, path: str) -> None:
    body = json.dumps(PAYLOADS[path]).encode()
    with live(pace="instant") as running:
        host = urlsplit(running.url)
        head = WIRE[client].format(path=path, host=host.netloc, length=len(body)).encode()
        with socket.create_connection((host.hostname, host.port), PATIENCE) as connection:
            connection.sendall(head)  # the body comes in a packet of its own, as theirs does
            connection.sendall(body)
            assert answers(connection)[0].json["data"]["task_status"] == "submitted"


@pytest.mark.parametrize("path", PRODUCTS)
def test_since_then_a_get_came_without_a_type_and_with_names_in_lower_case(path: str) -> None:
    with live(pace="instant") as running:
        host = urlsplit(running.url)
        with socket.create_connection((host.hostname, host.port), PATIENCE) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nhost: {host.netloc}\r\nauthorization: Bearer me\r\n\r\n".encode()
            )
            assert answers(connection)[0].json["data"] == []
