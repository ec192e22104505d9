"""Replay: what was recorded comes again, in its order; what was not is told, with what is nearest and why."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.adapters.http.asgi import application
from mockserver.adapters.proxy.recordings import BadRecording
from mockserver.adapters.proxy.redaction import Redactor
from mockserver.adapters.proxy.replay import Replay
from mockserver.contract.catalog import load
from mockserver.contract.vectors import picture
from mockserver.fake.core import Fake
from mockserver.fake.lifecycle import Status
from mockserver.resources import folder
from mockserver.settings import Settings
from mockserver.types import JSON, Request, Response
from tests.conftest import IMAGE, PATIENCE, check
from tests.support.between import SERVICES, TOKEN, Between, asked, between, makers, served, wait_for_the_end

PROMPT: dict[str, JSON] = {"prompt": "A red bicycle in the rain"}
SENT: dict[str, JSON] = {**PROMPT, "model_name": "kling-v3-omni", "image_list": [{"image": picture(300, 300)}]}
STATES: tuple[Status, ...] = ("submitted", "processing", "succeed")

Spoken = list[tuple[str, str, JSON, int, JSON]]
"""Requests and their answers: method, path, payload, status, body."""


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    wait_for_the_end()


def spoken(proxy: Between, there: Fake, service: str) -> Spoken:
    """Say to a service all there is to say, and return it with its answers."""
    found: Spoken = []

    def say(method: str, path: str, payload: JSON = None) -> None:
        answer = proxy.send(method, path, payload)
        found.append((method, path, payload, answer.status_code, answer.json()))

    for maker in makers(service):
        say("POST", maker.path, maker.schema["examples"][0])
        task = next(iter(there.tasks))
        for state in STATES:
            there.tasks.force(task, state)
            for path in asked(service, maker):
                say("GET", path.replace("{id}", task.id).replace("{task_id}", task.id))
        say("POST", maker.path, {})
    say("GET", "/nothing/here")
    return found


class Tape:
    """A folder of recordings, and what was said when they were made."""

    def __init__(self, place: Path, service: str) -> None:
        self.place, self.service = place, service
        there = Fake(Settings(services=(service,), seed=1))
        there.clock.freeze()
        with served(application(there), there) as url, between(url, service=service, record=place) as proxy:
            self.spoken = spoken(proxy, there, service)

    def replay(self) -> tuple[Replay, list[str]]:
        lines: list[str] = []
        return Replay(self.place, Settings(services=(self.service,)), lines.append), lines


@pytest.fixture(scope="module", params=SERVICES)
def tape(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return Tape(tmp_path_factory.mktemp("tape"), request.param)


def ask(
    fake: Fake,
    method: str,
    path: str,
    payload: JSON = None,
    *,
    token: str | None = TOKEN,
    query: str = "",
    **headers: str,
) -> Response:
    usual = {} if token is None else {"authorization": f"Bearer {token}", "x-api-key": token}
    body = b"" if payload is None else json.dumps(payload).encode()
    if payload is not None:
        usual["content-type"] = "application/json"
    return fake.respond(Request(method, path, query, {**usual, **headers}, body))


def counted(body: JSON) -> JSON:
    """Return what of an answer must come again: all but what is redacted, and the id of its request."""
    there = re.sub(r"http://[\w.:]+/results/recorded/", "http://example.com/", json.dumps(body))
    redacted = Redactor().json(json.loads(there))
    is_object = isinstance(redacted, dict)
    return {name: value for name, value in redacted.items() if name != "request_id"} if is_object else redacted


def test_what_was_recorded_is_answered_again_each_answer_once_until_the_last(tape: Tape) -> None:
    replay, lines = tape.replay()
    expected: dict[str, list[tuple[int, JSON]]] = {}
    for method, path, payload, status, body in tape.spoken:
        answers = expected.setdefault(json.dumps([method, path, payload]), [])
        if not answers or answers[-1] != (status, counted(body)):
            answers.append((status, counted(body)))
    for request, answers in expected.items():
        for status, body in [*answers, answers[-1]]:
            answer = ask(replay, *json.loads(request))
            assert (answer.status, counted(json.loads(answer.body))) == (status, body), request
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["mockserver-recording"].startswith(f"{tape.service}/")
    assert len(lines) == len(replay.requests) > len(expected) > 2
    assert [line for line in lines if "; 0 differences" not in line or "; from " not in line] == []


def test_an_answer_from_a_recording_keeps_the_contract(tape: Tape) -> None:
    replay, _ = tape.replay()
    for method, path, payload, status, _ in tape.spoken:
        answer = ask(replay, method, path, payload)
        entry = next(iter(replay.requests))
        operation = SERVICES[tape.service].operations.get(str(entry.operation))
        if status == 200 and operation is not None and operation.answer is not None:
            check(load(), operation.answer, json.loads(answer.body))


def test_a_task_that_is_polled_goes_on_from_answer_to_answer_and_ends_at_the_last(tmp_path: Path) -> None:
    replay = recorded(tmp_path, *(("GET", f"{IMAGE}/1", None, task(state)) for state in STATES))
    assert [status(ask(replay, "GET", f"{IMAGE}/1")) for _ in range(5)] == [*STATES, "succeed", "succeed"]


def test_each_account_begins_at_the_first_answer_and_so_does_everybody_after_a_reset(tmp_path: Path) -> None:
    replay = recorded(tmp_path, *(("GET", f"{IMAGE}/1", None, task(state)) for state in STATES))

    def poll(token: str) -> str:
        return status(ask(replay, "GET", f"{IMAGE}/1", token=token))

    assert [poll("one"), poll("one"), poll("two")] == ["submitted", "processing", "submitted"]
    replay.reset("one")
    assert [poll("one"), poll("two")] == ["submitted", "processing"]
    replay.reset()
    assert [poll("one"), poll("two")] == ["submitted", "submitted"]


def recorded(place: Path, *exchanges: tuple[str, str, JSON, JSON]) -> Replay:
    """Return a replay of some exchanges."""
    for number, (method, path, body, answer) in enumerate(exchanges):
        request = {"method": method, "path": path} | ({} if body is None else {"body": body})
        response = {"status": 200, "body": answer}
        write(place, f"omni-image.get/x-{number}", {"request": request, "response": response})
    return Replay(place, Settings(services=("kling",)), lambda _: None)


def write(place: Path, name: str, fixture: dict[str, Any]) -> None:
    file = place / "kling" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"source": "a test", "confidence": "unknown", **fixture}))


def task(state: str) -> JSON:
    times = {"created_at": 1790000000000, "updated_at": 1790000000000}
    return {"code": 0, "message": "", "request_id": "r", "data": {"task_id": "1", "task_status": state, **times}}


def status(answer: Response) -> str:
    return str(json.loads(answer.body)["data"]["task_status"])


# No recording.


def missed(replay: Replay, *request: Any, **how: Any) -> tuple[Response, str]:
    """Return an answer that there is no recording, and the reason."""
    answer = ask(replay, *request, **how)
    assert (answer.status, answer.headers["mockserver-recording"]) == (404, "none")
    (difference,) = next(iter(replay.requests)).differences
    assert (difference.side, difference.keyword) == ("request", "recording")
    assert difference.where == answer.headers["mockserver-nearest"]
    return answer, answer.headers["mockserver-why"]


def test_a_request_without_a_recording_is_told_everywhere(tmp_path: Path) -> None:
    lines: list[str] = []
    recorded(
        tmp_path, ("POST", IMAGE, {**PROMPT, "n": 2}, task("submitted")), ("GET", f"{IMAGE}/1", None, task("succeed"))
    )
    replay = Replay(tmp_path, Settings(services=("kling",)), lines.append)
    answer, why = missed(replay, "POST", IMAGE, {**PROMPT, "n": 3})
    said = "no recording of this kling/omni-image.create; nearest: kling/omni-image.get/x-0, but /body/n is 3, not 2"
    assert why == "/body/n is 3, not 2"
    assert answer.headers["mockserver-nearest"] == "kling/omni-image.get/x-0"
    body = json.loads(answer.body)
    assert (body["code"], body["message"]) == (1203, said)
    check(load(), "kling/error.json", body)
    assert lines == [f"POST {IMAGE} 404 kling/omni-image.create; 1 difference (/ recording); {said}"]
    (entry,) = replay.requests
    assert entry.differences[0].received == why


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"payload": {**PROMPT, "n": 1, "seed": 5}}, "/body/seed is not in the recording"),
        ({"payload": PROMPT}, "/body/n is missing"),
        ({"payload": {**PROMPT, "n": True}}, "/body/n is true, not 1"),
        ({"payload": {**PROMPT, "n": 1}, "token": None}, '/credentials is "none", not "bearer"'),
        ({"payload": {**PROMPT, "n": 1}, "query": "a=b"}, "/query/a is not in the recording"),
        (
            {"payload": {**PROMPT, "n": 1}, "content-type": "text/plain"},
            '/content-type is "text/plain", not "application/json"',
        ),
        ({"payload": None}, '/content-type is "", not "application/json", /body is not an object'),
    ],
)
def test_every_part_of_a_request_counts(tmp_path: Path, how: dict[str, Any], why: str) -> None:
    replay = recorded(tmp_path, ("POST", IMAGE, {**PROMPT, "n": 1}, task("submitted")))
    assert missed(replay, "POST", IMAGE, **how)[1] == why


def test_the_nearest_is_of_the_same_operation_and_has_the_fewest_reasons_against_it(tmp_path: Path) -> None:
    exchanges = [
        ("GET", f"{IMAGE}/1", None, task("succeed")),
        ("POST", IMAGE, {"prompt": "A", "n": 1}, task("submitted")),
        ("POST", IMAGE, {"prompt": "A", "n": 2, "resolution": "1k"}, task("submitted")),
    ]
    replay = recorded(tmp_path, *exchanges)
    assert (
        missed(replay, "POST", IMAGE, {"prompt": "A", "n": 3, "resolution": "1k"})[0].headers["mockserver-nearest"][-1]
        == "2"
    )
    assert missed(replay, "GET", f"{IMAGE}/2")[1] == '/parameters/id is "2", not "1"'
    assert missed(replay, "GET", "/v1/videos/omni-video/1")[1].startswith("it is kling/omni-image.")


def test_another_operation_is_nearest_only_if_there_is_none_of_the_same(tmp_path: Path) -> None:
    video = ("POST", "/v1/videos/omni-video", {"prompt": "A"}, task("submitted"))
    replay = recorded(tmp_path, video, ("POST", IMAGE, {"prompt": "B", "n": 1, "resolution": "1k"}, task("submitted")))
    answer, why = missed(replay, "POST", IMAGE, {"prompt": "A"})
    assert answer.headers["mockserver-nearest"].endswith("x-1")
    assert why == '/body/prompt is "A", not "B", /body/n is missing, /body/resolution is missing'


def test_a_star_in_a_recording_is_a_star(tmp_path: Path) -> None:
    replay = recorded(tmp_path, ("POST", IMAGE, {"prompt": "A *"}, task("submitted")))
    assert ask(replay, "POST", IMAGE, {"prompt": "A *"}).status == 200
    assert ask(replay, "POST", IMAGE, {"prompt": "A cat"}).status == 404


def test_a_reason_is_a_header_whatever_was_sent(tmp_path: Path) -> None:
    replay = recorded(tmp_path, ("POST", IMAGE, PROMPT, task("submitted")))
    answer, why = missed(replay, "POST", IMAGE, {"\u732b\r\nx": "y" * 5000, **{f"field-{n}": n for n in range(100)}})
    assert why.isascii()
    assert why.isprintable()
    assert len(why) < 2000
    assert len(answer.body) < 3000


def test_at_useapi_it_is_told_in_its_own_words(tmp_path: Path) -> None:
    replay = Replay(Path(str(folder("fixtures"))), Settings(services=("useapi",)), lambda _: None)
    answer = ask(replay, "GET", "/v1/kling/tasks/17")
    assert answer.status == 404
    check(load(), "useapi/error.json", json.loads(answer.body))
    assert "no recording of this useapi/tasks.get" in json.loads(answer.body)["error"]


# What is alike, though it is redacted.


def test_what_was_taken_out_of_a_recording_does_not_keep_a_request_from_it(tmp_path: Path) -> None:
    email = {"email": "me@example.org", "prompt": "A cat", "image_1": "https://a.example/private/1.png?sign=abc"}
    there = Fake(Settings(services=("useapi",), seed=1))
    with served(application(there), there) as url, between(url, service="useapi", record=tmp_path) as proxy:
        assert proxy.send("POST", "/v1/kling/images/omni", email).status_code == 200
    replay = Replay(tmp_path, Settings(services=("useapi",)), lambda _: None)
    again = {**email, "image_1": "https://a.example/private/1.png?sign=another"}
    assert ask(replay, "POST", "/v1/kling/images/omni", again, token="another-key").status == 200
    assert ask(replay, "POST", "/v1/kling/images/omni", {**again, "image_1": "https://a.example/2.png"}).status == 404


def test_a_secret_that_is_repeated_does_not_keep_a_request_from_its_recording(tmp_path: Path) -> None:
    there = Fake(Settings(services=("kling",), seed=1))
    payload = {"prompt": f"The key {TOKEN} on a wall"}
    with served(application(there), there) as url, between(url, record=tmp_path) as proxy:
        assert proxy.send("POST", IMAGE, payload).status_code == 200
    replay = Replay(tmp_path, Settings(services=("kling",)), lambda _: None)
    assert ask(replay, "POST", IMAGE, payload).status == 200
    assert ask(replay, "POST", IMAGE, payload, token="another").status == 404


def test_a_form_is_the_same_whatever_its_boundary(tmp_path: Path) -> None:
    there = Fake(Settings(services=("useapi",), seed=1))
    file = {"prompt": (None, "A cat"), "imageCount": (None, "2")}
    with served(application(there), there) as url, between(url, service="useapi", record=tmp_path) as proxy:
        assert proxy.send("POST", "/v1/kling/images/omni", files=file).status_code == 200
    replay = Replay(tmp_path, Settings(services=("useapi",)), lambda _: None)
    with served(fake=replay) as url:
        headers = {"authorization": f"Bearer {TOKEN}"}
        again = httpx.post(f"{url}/v1/kling/images/omni", files=file, headers=headers)
        other = httpx.post(f"{url}/v1/kling/images/omni", files={**file, "imageCount": (None, "3")}, headers=headers)
    assert (again.status_code, other.status_code) == (200, 404)
    assert other.headers["mockserver-why"] == '/body/imageCount is "3", not "2"'


def test_an_image_is_the_same_as_its_digest(tmp_path: Path) -> None:
    there = Fake(Settings(services=("kling",), seed=1))
    with served(application(there), there) as url, between(url, record=tmp_path) as proxy:
        assert proxy.send("POST", IMAGE, SENT).status_code == 200
    replay = Replay(tmp_path, Settings(services=("kling",)), lambda _: None)
    assert ask(replay, "POST", IMAGE, SENT).status == 200
    assert ask(replay, "POST", IMAGE, {**SENT, "image_list": [{"image": picture(301, 300)}]}).status == 404
    assert next(reversed(list(replay.requests))).violations == ()


@pytest.mark.parametrize(("body", "kind"), [("<html>", "text/html"), ("nothing", "text/plain"), ("", "text/plain")])
def test_an_answer_that_was_no_json_is_none_again(tmp_path: Path, body: str, kind: str) -> None:
    request = {"method": "GET", "path": f"{IMAGE}/1"}
    write(tmp_path, "omni-image.get/x", {"request": request, "response": {"status": 502, "body": body}})
    replay = Replay(tmp_path, Settings(services=("kling",)), lambda _: None)
    answer = ask(replay, "GET", f"{IMAGE}/1")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (
        502,
        body.encode(),
        f"{kind}; charset=utf-8",
    )


def test_a_folder_without_a_recording_of_the_service_is_refused(tmp_path: Path) -> None:
    recorded(tmp_path, ("GET", f"{IMAGE}/1", None, task("succeed")))
    with pytest.raises(BadRecording, match="the folder has no recording of chainhub"):
        Replay(tmp_path, Settings(services=("chainhub",)), lambda _: None)
    shutil.rmtree(tmp_path / "kling")
    with pytest.raises(BadRecording, match="the folder has no recording of kling"):
        Replay(tmp_path, Settings(services=("kling",)), lambda _: None)


def test_it_is_served_with_the_dashboard_beside_it(tmp_path: Path) -> None:
    replay = recorded(tmp_path, ("GET", f"{IMAGE}/1", None, task("processing")))
    with served(fake=replay) as url, httpx.Client(base_url=url, timeout=PATIENCE) as client:
        assert client.get(f"{IMAGE}/1", headers={"authorization": "Bearer x"}).json() == task("processing")
        assert client.get(f"{IMAGE}/2").status_code == 404
        shown = client.get("/_mock/requests").json()["items"]
        assert [(item["status"], item["differences"]) for item in shown] == [(404, [""]), (200, [])]
        client.post("/_mock/reset", json={}).raise_for_status()
        assert client.get("/_mock/requests").json()["items"] == []
