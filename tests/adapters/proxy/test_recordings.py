"""Recordings: exchanges become fixtures, each once, and nothing in them is anybody's."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from starlette.types import Receive, Scope, Send

from mockserver.adapters.http.asgi import application
from mockserver.adapters.proxy.inspection import Exchange, Inspector
from mockserver.adapters.proxy.recordings import BadRecording, Recorder, load
from mockserver.adapters.proxy.redaction import digest
from mockserver.contract.differences import Difference
from mockserver.contract.vectors import picture
from mockserver.fake.core import Fake
from mockserver.resources import folder
from mockserver.settings import Settings
from mockserver.types import JSON, Request, Response
from tests.conftest import IMAGE, PATIENCE
from tests.support.between import TOKEN, between, served, wait_for_the_end

META = jsonschema_rs.validator_for(json.loads((folder("fixtures") / "fixture.meta.json").read_text("utf-8")))
PROMPT = {"prompt": "A red bicycle in the rain"}
REFUSED: dict[str, JSON] = {"code": 1201, "message": "no", "request_id": "r"}


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    wait_for_the_end()


class Tape:
    """A recorder of one service, and what it wrote."""

    def __init__(self, place: Path, service: str = "kling", host: str = "gateway.example") -> None:
        self.place = place
        self.inspector = Inspector(Fake(Settings(services=(service,))).world)
        self.recorder = Recorder(place, self.inspector.service, self.inspector.router, host)

    def record(
        self,
        request: Request,
        answer: JSON,
        status: int = 200,
        *,
        differences: tuple[Difference, ...] = (),
        **headers: str,
    ) -> str | None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return self.recorder.record(Exchange(request, Response(status, body, headers)), differences)

    @property
    def files(self) -> dict[str, Any]:
        found = {}
        for file in sorted(file for file in self.place.rglob("*") if file.is_file()):
            found[file.relative_to(self.place).as_posix()] = json.loads(file.read_text(encoding="utf-8"))
            META.validate(found[file.relative_to(self.place).as_posix()])
        return found

    def only(self) -> Any:
        (found,) = self.files.values()
        return found


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path)


def create(payload: JSON = None, **headers: str) -> Request:
    body = payload if isinstance(payload, bytes) else json.dumps(payload or PROMPT).encode()
    usual = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json", "user-agent": "x", "host": "y"}
    return Request(
        "POST", IMAGE, "", {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}, body
    )


def get(id: str, query: str = "", **headers: str) -> Request:
    return Request("GET", f"{IMAGE}/{id}", query, {"authorization": f"Bearer {TOKEN}", **headers})


def task(status: str, **fields: JSON) -> dict[str, JSON]:
    return {"code": 0, "request_id": str(fields), "data": {"task_id": "1", "task_status": status}}


# The shape.


def test_a_recording_has_the_shape_of_a_fixture_and_says_where_it_is_from(tape: Tape) -> None:
    assert tape.record(create(), task("submitted")) is not None
    ((name, fixture),) = tape.files.items()
    assert re.fullmatch(r"kling/omni-image\.create/submitted-[0-9a-f]{8}-1\.json", name)
    assert fixture == {
        "source": "recorded at gateway.example",
        "confidence": "gateway",
        "request": {"method": "POST", "path": IMAGE, "body": PROMPT},
        "response": {"status": 200, "body": task("submitted")},
        "reproduced": False,
        "why": "A recording: what came before it is not recorded here.",
    }


def test_what_the_service_itself_said_is_observed(tmp_path: Path) -> None:
    tape = Tape(tmp_path, host="api.klingai.com")
    tape.record(create(), task("submitted"))
    assert tape.only()["confidence"] == "observed"


def test_what_differs_from_the_contract_is_marked(tape: Tape) -> None:
    found = Difference("answer", "/me@example.org", "type", "a", "b", "c")
    tape.record(create(), task("done"), differences=(found,))
    fixture = tape.only()
    assert (fixture["valid"], fixture["reproduced"]) == (False, False)
    assert fixture["why"].endswith("The contract says something else at /account-1@example.com (type).")


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (200, task("processing"), "omni-image.create/processing"),
        (200, {"status_name": "succeed"}, "omni-image.create/succeed"),
        (200, {"data": []}, "omni-image.create/http-200"),
        (200, {"data": {"task_status": "../../x"}}, "omni-image.create/http-200"),
        (400, REFUSED, "omni-image.create/code-1201"),
        (500, {"code": "../x"}, "omni-image.create/http-500"),
        (502, b"<html>", "omni-image.create/http-502"),
    ],
)
def test_a_file_is_called_by_what_the_answer_says(tape: Tape, status: int, body: JSON, name: str) -> None:
    assert str(tape.record(create(), body, status)).startswith(f"kling/{name}-")
    assert len(tape.files) == 1


def test_what_is_none_of_the_operations_has_a_folder_of_its_own(tape: Tape) -> None:
    tape.record(Request("GET", "/account/costs/SomeBody17"), {"found": "SomeBody17"})
    ((name, fixture),) = tape.files.items()
    assert name.startswith("kling/not-served/http-200-")
    assert re.fullmatch("/account/costs/x-[0-9a-f]{16}", fixture["request"]["path"])
    assert fixture["response"]["body"] == {"found": "removed"}


@pytest.mark.parametrize(
    ("request_", "headers"),
    [
        (create(), None),
        (create(content_type="application/json; charset=utf-8"), None),
        (get("1"), None),
        (get("1", **{"content-type": "application/json"}), None),
        (create(authorization=""), {"content-type": "application/json"}),
        (create(authorization="Basic eA=="), {"authorization": "Basic removed", "content-type": "application/json"}),
        (create(content_type=""), {"authorization": "Bearer removed"}),
        (create(content_type="text/plain"), {"authorization": "Bearer removed", "content-type": "text/plain"}),
        (Request("GET", f"{IMAGE}/1"), {}),
    ],
)
def test_only_the_headers_that_count_are_told_and_only_if_they_are_not_the_usual_ones(
    tape: Tape, request_: Request, headers: JSON
) -> None:
    tape.record(request_, task("submitted"))
    assert tape.only()["request"].get("headers") == headers


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", {}),
        (b'{"a":1,"a":2}', {"text": '{"a":1,"a":2}'}),
        (b"{", {"text": "{"}),
        (b'"text"', {"body": "text"}),
        (b"[1, 2.50, 9007199254740993]", {"body": [1, 2.5, 9007199254740993]}),
        (b"\xff\x00", {"text": digest(b"\xff\x00")}),
    ],
)
def test_a_body_is_told_as_what_it_is(tape: Tape, body: bytes, expected: dict[str, JSON]) -> None:
    tape.record(create(body), task("submitted"))
    request = tape.only()["request"]
    assert {name: request[name] for name in request.keys() & {"body", "text", "base64"}} == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"<p>\xc3\xa9", "<p>\N{LATIN SMALL LETTER E WITH ACUTE}"), (b"", ""), (b'"x"', '"x"'), (b"\x89PNG\xff", None)],
)
def test_an_answer_that_is_no_object_is_told_as_text_or_not_at_all(tape: Tape, body: bytes, expected: JSON) -> None:
    tape.record(create(), body, 502)
    assert tape.only()["response"] == {"status": 502} | ({} if expected is None else {"body": expected})


def test_a_form_is_told_in_one_spelling_and_files_by_their_digest(tmp_path: Path) -> None:
    tape = Tape(tmp_path, "useapi")
    parts = [
        ('form-data; name="prompt"', "A cat"),
        ('form-data; name="email"', "me@example.org"),
        ('form-data; name="image_1"; filename="me.png"', "content"),
    ]
    for boundary in ("----one", "two"):
        lines = "".join(f"--{boundary}\r\nContent-Disposition: {kind}\r\n\r\n{value}\r\n" for kind, value in parts)
        kind = f"multipart/form-data; boundary={boundary}"
        headers = {"authorization": "Bearer x", "content-type": kind}
        request = Request("POST", "/v1/kling/images/omni", "", headers, f"{lines}--{boundary}--\r\n".encode())
        tape.record(request, {"error": "no"}, 400)
    request_ = tape.only()["request"]
    assert request_["headers"]["content-type"] == "multipart/form-data; boundary=boundary"
    assert request_["text"] == (
        '--boundary\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA cat\r\n'
        '--boundary\r\nContent-Disposition: form-data; name="email"\r\n\r\naccount-1@example.com\r\n'
        '--boundary\r\nContent-Disposition: form-data; name="image_1"; filename="file"\r\n\r\n'
        f"{digest('content')}\r\n--boundary--\r\n"
    )


# Each once, and in their order.


def test_the_answers_to_one_request_are_numbered_and_one_that_says_the_same_is_not_written_again(tape: Tape) -> None:
    states = ["submitted", "submitted", "processing", "processing", "succeed", "succeed"]
    names = [tape.record(get("1"), task(state, n=n)) for n, state in enumerate(states)]
    assert [name and re.sub("-[0-9a-f]{8}-", "-", name.rpartition("/")[2]) for name in names] == [
        *("submitted-1", None, "processing-2", None, "succeed-3", None)
    ]
    assert len(tape.files) == 3


def test_a_request_that_is_another_has_a_row_of_its_own(tape: Tape) -> None:
    requests = [get("1"), get("2"), get("1", "a=b"), Request("GET", f"{IMAGE}/1"), create(), create({"prompt": "B"})]
    names = {str(tape.record(request, task("submitted"))) for request in requests}
    assert len({name.rpartition("/")[2] for name in names}) == len(requests)
    assert all(name.endswith("-1") for name in names)


def test_a_recording_that_is_made_again_changes_nothing(tmp_path: Path) -> None:
    made: dict[Path, int] | None = None
    for _ in range(2):
        tape = Tape(tmp_path)
        for state in ("submitted", "processing", "succeed"):
            tape.record(get("1"), task(state, at=state))
        tape.record(create(), REFUSED, 400)
        before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.json")}
        if made is not None:
            assert before == made
        made = before
    assert len(before) == 4
    assert Tape(tmp_path).record(get("1"), task("succeed", at="succeed")) is None


def test_an_answer_that_comes_back_is_written_again(tape: Tape) -> None:
    names = [tape.record(get("1"), {"n": n}) for n in (1, 2, 1, 1, 2)]
    assert [name and name.rpartition("-")[2] for name in names] == ["1", "2", "3", None, "4"]


def test_the_tenth_answer_comes_after_the_ninth(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    for number in range(12):
        tape.record(get("1"), {"number": number})
    found = load(tmp_path, tape.inspector.service, tape.inspector.router)
    assert [recording.fixture["response"]["body"]["number"] for recording in found] == list(range(12))


def test_a_file_that_was_deleted_leaves_its_number_unused(tmp_path: Path) -> None:
    names = [str(Tape(tmp_path).record(get("1"), {"n": n})) for n in range(3)]
    (tmp_path / f"{names[0]}.json").unlink()
    assert str(Tape(tmp_path).record(get("1"), {"n": 3})).endswith("-4")
    assert len(list(tmp_path.rglob("*.json"))) == 3


def test_what_is_not_known_as_a_whole_is_not_recorded(tape: Tape) -> None:
    exchange = Exchange(create(), Response(200, b""), {"answer": "its end did not come"})
    assert tape.recorder.record(exchange, ()) is None
    assert tape.files == {}


def test_a_folder_that_cannot_be_written_to_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRecording, match="cannot be written to"):
        Tape(tmp_path / "file" / "inner")


@pytest.mark.parametrize(
    ("content", "fact"), [("{", "cannot be read"), ("{}", "source"), ('{"source": ""}', "/source|confidence")]
)
def test_a_file_that_is_no_fixture_is_named(tmp_path: Path, content: str, fact: str) -> None:
    place = tmp_path / "kling" / "omni-image.get"
    place.mkdir(parents=True)
    (place / "x.json").write_text(content)
    with pytest.raises(BadRecording, match=rf"omni-image.get/x.json: .*{fact}"):
        Tape(tmp_path)


@pytest.mark.parametrize("service", ["kling", "chainhub", "yutoai", "useapi"])
def test_our_own_fixtures_can_be_read_as_recordings(service: str) -> None:
    inspector = Inspector(Fake(Settings(services=(service,))).world)
    assert load(Path(str(folder("fixtures"))), inspector.service, inspector.router)


# Nothing that is anybody's.

SECRET = "S3cr3t-of-mine-0123456789"
EVERYWHERE = {
    "authorization": create(authorization=f"Bearer {SECRET}"),
    "basic": create(authorization="Basic " + b64encode(f"me:{SECRET}".encode()).decode()),
    "cookie": create(cookie=f"a=1; session={SECRET}"),
    "api-key": create(x_api_key=SECRET),
    "another-header": create(x_whatever=SECRET),
    "content-type": create(content_type=f"application/json; key={SECRET}"),
    "query": get("1", f"api_key={SECRET}"),
    "unknown-query": get("1", f"x={SECRET}"),
    "field": create({**PROMPT, "api_key": SECRET}),
    "inner-field": create({**PROMPT, "a": [{"clientSecret": SECRET}]}),
    "signed-url": create({"image_list": [{"image": f"https://a.example/b.png?X-Amz-Signature={SECRET}"}]}),
    "url-with-password": create({"image_list": [{"image": f"https://me:{SECRET}@a.example/b.png"}]}),
    "callback-url": create({"callback_url": f"https://a.example/hook/{SECRET}"}),
    "text": create(f"password={SECRET}&prompt=x".encode(), content_type="application/x-www-form-urlencoded"),
    "strange-path": Request("GET", f"/keys/{SECRET}/x"),
}

INNOCENT = {"another-header", "content-type", "signed-url", "url-with-password", "callback-url", "text"}
"""Places that do not say that what stands there is a secret: it is gone from there, and may come back in an answer."""


@pytest.mark.parametrize("place", EVERYWHERE)
def test_a_secret_is_in_no_recording_wherever_it_was_and_whoever_repeats_it(tape: Tape, place: str) -> None:
    said = {"message": f"bad key {SECRET}", SECRET: [SECRET], "url": f"https://a.example/?k={SECRET}"}
    tape.record(EVERYWHERE[place], said if place not in INNOCENT else {})
    (file,) = tape.place.rglob("*.json")
    assert SECRET not in file.read_text(encoding="utf-8")
    assert SECRET not in str(file)


def test_a_secret_of_the_answer_is_not_recorded(tape: Tape) -> None:
    tape.record(create(), {"secret": SECRET, "message": SECRET})
    tape.record(get("1"), f"<p>{SECRET}".encode(), cookie=f"sid={SECRET}; Path=/")
    assert [file for file in tape.place.rglob("*.json") if SECRET in file.read_text()] == []


def test_credentials_of_earlier_are_known_later(tape: Tape) -> None:
    tape.record(create(authorization=f"Bearer {SECRET}"), task("submitted"))
    tape.record(get("1", authorization="Bearer other"), {"message": f"{SECRET} was here"})
    assert [file for file in tape.place.rglob("*.json") if SECRET in file.read_text()] == []


def test_people_and_accounts_are_not_recorded(tmp_path: Path) -> None:
    tape = Tape(tmp_path, "useapi")
    answer = {"me@example.org": {"email": "me@example.org", "session": {"userId": "50684101"}, "maxJobs": 5}}
    tape.record(Request("GET", "/v1/kling/accounts"), answer)
    tape.record(
        Request("GET", "/v1/kling/tasks", "email=me%40example.org"), {"history": [{"task": {"userId": 50684101}}]}
    )
    whole = "".join(file.read_text() for file in tmp_path.rglob("*.json"))
    assert re.findall("me@|me%40|50684101", whole) == []
    assert "account-1@example.com" in whole
    assert "account-1%40example.com" in whole


def test_an_image_is_shortened_to_its_digest(tape: Tape) -> None:
    image = picture(300, 300)
    tape.record(create({**PROMPT, "image_list": [{"image": image}, {"image": f"data:image/png;base64,{image}"}]}), {})
    images = [item["image"] for item in tape.only()["request"]["body"]["image_list"]]
    assert images == [digest(image), f"data:image/png;base64,{digest(image)}"]


def test_of_a_result_only_the_form_of_its_url_is_kept(tape: Tape) -> None:
    url = "https://cdn.klingai.com/bs2/upload/user-17/0.png?x-kcdn-pid=112452"
    tape.record(get("1"), {"data": {"task_result": {"images": [{"index": 0, "url": url}]}}})
    (image,) = tape.only()["response"]["body"]["data"]["task_result"]["images"]
    assert re.fullmatch(r"https://example\.com/[0-9a-f]{16}\.png", image["url"])


def test_the_proxy_records_what_passes_and_says_so(tmp_path: Path) -> None:
    there = Fake(Settings(services=("kling",), pace="instant", seed=1))
    with served(application(there), there) as url, between(url, record=tmp_path) as proxy:
        for _ in range(2):
            assert proxy.send("POST", IMAGE, {**PROMPT, "external_task_id": "order-17"}).status_code in (200, 400)
            assert proxy.send("GET", f"{IMAGE}/order-17").status_code == 200
    files = {file.relative_to(tmp_path).with_suffix("").as_posix() for file in tmp_path.rglob("*.json")}
    told = [line.rpartition("recorded as ")[2] for line in proxy.lines]
    assert set(told[:3]) == files
    assert "recorded" not in told[3]
    assert all(TOKEN not in file.read_text() for file in tmp_path.rglob("*.json"))


def test_large_exchanges_at_once_are_recorded_one_by_one(tmp_path: Path) -> None:
    numbers = itertools.count()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": f"{(await receive())['type']}.complete"})
            return
        body = json.dumps({"number": next(numbers), "padding": ["x " * 10] * 20_000}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    async def poll(url: str) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
            await asyncio.gather(*(client.get(f"{IMAGE}/1") for _ in range(8)))

    with served(app) as url, between(url, record=tmp_path) as proxy:
        asyncio.run(poll(proxy.url))
    found = [file.stem.rpartition("-")[2] for file in tmp_path.rglob("*.json")]
    assert sorted(found) == sorted(map(str, range(1, 9)))


def test_a_folder_that_fills_up_is_told_of_and_harms_nobody(tmp_path: Path) -> None:
    with served() as url, between(url, record=tmp_path) as proxy:
        (tmp_path / "kling").write_text("")
        assert proxy.send("POST", IMAGE, PROMPT).status_code == 200
    assert "not recorded: " in proxy.lines[0]
