"""The guard: who may steer the fake, and who may not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from mockserver.adapters.control import guard
from mockserver.adapters.control.guard import Guard
from mockserver.adapters.http.asgi import application
from mockserver.adapters.proxy.forwarder import forwarding
from mockserver.contract.description.control import description
from mockserver.fake.core import Fake
from mockserver.settings import Settings


async def status(
    *,
    host: str = "127.0.0.1:8080",
    client: str = "127.0.0.1",
    token: str | None = None,
    path: str = "/",
    is_page: bool = False,
    **headers: str | bytes,
) -> int:
    transport = httpx.ASGITransport(Guard(PlainTextResponse("in"), token, is_page=is_page), client=(client, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        sent = httpx.Headers(
            [(name.replace("_", "-").encode(), _bytes(value)) for name, value in {"host": host, **headers}.items()]
        )
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


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "none, cross-site", "nonsense", ""])
async def test_a_browser_that_names_another_site_is_refused_even_without_origin(site: str) -> None:
    assert await status(sec_fetch_site=site) == 403
    assert await status(sec_fetch_site=site, token="t", authorization="Bearer t") == 403
    assert await status(sec_fetch_site=site, token="t", path="/?token=t") == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_our_own_page_and_a_typed_address_may(site: str) -> None:
    assert await status(sec_fetch_site=site) == 200


@pytest.mark.parametrize(
    ("mode", "destination", "expected"),
    [("navigate", "document", 200), ("navigate", "iframe", 403), ("no-cors", "image", 403), ("no-cors", "script", 403)],
)
async def test_a_link_of_another_site_leads_to_a_page_and_nothing_else_does(
    mode: str, destination: str, expected: int
) -> None:
    sent: dict[str, Any] = {"sec_fetch_site": "cross-site", "sec_fetch_mode": mode, "sec_fetch_dest": destination}
    assert await status(is_page=True, **sent) == expected
    assert await status(**sent) == 403


async def test_a_callback_may_not_whoever_gave_its_url() -> None:
    assert await status(mockserver_callback="cb-1") == 403
    assert await status(mockserver_callback="", token="t", authorization="Bearer t") == 403


@pytest.mark.parametrize("name", guard._FORWARDED)
async def test_loopback_behind_a_proxy_is_not_this_machine(name: str) -> None:
    for address in ("203.0.113.9", "127.0.0.1"):
        sent: dict[str, Any] = {name: address}
        assert await status(**sent) == 403
        assert await status(**sent, token="t", authorization="Bearer t") == 200


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        *(("127.0.0.1", 200), ("127.8.8.8", 200), ("::1", 200), ("::ffff:127.0.0.1", 200)),
        *(("::ffff:10.0.0.9", 403), ("10.0.0.9", 403), ("0.0.0.0", 403), ("fe80::1%eth0", 403), ("testclient", 403)),
    ],
)
async def test_a_peer_is_this_machine_by_its_address(client: str, expected: int) -> None:
    assert await status(client=client) == expected


@pytest.mark.parametrize(
    "host",
    [
        *("0.0.0.0:8080", "[::]:8080", "evil@localhost", "localhost/x", "localhost#x", "localhost?x", "localhost:x"),
        *("localhost:99999", "localhost, evil.example", "127.0.0.1.", "127.1", "2130706433", "[::ffff:10.0.0.1]"),
    ],
)
async def test_a_host_that_only_looks_like_ours_is_refused(host: str) -> None:
    assert await status(host=host) == 403


async def test_two_hosts_are_none() -> None:
    assert await status(host="localhost", Host=b"evil.example") == 403


@pytest.mark.parametrize("host", ["[::ffff:127.0.0.1]:8080", "LOCALHOST:8080", "[0:0:0:0:0:0:0:1]"])
async def test_every_spelling_of_loopback_is_ours(host: str) -> None:
    assert await status(host=host) == 200


REFUSED = {
    "a page of another site": {"origin": "http://evil.example"},
    "a sandboxed page": {"origin": "null"},
    "a picture on another site": {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "no-cors",
        "sec-fetch-dest": "image",
    },
    "a neighbour's page": {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
    "a frame": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    "a link to the control API": {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
    },
    "a callback": {"mockserver-callback": "1"},
    "a reverse proxy": {"x-forwarded-for": "203.0.113.9"},
    "a proxy of RFC 7239": {"forwarded": "for=203.0.113.9"},
    "a proxy that says Via": {"via": "1.1 proxy"},
    "a name that leads here": {"host": "evil.example"},
    "the address of all": {"host": "0.0.0.0"},
}
ROUTES = [
    (method.upper(), path.format(service="kling", id="1", number="1", name="flaky", operation="x"))
    for path, methods in description()["paths"].items()
    for method, operation in methods.items()
    if "security" not in operation
]
OPEN = {
    path: operation
    for path, methods in description()["paths"].items()
    for operation in methods.values()
    if "security" in operation
}


@pytest.mark.parametrize("who", [*REFUSED, "another machine"])
@pytest.mark.parametrize("kind", ["serve", "proxy", "token"])
async def test_every_route_refuses_everyone_who_may_not(who: str, kind: str) -> None:
    fake = Fake(Settings(services=("kling",)))
    token = "t" if kind == "token" else None
    with_token = {"authorization": "Bearer t"} if token else {}
    app = application(fake, token) if kind != "proxy" else forwarding("http://127.0.0.1:1", fake.settings, print)[1]
    allowed = token and who in ("a reverse proxy", "a proxy of RFC 7239", "a proxy that says Via", "another machine")
    if allowed or (token and "host" in REFUSED.get(who, {})):
        return  # whoever has the token may come from anywhere
    transport = httpx.ASGITransport(app, client=("10.0.0.9" if who == "another machine" else "127.0.0.1", 1))
    headers = {"host": "127.0.0.1:8080", **with_token, **REFUSED.get(who, {})}
    before = fake.snapshot()["is_frozen"]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        for method, path in ROUTES:
            answer = await http.request(method, f"/_mock{path}", headers=headers)
            assert (method, path, answer.status_code) == (method, path, 403)
    assert fake.snapshot()["is_frozen"] is before


@pytest.mark.parametrize("who", [*REFUSED, "another machine"])
@pytest.mark.parametrize("kind", ["serve", "proxy", "token"])
async def test_a_probe_from_anywhere_is_answered_and_gives_nothing_away(who: str, kind: str) -> None:
    assert OPEN.keys() == {"/ready", "/live"}
    fake = Fake(Settings(services=("kling",)))
    token = "t" if kind == "token" else None
    app = application(fake, token) if kind != "proxy" else forwarding("http://127.0.0.1:1", fake.settings, print)[1]
    transport = httpx.ASGITransport(app, client=("10.0.0.9" if who == "another machine" else "127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        for path in OPEN:
            answer = await http.get(f"/_mock{path}", headers=REFUSED.get(who, {}))
            assert (answer.status_code, answer.json()) == (200, {"status": path.strip("/")})
            assert not {name for name in answer.headers if name.startswith("access-control")}


@pytest.mark.parametrize("kind", ["its store is gone", "it stops"])
async def test_who_cannot_answer_is_alive_and_not_ready(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(Settings(services=("kling",)))
    app = application(fake)
    if kind == "it stops":
        app.state.is_stopping = True
    else:
        monkeypatch.setattr(fake, "is_ready", lambda: False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as http:
        ready, live = await http.get("/_mock/ready"), await http.get("/_mock/live")
    assert (ready.status_code, ready.json()) == (503, {"status": "not ready"})
    assert live.status_code == 200
