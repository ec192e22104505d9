"""The guard: who may steer the fake, and who may not."""

from __future__ import annotations

import httpx
import pytest
from starlette.responses import PlainTextResponse

from mockserver.adapters.control.guard import Guard


async def status(
    *,
    host: str = "127.0.0.1:8080",
    client: str = "127.0.0.1",
    token: str | None = None,
    path: str = "/",
    **headers: str | bytes,
) -> int:
    transport = httpx.ASGITransport(Guard(PlainTextResponse("in"), token), client=(client, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        sent = httpx.Headers([(name.encode(), _bytes(value)) for name, value in {"host": host, **headers}.items()])
        return (await http.get(path, headers=sent)).status_code


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost", "localhost:1", "[::1]:8080", "127.9.9.9", "a.localhost"]
)
async def test_this_machine_may_steer_by_any_of_its_names(host: str) -> None:
    assert await status(host=host) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.example", "192.168.0.7", "", "[", "a:b:c"]
)
async def test_a_name_that_only_leads_here_may_not(host: str) -> None:
    assert await status(host=host) == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9", "https://localhost", "file://"]
)
async def test_a_page_of_another_site_may_not(origin: str) -> None:
    assert await status(origin=origin) == 403
    assert await status(origin=origin, token="t", authorization="Bearer t") == 403


async def test_our_own_page_may() -> None:
    assert await status(origin="http://127.0.0.1:8080") == 200


async def test_another_machine_may_not_even_if_it_says_localhost() -> None:
    assert await status(client="10.0.0.9", host="localhost") == 403


@pytest.mark.parametrize(
    ("sent", "expected"), [("Bearer t", 200), ("Bearer x", 403), ("t", 200), ("", 403), ("Bearer ü", 403)]
)
async def test_with_a_token_anybody_may_who_has_it_and_nobody_else(sent: str, expected: int) -> None:
    assert await status(client="10.0.0.9", host="mock.example", token="t", authorization=sent.encode()) == expected


async def test_the_token_may_come_in_the_query_for_event_streams() -> None:
    assert await status(client="10.0.0.9", host="mock.example", token="t", path="/?token=t") == 200
    assert await status(token="t") == 403
