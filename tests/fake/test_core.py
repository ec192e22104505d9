"""The fake as a whole: whatever comes, an answer of the service's goes, and the exchange is noted."""

import gc
import json
import weakref
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.rules import rules_of
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import Validator
from mockserver.contract.vectors import picture
from mockserver.fake.call import Call
from mockserver.fake.dialects.known import DIALECTS
from mockserver.fake.media import results
from mockserver.fake.world import World
from mockserver.types import Request, Response
from tests.conftest import HOST, IMAGE, NOON, PAYLOADS, TOKEN, VIDEO, CheckedFake
from tests.support.results import status
from tests.support.sampling import draws

PRODUCTS = [IMAGE, VIDEO]
OPERATIONS = [operation for service in load().services.values() for operation in service.operations.values()]
BODIES = [operation for operation in OPERATIONS if "application/json" in operation.media_types]

NO_JSON = {
    "no body": b"",
    "blank": b" \n",
    "not JSON": b"prompt=A+cat",
    "NaN": b'{"prompt": "A cat", "n": NaN}',
    "Infinity": b'{"prompt": "A cat", "n": Infinity}',
    "duplicate keys": b'{"prompt": "A cat", "prompt": "A dog"}',
    "a lone surrogate": b'{"prompt": "\\ud83d"}',
    "invalid UTF-8": b'{"prompt": "\xc3\x28"}',
    "10 000 levels": b'{"prompt": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "10 000 open levels": b'{"a":' * 10_000,
    "1e400": b'{"prompt": "A cat", "n": 1e400}',
    "-1e400": b'{"prompt": "A cat", "n": -1e400}',
    "400 digits and a point": b'{"prompt": "A cat", "n": ' + b"7" * 400 + b".5}",
    "5000 digits": b'{"prompt": "A cat", "n": ' + b"7" * 5000 + b"}",
}

NO_PAYLOAD = {
    "a list": b'[{"prompt": "A cat"}]',
    "a text": b'"A cat"',
    "null": b"null",
    "a number": b"17",
    "150 levels": b'{"%b": ' + b"[" * 150 + b"]" * 150 + b"}",
    "a number of 400 digits for a text": b'{"%b": ' + b"7" * 400 + b"}",
}


@pytest.mark.parametrize("operation", BODIES, ids=lambda operation: operation.id)
def test_a_body_that_is_no_json_is_refused_in_the_services_words(operation: Operation) -> None:
    fake = CheckedFake(services=(operation.service,), readings=dict(operation.when))
    for name, body in NO_JSON.items():
        answer = fake.send("POST", operation.path, body)
        assert answer.status == load().service(operation.service).errors["unreadable"].status, name
        assert "Invalid request body: " in json.dumps(answer.json), name
    assert len(fake.world.tasks) == 0


@pytest.mark.parametrize("operation", BODIES, ids=lambda operation: operation.id)
def test_json_that_is_no_payload_is_refused_by_a_rule(operation: Operation) -> None:
    fake = CheckedFake(services=(operation.service,), readings=dict(operation.when))
    fields = operation.schema["properties"]
    text = next((name for name, part in fields.items() if part.get("type") == "string"), next(iter(fields)))
    for name, body in NO_PAYLOAD.items():
        answer = fake.send("POST", operation.path, body.replace(b"%b", text.encode()))
        assert answer.status == load().service(operation.service).errors["invalid"].status, name
        expected = {"type", f"{text}.type", f"{text}.x-int64", *(f"{each}.required" for each in fields)}
        assert any(rule in expected or rule.startswith(f"{text}[") for rule in answer.rules), name
    assert len(fake.world.tasks) == 0


@pytest.mark.parametrize("operation", BODIES, ids=lambda operation: operation.id)
def test_a_body_of_another_type_is_refused(operation: Operation) -> None:
    fake = CheckedFake(services=(operation.service,), readings=dict(operation.when))
    for kind in ("text/plain", "application/xml", "multipart/mixed", "json", "*/*", "\xe9"):
        answer = fake.send("POST", operation.path, b'{"prompt": "A cat"}', content_type=kind)
        assert answer.status == load().service(operation.service).errors["media-type"].status, kind
        assert "Content-Type" in json.dumps(answer.json), kind


@pytest.mark.parametrize("path", PRODUCTS)
def test_at_kling_what_cannot_be_read_is_1200_and_what_breaks_a_rule_1201(fake: CheckedFake, path: str) -> None:
    assert fake.send("POST", path, b"{").code == 1200
    assert fake.send("POST", path, b"{}", content_type="text/plain").code == 1200
    assert fake.send("POST", path, b"{}", content_type=None).code == 1200
    assert fake.send("POST", path, b"[]").code == 1201
    assert fake.send("POST", path, b"{}").code == 1201


@pytest.mark.parametrize("operation", BODIES, ids=lambda operation: operation.id)
def test_a_body_over_the_limit_is_413_and_one_at_the_limit_is_read(operation: Operation) -> None:
    fake = CheckedFake(services=(operation.service,), readings=dict(operation.when), max_body=100)
    assert fake.send("POST", operation.path, b'{"prompt": "A cat"}'.ljust(101)).status == 413
    assert fake.send("POST", operation.path, b"[]".ljust(100)).rules == ["type"]


def test_the_limit_is_64_mib_unless_told_otherwise(fake: CheckedFake) -> None:
    limit = 64 * 1024 * 1024
    answer = fake.send("POST", IMAGE, bytes(limit + 1))
    assert (answer.status, answer.code) == (413, 1200)
    assert str(limit) in answer.message
    assert fake.send("POST", IMAGE, bytes(limit)).status == 400


@pytest.mark.parametrize(
    ("image", "rule"),
    [
        ("data:image/png;base64," + picture(300, 300), "x-base64"),
        (picture(300, 300)[:-3] + "!!=", "x-base64"),
        ("A" * 101, "x-base64"),
        ("http:/example.com/cat.png", "x-base64"),
        (b64encode(b"no picture").decode(), "x-image-format"),
        (picture(300, 300)[:60] + "A" * (len(picture(300, 300)) - 60), "x-image-format"),
        (picture(300, 300, "GIF"), "x-image-format"),
        (picture(299, 300), "x-image-side"),
        (picture(300, 1), "x-image-side"),
        (picture(300, 751), "x-image-ratio"),
        (picture(751, 300), "x-image-ratio"),
        (picture(300, 300, size=10 * 1024 * 1024 + 1), "x-image-bytes"),
        ("", "minLength"),
        (7, "type"),
        (None, "required"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else repr(value),
)
@pytest.mark.parametrize("path", PRODUCTS)
def test_a_picture_that_is_broken_or_of_a_wrong_size_or_ratio_is_400_1201(path: str, image: Any, rule: str) -> None:
    name = {IMAGE: "image", VIDEO: "image_url"}[path]
    answer = CheckedFake(services=("kling",)).create(path, image_list=[{name: image}])
    assert (answer.status, answer.code) == (400, 1201)
    assert f"image_list[].{name}.{rule}" in answer.rules


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("path", PRODUCTS)
def test_a_picture_within_its_limits_is_accepted_without_a_note(path: str, kind: str) -> None:
    name = {IMAGE: "image", VIDEO: "image_url"}[path]
    fake = CheckedFake(services=("kling",))
    for image in (picture(300, 300, kind), picture(300, 750, kind), picture(750, 300, kind)):
        answer = fake.create(path, image_list=[{name: image}])
        assert (answer.status, answer.rules) == (200, [])


@pytest.mark.parametrize("field", ["n", "foo", "element_id"])
def test_a_number_of_400_digits_is_refused_or_kept_and_shown(fake: CheckedFake, field: str) -> None:
    number = 10**400 - 1
    fields = {"element_list": [{"element_id": number}]} if field == "element_id" else {field: number}
    answer = fake.create(**fields)
    assert answer.status == (200 if field == "foo" else 400)
    for task in fake.world.tasks.newest():
        assert str(number) in json.dumps(fake.world.sent(task))


# A megabyte of nothing but mistakes: what is wrong with it must not take minutes to say.
HEAPS = {
    "items of a wrong type": b"[" + b",".join([b"1"] * 500_000) + b"]",
    "items without their field": b"[" + b",".join([b"{}"] * 200_000) + b"]",
    "items that are right": b"[" + b",".join([b'{"image":"http://a.b"}'] * 50_000) + b"]",
    "items with strange fields": b"[" + b",".join([b'{"a":1}'] * 100_000) + b"]",
    "lists in lists": b"[" + b",".join([b"[" + b",".join([b"1"] * 1000) + b"]"] * 500) + b"]",
}


@pytest.mark.parametrize("name", HEAPS)
def test_a_megabyte_of_mistakes_is_explained_by_its_beginning(name: str) -> None:
    fake = CheckedFake(services=("kling",))
    body = b'{"prompt":"A cat","image_list":' + HEAPS[name] + b"}"
    answer = fake.send("POST", IMAGE, body)
    assert answer.status == 400
    assert any(rule.startswith(("image_list", "ten-references")) for rule in answer.rules)
    assert len(fake._intake._validators["kling/omni-image.create"].violations(json.loads(body))) <= 2001


def test_a_mistake_far_behind_the_beginning_is_found_all_the_same() -> None:
    items = {"type": "array", "items": {"type": "integer"}}
    schema = {"x-source": "ours", "x-confidence": "inferred", "type": "object", "properties": {"list": items}}
    validator = Validator(schema, rules_of("a/b", schema), {})
    (found,) = validator.violations({"list": [*range(50_000), "here"]})
    assert (found.rule.id, found.pointer) == ("list[].type", "/list/50000")


def test_a_payload_of_very_many_strange_fields_is_accepted_and_its_headers_stay_short(fake: CheckedFake) -> None:
    fields: dict[str, Any] = {f"field {n} " + "x" * 1000: n for n in range(3000)}
    answer = fake.create(**fields)
    assert (answer.status, answer.rules) == (200, ["additionalProperties"])
    assert sum(map(len, answer.headers.values())) < 1000


def test_of_a_field_with_a_very_long_name_the_headers_and_the_message_stay_short() -> None:
    fake = CheckedFake(strict=True)
    fields: dict[str, Any] = {"x" * 100_000: 1}
    answer = fake.create(**fields)
    assert (answer.status, answer.rules) == (400, ["additionalProperties"])
    assert len(answer.message) < 200
    assert sum(map(len, answer.headers.values())) < 1000


PATHS = sorted({operation.path for operation in OPERATIONS})
METHODS = ["GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "get", ""]
TYPES = [
    "application/json",
    "application/json; charset=utf-8",
    "multipart/form-data; boundary=x",
    "text/plain",
    "image/png",
    "",
]
WIRE = st.text(st.characters(max_codepoint=255), max_size=40)
NAMES = [
    "prompt",
    "n",
    "image_list",
    "multi_prompt",
    "duration",
    "external_task_id",
    "replyRef",
    "image_1",
    "email",
    "x",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(NAMES),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
PAYLOAD = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6).map(lambda value: json.dumps(value).encode())
BODY = st.binary(max_size=100) | VALUES.map(lambda value: json.dumps(value).encode()) | PAYLOAD
PATH = (
    st.sampled_from(PATHS)
    | WIRE.map(lambda text: "/" + text)
    | st.builds(
        lambda path, end: path.replace("{id}", end).replace("{task_id}", end) + "/" + end, st.sampled_from(PATHS), WIRE
    )
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "host": st.sampled_from([HOST, "api.klingai.com", "api.useapi.net", "[::1]:8080"]) | WIRE,
        "authorization": st.just("Bearer key") | st.text(max_size=40).map(lambda text: "Bearer " + text) | WIRE,
        "content-type": st.sampled_from(TYPES) | WIRE,
        "x-other": WIRE,
    },
)


@settings(max_examples=draws(400))
@given(st.sampled_from(METHODS), PATH, WIRE, HEADERS, BODY, st.booleans())
@example(
    "POST",
    IMAGE,
    "",
    {"authorization": "Bearer k", "content-type": "application/json"},
    b'{"prompt":"x","n":1e400}',
    True,
)
@example("POST", IMAGE, "", {}, b'{"\\r\\nx: y":null}', True)
def test_any_bytes_of_any_type_on_any_path_get_an_answer_of_a_services(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes, is_usual: bool
) -> None:
    fake = FUZZED[len(headers) % len(FUZZED)]
    usual = {"authorization": "Bearer key", "content-type": "application/json"} if is_usual else {}
    response = fake.respond(Request(method, path, query, {**headers, **usual}, body))
    assert 200 <= response.status < 500
    assert all(value.isascii() and value.isprintable() for value in response.headers.values())
    entry = next(iter(fake.world.journal))
    json.dumps(entry.as_json(), ensure_ascii=False, allow_nan=False).encode()
    for task in fake.world.tasks.newest():
        json.dumps(fake.world.sent(task), ensure_ascii=False, allow_nan=False).encode()
    fake.reset()


class _Watched(Request):
    """A request that a weak reference may point at."""


@settings(max_examples=draws(100))
@given(st.sampled_from(METHODS), PATH, HEADERS, BODY)
@example("POST", IMAGE, {"authorization": "Bearer k"}, b'{"prompt": "x')
@example("POST", IMAGE, {"authorization": "Bearer k"}, b'{"prompt": "\xff"}')
@example("POST", IMAGE, {"authorization": "Bearer k", "content-encoding": "gzip"}, b"none")
@example("POST", IMAGE, {"authorization": "Bearer k"}, b"[" * 10_000)
def test_a_request_that_the_journal_has_forgotten_is_not_garbage(
    method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    fake = FUZZED[0]
    request = _Watched(method, path, "", headers, body)
    known = weakref.ref(request)
    gc.disable()
    try:
        fake.respond(request)
        fake.reset()
        del request
        assert known() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("service", load().services.values(), ids=lambda service: service.id)
def test_an_exception_that_nobody_foresaw_is_answered_noted_and_told(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: World, __: Call) -> Response:
        raise KeyError("grüße\r\n")

    fake = CheckedFake(services=(service.id,))
    create = next(operation for operation in service.operations.values() if operation.task)
    with monkeypatch.context() as patch:
        patch.setitem(DIALECTS[service.dialect].actions, "create", broken)
        answer = fake.post(create.path, create.schema["examples"][0])
    assert answer.status == service.errors["internal"].status == 500
    assert service.errors["internal"].body.items() <= answer.json.items()
    (entry,) = fake.world.journal
    assert (entry.operation, entry.account) == (create.id, fake.world.known_as(TOKEN))
    assert entry.response.headers["mockserver-error"] == answer.headers["mockserver-error"]
    assert answer.headers["mockserver-error"].startswith("KeyError: 'gr%C3%BC")
    assert answer.headers["mockserver-error"].isprintable()
    told = capsys.readouterr().err
    assert f"failed to answer POST {create.path}" in told
    assert "Traceback" in told
    assert fake.post(create.path, create.schema["examples"][0]).status == create.answer_status


def test_a_result_that_raises_is_noted_and_told(
    fake: CheckedFake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(results, "fetched", lambda *_: 1 // 0)
    assert status(fake.fetch(Request("GET", "/results/kling/1/0.png"))) == 500
    (entry,) = fake.world.journal
    assert entry.response.headers["mockserver-error"].startswith("ZeroDivisionError: ")
    assert "failed to answer GET /results/kling/1/0.png" in capsys.readouterr().err


FUZZED = [
    CheckedFake(),
    CheckedFake(strict=True, prefixes=("/v1",)),
    CheckedFake(services=("useapi", "kling"), pace="polls:1"),
]


@pytest.mark.parametrize("path", PRODUCTS)
def test_every_exchange_is_noted_with_what_was_wrong(fake: CheckedFake, path: str) -> None:
    fake.create(path, foo=1)
    fake.create(path, token="you-of-the-long-name", prompt=7)
    fake.get(path, "nope")
    fake.send("GET", "/nowhere", token=None)
    found = [
        (
            entry.number,
            entry.at,
            entry.service,
            entry.account,
            entry.response.status,
            [v.rule.id for v in entry.violations],
        )
        for entry in fake.world.journal
    ]
    assert [entry[0] for entry in found] == [4, 3, 2, 1]
    assert {entry[1] for entry in found} == {NOON}
    assert [entry[3:] for entry in found] == [
        (None, 404, []),
        (fake.world.known_as("key-of-mine"), 400, []),
        (fake.world.known_as("you-of-the-long-name"), 400, ["prompt.type"]),
        (fake.world.known_as("key-of-mine"), 200, ["additionalProperties"]),
    ]


def test_the_least_payloads_draw_no_warning(fake: CheckedFake) -> None:
    for path in PAYLOADS:
        assert fake.create(path).rules == []


@pytest.mark.parametrize("is_strict", [False, True])
def test_under_strict_what_is_noted_otherwise_is_refused(is_strict: bool) -> None:
    answer = CheckedFake(strict=is_strict).create(foo=1)
    assert (answer.status, answer.rules) == (400 if is_strict else 200, ["additionalProperties"])


def test_many_threads_at_once_make_whole_answers_and_no_id_twice() -> None:
    fake = CheckedFake()
    fake_respond = super(CheckedFake, fake).respond
    headers = {"host": HOST, "authorization": "Bearer k", "content-type": "application/json"}

    def work(n: int) -> str:
        body = json.dumps({"prompt": "A cat", "external_task_id": f"order-{n % 50}"}).encode()
        created = json.loads(fake_respond(Request("POST", IMAGE, "", headers, body)).body)
        listed = json.loads(fake_respond(Request("GET", IMAGE, "pageSize=500", headers)).body)
        assert len({task["task_id"] for task in listed["data"]}) == len(listed["data"])
        return str(created["data"]["task_id"]) if created["code"] == 0 else ""

    with ThreadPoolExecutor(8) as pool:
        ids = [id for id in pool.map(work, range(200)) if id]
    assert len(ids) == len(set(ids)) == 50
    assert len(fake.world.tasks) == 50
    assert len(fake.world.journal) == 400
