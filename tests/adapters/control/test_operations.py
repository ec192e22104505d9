"""Operations over the control API: what each is, what is wrong with a payload before it is sent, and how it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mockserver.adapters.http.asgi import application
from mockserver.contract.catalog import load
from mockserver.contract.vectors import vectors
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import JSON
from tests.conftest import IMAGE, TOKEN

CREATE = "kling/omni-image.create"
BROKEN: list[JSON] = [
    {"prompt": "A cat", "n": 42},
    {"prompt": 1, "n": "two"},
    {"prompt": "A cat", "resolution": "4k"},
    {"prompt": "A cat", "image_list": [{"image": ""}]},
    {"prompt": None},
    {},
    [],
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def fake() -> Fake:
    return Fake(Settings(seed=1))


@pytest.fixture
async def client(fake: Fake) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(fake), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as found:
        yield found


async def told(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(f"/_mock/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def judged(client: httpx.AsyncClient, **composed: JSON) -> Any:
    answer = await client.post("/_mock/validate", json={"operation": CREATE, **composed})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_each_operation_is_listed_with_the_path_by_which_it_is_reached(
    fake: Fake, client: httpx.AsyncClient
) -> None:
    listed = (await told(client, "operations"))["operations"]
    there = {
        id
        for service in fake.world.services
        for id in service.routes
        if service.exists(id, fake.world.readings[service.id])
    }
    assert {operation["id"] for operation in listed} == there
    for operation in listed:
        path = operation["path"].replace("{", "").replace("}", "")
        await client.request(operation["method"], path)
    asked = [entry.operation for entry in reversed([*fake.requests])]
    assert asked == [operation["id"] for operation in listed]


@pytest.mark.parametrize("service", load().services)
async def test_what_an_operation_shows_as_an_example_is_accepted(service: str, client: httpx.AsyncClient) -> None:
    for operation in (await told(client, "operations"))["operations"]:
        if operation["service"] != service:
            continue
        whole = await told(client, f"operations/{operation['id']}")
        assert bool(whole["schema"]) == bool(whole["examples"])
        for example in whole["examples"]:
            found = await judged(client, operation=operation["id"], payload=example)
            assert [each for each in found["violations"] if each["level"] == "error"] == [], operation["id"]


async def test_a_rule_is_broken_on_purpose_by_its_vectors_and_by_no_others(client: httpx.AsyncClient) -> None:
    operation = load().operation(CREATE)
    assert [rule["id"] for rule in (await told(client, f"operations/{CREATE}"))["rules"]] == [
        rule.id for rule in operation.rules
    ]
    for rule in (rule for rule in operation.rules if rule.is_anchored):
        payloads = (await told(client, f"operations/{CREATE}?break={rule.id}"))["examples"]
        assert payloads == list(vectors(rule, operation.schema)[1])
        for payload in payloads:
            found = await judged(client, payload=payload)
            assert {each["rule"] for each in found["violations"]} == {rule.id}


async def test_payloads_are_made_under_the_readings_that_are_taken(client: httpx.AsyncClient) -> None:
    found = (await told(client, f"operations/{CREATE}/payloads?count=5&seed=3"))["payloads"]
    assert found == (await told(client, f"operations/{CREATE}/payloads?count=5&seed=3"))["payloads"]
    assert found != (await told(client, f"operations/{CREATE}/payloads?count=5&seed=4"))["payloads"]
    for payload in found:
        assert (await judged(client, payload=payload))["violations"] == []
    path = f"operations/{CREATE}/payloads?break=o1-up-to-2k"
    (broken,) = (await told(client, path))["payloads"]
    assert [each["rule"] for each in (await judged(client, payload=broken))["violations"]] == ["o1-up-to-2k"]


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        (f"{CREATE}/payloads?count=0", 400, "count is 0"),
        (f"{CREATE}/payloads?count=101", 400, "count is 101"),
        (f"{CREATE}/payloads?seed=x", 400, "'x' is not a number"),
        (f"{CREATE}/payloads?break=n.maximun", 400, "did you mean 'n.maximum'"),
        ("kling/omni-image.get/payloads", 400, "takes no payload"),
        ("kling/omni-imag.create/payloads", 404, "did you mean"),
    ],
)
async def test_payloads_that_cannot_be_made_are_told(
    path: str, status: int, reason: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(f"/_mock/operations/{path}")
    assert answer.status_code == status
    assert reason in answer.json()["error"]


@pytest.mark.parametrize("payload", BROKEN)
@pytest.mark.parametrize("change", [{}, {"strict": True}, {"readings": {"null-field": "refused"}}])
async def test_what_is_told_beforehand_is_what_the_server_then_says(
    payload: JSON, change: dict[str, Any], fake: Fake, client: httpx.AsyncClient
) -> None:
    if change:
        assert (await client.patch("/_mock/settings", json=change)).status_code == 200
    found = await judged(client, payload=payload, token=TOKEN)
    assert len(fake.requests) == 0
    answer = await client.post(IMAGE, json=payload, headers={"authorization": f"Bearer {TOKEN}"})
    (entry,) = fake.requests
    exchange = await told(client, f"requests/{entry.number}")
    assert found["status"] == answer.status_code
    assert found["violations"] == exchange["violations"]
    assert found["reason"] == exchange["reason"]
    assert (found["message"] is None) == (answer.status_code < 400)
    if found["message"] is not None:
        assert answer.json()["message"] == found["message"]


@pytest.mark.parametrize(
    "body", ["", "{", '{"prompt": "a", "prompt": "b"}', '{"prompt": 1e999}', "[]", '{"prompt": "\\ud800"}']
)
async def test_a_body_is_judged_as_it_would_be_sent(body: str, client: httpx.AsyncClient) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    found = await judged(client, body=body, token=TOKEN)
    answer = await client.post(IMAGE, content=body.encode(errors="surrogatepass"), headers=headers)
    assert (found["status"], found["message"]) == (answer.status_code, answer.json()["message"])


async def test_a_token_that_is_refused_is_told_beside_what_is_wrong_with_the_payload() -> None:
    fake = Fake(Settings(keys=("only-this",)))  # type: ignore[arg-type] # it is read as an option's
    transport = httpx.ASGITransport(application(fake), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        for token in ("", "another"):
            found = await judged(client, payload={"prompt": 1}, token=token)
            assert (found["status"], found["reason"]["kind"]) == (401, "credential")
            assert [each["rule"] for each in found["violations"]] == ["prompt.type"]
        found = await judged(client, payload={"prompt": 1})
        assert (found["status"], found["reason"]["id"]) == (400, "prompt.type")


async def test_what_an_account_has_counts(fake: Fake, client: httpx.AsyncClient) -> None:
    assert (await client.patch("/_mock/settings", json={"readings": {"unknown-element": "refused"}})).status_code == 200
    payload = {"prompt": "A cat", "element_list": [{"element_id": 829836802793406551}]}
    found = await judged(client, payload=payload, token=TOKEN)
    assert (found["reason"]["kind"], found["status"]) == ("missing", 400)
    assert len(fake.requests) == 0


async def test_a_query_is_a_payload_too_and_a_path_takes_its_parameters(client: httpx.AsyncClient) -> None:
    found = await judged(client, operation="kling/omni-image.list", payload={"pageNum": 0, "pageSize": 5})
    assert [each["rule"] for each in found["violations"]] == ["pageNum.minimum"]
    assert found["query"] == "pageNum=0&pageSize=5"
    found = await judged(client, operation="kling/omni-image.get", parameters={"id": "a/b ü"})
    assert found["path"] == f"{IMAGE}/a%2Fb%20%C3%BC"
    assert (await judged(client, operation="kling/omni-image.get"))["path"] == f"{IMAGE}/{{id}}"


async def test_copies_send_it_to_where_the_server_is_reached_with_the_key_in_its_header(
    client: httpx.AsyncClient,
) -> None:
    found = await judged(client, payload={"prompt": "A cat"}, base_url="https://team.example/fake/", token="me")
    for program in found["copies"].values():
        assert "https://team.example/fake" in program
    found = await judged(client, operation="piapi/task.create", payload={}, token="me")
    assert 'x-api-key: ${MOCKSERVER_TOKEN:-me}"' in found["copies"]["curl"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("operations/kling/omni-imag.create", "did you mean 'kling/omni-image.create'?"),
        (f"operations/{CREATE}?break=n.maximun", "did you mean 'n.maximum'?"),
    ],
)
async def test_what_is_misspelt_is_explained(path: str, error: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/_mock/{path}")
    assert answer.status_code == 404
    assert error in answer.json()["error"]


async def test_an_operation_that_a_reading_takes_away_is_not_there(fake: Fake, client: httpx.AsyncClient) -> None:
    absent = next(
        id
        for service in fake.world.services
        for id in service.routes
        if not service.exists(id, fake.world.readings[service.id])
    )
    assert (await told(client, f"operations/{absent}"))["path"] is None
    answer = await client.post("/_mock/validate", json={"operation": absent, "payload": {}})
    assert (answer.status_code, "is not there" in answer.json()["error"]) == (404, True)
