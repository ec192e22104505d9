"""The door over HTTP: who may come in, what it says to the others, and that it needs nothing of any request before."""

from __future__ import annotations

import json
from itertools import cycle
from typing import Any

import httpx
import pytest
from mcp import types
from starlette.types import Receive, Scope, Send

from mockserver import extras
from mockserver.adapters.http.asgi import application
from mockserver.adapters.http.own import Own
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import JSON
from tests.adapters.mcp.assistant import URL, over_http, send, told
from tests.support.process import PIP

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


async def asked(
    fake: Fake,
    *,
    token: str | None = None,
    path: str = "/_mock/mcp",
    method: str = "POST",
    content: bytes | None = None,
    client: str = "127.0.0.1",
    **headers: str,
) -> httpx.Response:
    transport = httpx.ASGITransport(application(fake, token), client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
        sent = {"accept": "application/json, text/event-stream", "content-type": "application/json", **headers}
        body = json.dumps(INITIALIZE).encode() if content is None else content
        return await http.request(method, path, content=body, headers=sent)


async def test_a_program_on_this_machine_may_come_in(fake: Fake) -> None:
    answer = await asked(fake)
    assert (answer.status_code, answer.json()["result"]["serverInfo"]["name"]) == (200, "mockserver")


@pytest.mark.parametrize(
    "headers",
    [
        *({"origin": origin} for origin in ("http://evil.example", "null", "http://127.0.0.1:9")),
        *({"host": host} for host in ("evil.example", "127.0.0.1.nip.example")),
        {"sec-fetch-site": "cross-site"},
        {"x-forwarded-for": "127.0.0.1"},
        {"mockserver-callback": "x"},
    ],
    ids=str,
)
async def test_a_page_of_another_site_and_a_foreign_name_may_not(headers: dict[str, Any], fake: Fake) -> None:
    assert (await asked(fake, **headers)).status_code == 403


async def test_another_machine_may_not(fake: Fake) -> None:
    assert (await asked(fake, client="10.0.0.9")).status_code == 403


async def test_with_a_control_token_it_is_needed_and_enough(fake: Fake) -> None:
    assert (await asked(fake, token="t")).status_code == 403
    assert (await asked(fake, token="t", authorization="Bearer x")).status_code == 403
    assert (await asked(fake, token="t", authorization="Bearer t", origin="http://evil.example")).status_code == 403
    ways: list[dict[str, Any]] = [{"authorization": "Bearer t"}, {"path": "/_mock/mcp?token=t"}]
    for how in ways:
        assert (await asked(fake, token="t", client="10.0.0.9", host="mock.example", **how)).status_code == 200
    async with over_http(application(fake, "t"), authorization="Bearer t") as client:
        assert "the fake is at" in await told(client, "status")


async def test_what_a_tool_does_is_asked_in_the_name_of_the_caller(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard decides again: no tool can do what its caller may not."""
    seen: list[tuple[str, str | None]] = []
    whole = Own.__call__

    async def watched(self: Own, scope: Scope, receive: Receive, send: Send) -> None:
        sent = dict(scope["headers"])
        seen.append((scope["path"], sent.get(b"authorization", b"").decode()))
        assert (scope["client"][0], sent[b"host"]) == ("10.0.0.9", b"mock.example")
        await whole(self, scope, receive, send)

    monkeypatch.setattr(Own, "__call__", watched)
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "tasks", "arguments": {}}}
    how: dict[str, Any] = {"client": "10.0.0.9", "host": "mock.example", "authorization": "Bearer t"}
    answer = await asked(fake, token="t", content=json.dumps(call).encode(), **how)
    assert answer.json()["result"]["isError"] is False
    assert seen == [("/_mock/mcp", "Bearer t"), ("/_mock/tasks", "Bearer t")]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_another_method_is_told_which_one_is_taken(method: str, fake: Fake) -> None:
    answer = await asked(fake, method=method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "this path takes POST" in answer.json()["error"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        b'{"jsonrpc": "2.0", "id": 1}',
        b"1" * 10_000,
        b"\0",
    ],
)
@pytest.mark.parametrize("version", ["2025-06-18", "2026-07-28", "nonsense"])
async def test_what_is_no_message_is_refused_and_hurts_nobody(content: bytes, version: str, fake: Fake) -> None:
    answer = await asked(fake, content=content, **{"mcp-protocol-version": version})
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text
    assert (await asked(fake)).status_code == 200


async def test_each_of_several_workers_answers_any_request(fake: Fake) -> None:
    send(fake, prompt="A cat")
    workers = cycle([application(fake), application(fake), application(fake)])

    async def balanced(scope: Scope, receive: Receive, send: Send) -> None:
        await next(workers)(scope, receive, send)

    for mode in ("auto", "legacy"):
        async with over_http(balanced, mode) as client:
            for _ in range(3):
                assert "kling/omni-image.create" in await told(client, "tasks")


async def test_without_the_extra_it_says_how_to_install_it_and_all_else_works(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "_is_there", lambda module: module != "mcp")
    answer = await asked(fake)
    said: JSON = {"error": f"/_mock/mcp needs mcp: {PIP} 'kling-mockserver[mcp]'"}
    assert (answer.status_code, answer.json()) == (501, said)
    assert (await asked(fake, method="GET", path="/_mock/health", content=b"")).status_code == 200


async def test_resources_are_the_pages_of_what_is_served() -> None:
    fake = Fake(Settings(services=("kling", "yutoai")))
    async with over_http(fake) as client:
        listed = [str(each.uri) for each in (await client.list_resources()).resources]
        assert {"mockserver://docs/index", "mockserver://docs/errors/yutoai", "mockserver://docs/rules/kling"} <= {
            *listed
        }
        assert not any("useapi" in each for each in listed)
        forms = [each.uri_template for each in (await client.list_resource_templates()).resource_templates]
        filled = [each.format(service="kling", operation="omni-image.create") for each in forms]
        for uri in [*listed, *filled]:
            (page,) = (await client.read_resource(uri)).contents
            assert isinstance(page, types.TextResourceContents)
            assert (page.mime_type, page.text.startswith("# ")) == ("text/markdown", True), uri
        for uri in (
            "mockserver://docs/errors/useapi",
            "file:///etc/passwd",
            "mockserver://docs/../health",
        ):
            with pytest.raises(Exception, match=r"no service|no such resource|there is no"):
                await client.read_resource(uri)
