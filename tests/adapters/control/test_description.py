"""The description of the control API: valid, complete, and true of every answer (``tests/adapters/conftest.py``)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import jsonschema_rs
import pytest
from click.testing import CliRunner
from openapi_spec_validator import OpenAPIV31SpecValidator

from mockserver.adapters.http.asgi import application
from mockserver.cli import main
from mockserver.contract.description.control import description
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import JSON
from tests.conftest import IMAGE, TOKEN
from tests.support import described


class Call(NamedTuple):
    method: str
    path: str
    operation: dict[str, Any]


CALLS = [
    Call(method.upper(), path, operation)
    for path, methods in description()["paths"].items()
    for method, operation in methods.items()
    if "application/json" in operation["responses"]["200"]["content"]
]
"""Every operation but the stream of events, whose answer has no end."""

EVERY = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation["operationId"])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def patterns(schema: JSON) -> Iterator[dict[str, JSON]]:
    """Yield each schema in another that has a pattern."""
    if isinstance(schema, dict) and isinstance(schema.get("pattern"), str):
        yield schema
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from patterns(inner)


@pytest.mark.parametrize("schema", [*patterns(description())], ids=lambda schema: schema["pattern"])
def test_a_pattern_has_examples_which_are_what_an_error_shows(schema: dict[str, JSON]) -> None:
    assert schema["examples"]
    for example in schema["examples"]:
        jsonschema_rs.validate(schema, example)


@pytest.mark.anyio
async def test_a_text_of_another_form_is_told_by_examples() -> None:
    async with furnished() as (client, _):
        answer = await client.post("/_mock/clock/advance", json={"advance": "9x"})
    assert answer.json() == {"error": "/advance: '9x' does not have the form of 90s or 1.5m or 500ms or 30d."}


@asynccontextmanager
async def furnished() -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, JSON]]]:
    """Return a client of a fake that has something of everything, and what it has, by where that stands."""
    fake = Fake(Settings(seed=1, services=("kling",)))
    fake.clock.freeze()
    app = application(fake)
    transport = httpx.ASGITransport(app)
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", headers=headers) as client,
    ):
        payload = {"prompt": "A cat", "n": 12, "callback_url": "http://127.0.0.1:9/hook"}
        await client.post(IMAGE, json=payload)
        await client.post(IMAGE, json={**payload, "n": 1})
        await client.post("/_mock/faults", json={"fault": "truncated on kling"})
        await client.post("/_mock/clock/advance", json={"advance": "1s"})
        (task,) = fake.tasks
        (callback,) = fake.callbacks
        await client.post("/_mock/faults", json={"fault": "callback-hold"})
        await client.post(IMAGE, json={**payload, "n": 1})
        await client.post("/_mock/clock/advance", json={"advance": "1s"})
        held, *_ = (await client.get("/_mock/held")).json()["held"]
        yield client, {"tasks": {"id": task.id}, "callbacks": {"id": callback.id}, "held": {"number": held["number"]}}


def parameters(call: Call, place: str) -> list[dict[str, Any]]:
    found = map(described.resolved, call.operation.get("parameters", ()))
    return [each for each in found if each["in"] == place]


def address(call: Call, there: dict[str, JSON]) -> str:
    """Return where a call goes: its path with the examples of its parameters, or else what tells what is there."""
    names = {each["name"]: each["schema"]["examples"][0] for each in parameters(call, "path")}
    group = call.path.split("/")[1]
    return f"/_mock{call.path.format_map({**names, **there.get(group, {})})}"


def example(call: Call) -> JSON:
    """Return the example of the body of a call; ``None`` if it takes none."""
    content = call.operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else described.resolved(content["schema"])["examples"][0]


def test_a_stranger_finds_it_valid() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(description()).iter_errors()] == []


@EVERY
async def test_an_operation_takes_its_own_example(call: Call) -> None:
    async with furnished() as (client, there):
        answer = await client.request(call.method, address(call, there), json=example(call))
    assert answer.status_code == 200, answer.text


def unlike(call: Call) -> Iterator[tuple[str, JSON]]:
    """Yield requests that an operation refuses: with a body of another type, and with words for its numbers."""
    if "requestBody" in call.operation:
        yield "", []
    for each in parameters(call, "query"):
        if each["schema"].get("type") == "integer":
            yield f"?{each['name']}=many", example(call)


@EVERY
async def test_a_mistake_is_described_where_it_can_be_made_and_nowhere_else(call: Call) -> None:
    async with furnished() as (client, there):
        url = address(call, there)
        sent = [await client.request(call.method, url + query, json=body) for query, body in unlike(call)]
        if "{number}" in call.path:
            sent.append(await client.request(call.method, f"/_mock{call.path.format(number='one')}"))
    assert {answer.status_code for answer in sent} == ({400} if "400" in call.operation["responses"] else set())


@EVERY
async def test_what_is_not_there_is_described_where_something_is_named(call: Call) -> None:
    names = {each["name"]: "99" if each["schema"]["type"] == "integer" else "none" for each in parameters(call, "path")}
    async with furnished() as (client, _):
        answer = await client.request(call.method, f"/_mock{call.path.format_map(names)}", json=example(call))
    assert (answer.status_code == 404) is ("{" in call.path)
    assert "404" in call.operation["responses"] or "{" not in call.path


@EVERY
def test_whoever_needs_a_guard_is_told_of_it(call: Call) -> None:
    assert ("403" in call.operation["responses"]) is ("security" not in call.operation)


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema that has examples, with its place."""
    todo: list[tuple[str, Any]] = [("", description())]
    while todo:
        place, node = todo.pop()
        if isinstance(node, dict):
            if isinstance(node.get("examples"), list):
                yield place, node
            todo += [(f"{place}/{name}", value) for name, value in node.items() if name != "examples"]
        elif isinstance(node, list):
            todo += [(f"{place}/{index}", value) for index, value in enumerate(node)]


@pytest.mark.parametrize(("place", "schema"), [*schemas()], ids=[place for place, _ in schemas()])
def test_an_example_fits_its_schema(place: str, schema: dict[str, Any]) -> None:
    judge = jsonschema_rs.validator_for(described.closed(schema))
    assert [error.message for each in schema["examples"] for error in judge.iter_errors(each)] == [], place


@EVERY
def test_an_answer_has_an_example(call: Call) -> None:
    for status, answer in call.operation["responses"].items():
        content = described.resolved(answer)["content"]["application/json"]
        schema = described.resolved(content["schema"])
        if "next" in schema.get("properties", ()):  # a page shows what its items show
            items = schema["properties"]["items"]["items"]
            schema = described.resolved(items.get("anyOf", [items])[0])
        assert "example" in content or schema["examples"], status


def test_every_tag_is_told_and_every_part_is_used() -> None:
    whole = description()
    tags = [tag for methods in whole["paths"].values() for each in methods.values() for tag in each["tags"]]
    assert {*tags} == {tag["name"] for tag in whole["tags"]}
    text = json.dumps(whole)
    for kind in ("schemas", "responses", "parameters"):
        for name in whole["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text, name


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/_mock/clock", 200, {"now": 1, "is_frozen": True, "more": 1}),
        ("GET", "/_mock/clock", 200, {"now": 1}),
        ("GET", "/_mock/clock", 404, {"error": "there is no clock"}),
        ("GET", "/_mock/tasks/kling/1", 200, {"service": "kling"}),
        ("POST", "/_mock/faults", 400, {"errors": []}),
    ],
)
def test_an_answer_that_is_not_as_described_is_found(method: str, path: str, status: int, body: JSON) -> None:
    assert described.wrong(method, path, status, json.dumps(body).encode())


def test_the_command_prints_it() -> None:
    result = CliRunner().invoke(main, ("openapi", "control"))
    assert (result.exit_code, result.stderr) == (0, "")
    printed = json.loads(result.stdout)
    assert [server["url"] for server in printed["servers"]] == ["http://127.0.0.1:8080/_mock"]
    assert {**printed, "servers": ()} == {**description(), "servers": ()}
