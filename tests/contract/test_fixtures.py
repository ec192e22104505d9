"""The evidence: each fixture fits the schemas of its operation, and the fake answers as it says."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from standardwebhooks import Webhook

from mockserver.contract.catalog import load
from mockserver.contract.forms import typed, without_nulls
from mockserver.contract.readings import levels, settled
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import Validator
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.fake.ids import made_by
from mockserver.resources import folder
from mockserver.settings import Key, Settings
from mockserver.types import JSON, Request, Response, Schema

FOLDER = Path(str(folder("fixtures")))
CATALOG = load()
START = 1_790_000_000_000

FIXTURES = {
    path.relative_to(FOLDER).with_suffix("").as_posix(): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*/*/*.json"))
}
EXCHANGES = [name for name, fixture in FIXTURES.items() if "request" in fixture]
CALLBACKS = [name for name, fixture in FIXTURES.items() if "callback" in fixture]
SIGNED = [name for name, fixture in FIXTURES.items() if "secret" in fixture]


def is_marked(name: str, mark: str) -> bool:
    return FIXTURES[name].get(mark, True) is False


def owner(name: str) -> tuple[Service, Operation | None]:
    """Return the service that a fixture's folder names, and the operation, if it has that one."""
    service, operation, _ = name.split("/")
    found = CATALOG.service(service)
    return found, found.operations.get(f"{service}/{operation}")


def kin(service: Service) -> tuple[str, ...]:
    """Return a service, and those that share their tasks with it."""
    others = (each.id for each in CATALOG.services.values() if each.family == service.family and each.id != service.id)
    return (service.id, *others)


def named(request: JSON, ids: dict[str, str]) -> JSON:
    """Return a request that names a task, an upload or a possession by its id."""
    text = json.dumps(request)
    for name, id in ids.items():
        text = text.replace(f"{{{name}}}", id)
    return json.loads(text)


class Stage:
    """A fake that is set up and brought to the point where a fixture begins."""

    def __init__(self, name: str, services: tuple[str, ...] = ()) -> None:
        fixture = FIXTURES[name]
        chosen = dict(fixture.get("settings", {}))
        keys = tuple(Key.parse(key) for key in chosen.pop("keys", ()))
        self.fake = Fake(
            Settings(services=services or kin(owner(name)[0]), seed=1, keys=keys, **chosen),
            clock=Clock(lambda: START),
        )
        self.fake.clock.freeze()
        self.made = fixture.get("made", "")
        for step in fixture.get("arrange", ()):
            self.take(step)

    def take(self, step: dict[str, Any]) -> None:
        if "advance" in step:
            self.fake.clock.advance(step["advance"])
        elif "fail" in step:
            task = next(self.fake.world.tasks.newest())
            self.fake.world.force(task, "failed", self.fake.clock.now(), step["fail"])
        else:
            answer = self.answer(step)
            assert answer.status < 300, answer.body.decode()

    def answer(self, request: dict[str, Any]) -> Response:
        return self.fake.respond(self.request(request))

    def request(self, data: dict[str, Any]) -> Request:
        """Write a fixture's request as the wire would have it."""
        tasks = [each.id for each in self.fake.world.tasks.newest()]
        found = {
            "task_id": tasks,
            "upload_id": [each.id for each in self.fake.world.uploads],
            "possession_id": [each.id for each in self.fake.world.possessions],
        }
        data = named(data, {name: ids[0] for name, ids in found.items() if ids})
        if "text" in data or "base64" in data:
            body = data["text"].encode() if "text" in data else b64decode(data["base64"])
        else:
            written = json.dumps(data["body"]) if "body" in data else ""
            body = (written.replace(self.made, str(made_by(tasks[0]))) if tasks and self.made else written).encode()
        headers = {"authorization": "Bearer one-account"}
        if "body" in data:
            headers["content-type"] = "application/json"
        headers = {"host": "127.0.0.1:8080", **data.get("headers", headers)}
        return Request(data["method"], data["path"], data.get("query", ""), headers, body)


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DIGITS = re.compile(r"[0-9]+")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")
URL = re.compile(r"https?://[^/]+/")
IDS = re.compile(
    r"(task_|request_|group_|element_|voice_|resource_pack_|package_|session_)?id"
    r"|(task|user|work)Id|workIds|owned_by|(order|fromWork)Id|ids"
)
TIMES = re.compile(r"\w+_(at|time)|\w+Time(UTC)?|started|elapsed")


def form(value: JSON, field: str = "") -> JSON:
    """Return what of an answer must come again: ids, times and URLs by their form, all else as it is."""
    if isinstance(value, dict):
        return {name: form(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [form(item, field) for item in value]
    if isinstance(value, str) and URL.match(value):
        return f"a URL with the end {Path(value).suffix}"
    if value in (None, "", 0) or not (IDS.fullmatch(field) or TIMES.fullmatch(field)):
        return value
    if isinstance(value, str):
        pattern = next((each.pattern for each in (UUID, DIGITS, ISO) if each.fullmatch(value)), ".+")
        return f"text like {pattern}"
    return f"{type(value).__name__} of {len(str(value))} digits" if TIMES.fullmatch(field) else type(value).__name__


def parsed(body: bytes) -> JSON:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


def test_the_folders_are_those_of_services() -> None:
    assert {name.partition("/")[0] for name in FIXTURES} <= set(CATALOG.services)


def borrowed(service: str) -> list[Schema]:
    """Return the schemas of other services: what takes the same payloads as one of them is proved by its fixtures."""
    return [schema for name, schema in CATALOG.documents.items() if name.partition("/")[0] != service]


def test_every_operation_that_creates_has_an_accepted_example() -> None:
    creating = {
        operation.id
        for service in CATALOG.services.values()
        for operation in service.operations.values()
        if operation.task and operation.schema not in borrowed(service.id)
    }
    shown = {
        f"{name.rpartition('/')[0]}"
        for name in EXCHANGES
        if FIXTURES[name]["response"]["status"] == 200 and not is_marked(name, "reproduced")
    }
    assert creating - shown == set()


@pytest.mark.parametrize("name", FIXTURES)
def test_a_fixture_says_only_what_a_fixture_may(name: str) -> None:
    meta = json.loads((FOLDER / "fixture.meta.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(meta).validate(FIXTURES[name])


@pytest.mark.parametrize("name", [name for name in FIXTURES if owner(name)[1] is None and name not in SIGNED])
def test_what_is_outside_the_operations_is_not_reproduced(name: str) -> None:
    assert is_marked(name, "reproduced")


def accepted() -> Iterator[str]:
    """Yield the exchanges whose request was accepted, and was one that a schema describes."""
    for name in EXCHANGES:
        _, operation = owner(name)
        request, status = FIXTURES[name]["request"], FIXTURES[name]["response"]["status"]
        is_described = operation is not None and operation.schema and not {"text", "base64"} & request.keys()
        if is_described and operation is not None and status == operation.answer_status:
            yield name


@pytest.mark.parametrize("name", list(accepted()))
def test_a_request_that_was_accepted_keeps_every_rule_of_level_error(name: str) -> None:
    service, operation = owner(name)
    fixture, request = (
        FIXTURES[name],
        named(FIXTURES[name]["request"], dict.fromkeys(("task_id", "upload_id", "possession_id"), "123456789")),
    )
    assert operation is not None
    chosen = settled({service.id: service.questions}, fixture.get("settings", {}).get("readings", {}))
    validator = Validator(operation.schema, operation.rules, levels(service.questions, chosen[service.id]))
    parameters = Request("GET", "/", request.get("query", "")).parameters
    payload = request["body"] if operation.method == "POST" else typed(operation.schema, parameters)
    if chosen[service.id].get("null-field") == "absent":
        payload, _ = without_nulls(payload)
    assert [each.rule.id for each in validator.violations(payload) if each.level == "error"] == []


def answered() -> Iterator[str]:
    """Yield the exchanges whose answer was recorded, and should fit a schema."""
    return (name for name in EXCHANGES if "body" in FIXTURES[name]["response"] and not is_marked(name, "valid"))


@pytest.mark.parametrize("name", list(answered()))
def test_an_answer_fits_its_schema(name: str) -> None:
    service, operation = owner(name)
    response = FIXTURES[name]["response"]
    is_answer = operation is not None and not operation.refuses and response["status"] == operation.answer_status
    file = operation.answer if operation is not None and is_answer else service.refusal
    assert file is not None
    CATALOG.validator(file).validate(response["body"])


@pytest.mark.parametrize("name", [name for name in CALLBACKS if not is_marked(name, "valid")])
def test_a_callback_fits_its_schema(name: str) -> None:
    _, operation = owner(name)
    assert operation is not None
    assert operation.callback is not None
    CATALOG.validator(operation.callback).validate(FIXTURES[name]["callback"]["body"])


@pytest.mark.parametrize("name", [name for name in EXCHANGES if not is_marked(name, "reproduced")])
def test_the_fake_answers_as_was_recorded(name: str) -> None:
    stage = Stage(name)
    expected = FIXTURES[name]["response"]
    actual = stage.answer(FIXTURES[name]["request"])
    assert actual.status == expected["status"], actual.body.decode()
    if "body" in expected:
        assert form(parsed(actual.body)) == form(expected["body"])


@pytest.mark.parametrize("name", [name for name in CALLBACKS if not is_marked(name, "reproduced")])
def test_the_fake_calls_back_as_was_recorded(name: str) -> None:
    delivery = Stage(name).fake.delivered()[-1]
    assert form(parsed(delivery.body)) == form(FIXTURES[name]["callback"]["body"])


@pytest.mark.parametrize("name", [name for name in EXCHANGES if re.search(r"/seed-\d+$", name)])
@pytest.mark.parametrize("first", ["chainhub", "kling", "useapi", "yutoai"])
def test_the_example_of_a_seed_is_accepted_whichever_service_of_a_seed_comes_first(name: str, first: str) -> None:
    """Two gateways share a path, so each takes the other's example, too; the rest hands on what Kling takes."""
    stage = Stage(name, services=(first, *(id for id in CATALOG.services if id != first)))
    assert stage.answer(FIXTURES[name]["request"]).status == 200


def refusals() -> Iterator[tuple[str, int, int]]:
    for name in EXCHANGES:
        response = FIXTURES[name]["response"]
        body = response.get("body")
        is_served = owner(name)[1] is not None
        if is_served and response["status"] >= 400 and isinstance(body, dict) and "code" in body:
            yield name, response["status"], body["code"]


@pytest.mark.parametrize(("name", "status", "code"), list(refusals()))
def test_a_recorded_refusal_is_a_row_of_the_error_table(name: str, status: int, code: int) -> None:
    service, _ = owner(name)
    known = {(row.status, row.body.get("code")) for row in service.errors.values()}
    assert (status, code) in known


@pytest.mark.parametrize("name", SIGNED)
def test_a_published_signature_is_the_standard_webhooks_one(name: str) -> None:
    fixture = FIXTURES[name]
    at = datetime.fromtimestamp(fixture["timestamp"], UTC)
    assert Webhook(fixture["secret"]).sign(fixture["id"], at, fixture["body"]) == fixture["signature"]


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ({"task_id": "848021964837912615"}, {"task_id": "123456789012345678"}, True),
        ({"task_id": "848021964837912615"}, {"task_id": 123456789012345678}, False),
        ({"request_id": "f0c1d9a4-8f5e-4a52-9b0e-3f1c6f7f2a10"}, {"request_id": "17"}, False),
        ({"created_at": 1774771200123}, {"created_at": 1790000000000}, True),
        ({"created_at": 1774771200123}, {"created_at": 1790000000}, False),
        ({"created_at": 1774771200123}, {"created_at": 1790000000000.5}, False),
        ({"url": "https://a.example/1.png"}, {"url": "http://127.0.0.1/2.png"}, True),
        ({"url": "https://a.example/1.png"}, {"url": "http://127.0.0.1/2.mp4"}, False),
        ({"url": "https://a.example/1.png"}, {"url": ""}, False),
        ({"external_task_id": "a"}, {"external_task_id": "b"}, False),
        ({"code": 0}, {"code": 0, "data": None}, False),
    ],
)
def test_only_ids_times_and_urls_may_differ(expected: JSON, actual: JSON, same: bool) -> None:
    assert (form(actual) == form(expected)) is same
