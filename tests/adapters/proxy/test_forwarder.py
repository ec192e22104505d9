"""The proxy: what passes through is not changed, and where it is not as the contract says it is told."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import aiohttp
import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.adapters.http.asgi import application
from mockserver.adapters.proxy.forwarder import Proxy
from mockserver.adapters.proxy.upstream import Upstream
from mockserver.fake.core import Fake
from mockserver.fake.lifecycle import Status
from mockserver.settings import Settings
from mockserver.types import JSON, Request
from tests.conftest import PATIENCE
from tests.support.between import (
    SERVICES,
    TOKEN,
    Between,
    answering,
    asked,
    between,
    makers,
    served,
    wait_for_the_end,
)
from tests.support.receiver import receiver

IMAGE = "/v1/images/omni-image"
PROMPT = {"prompt": "A red bicycle in the rain"}
GOOD = b'{"code":0,"message":"SUCCEED","request_id":"r","data":{"task_id":"1","task_status":"submitted",'
GOOD += b'"created_at":1790000000000,"updated_at":1790000000000}}'


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    wait_for_the_end()


@dataclass
class Scene:
    """A fake as the upstream of a proxy."""

    there: Fake
    url: str
    proxy: Between

    def settle(self) -> None:
        """Wait until the upstream has sent its callbacks."""
        self.proxy.client.post(f"{self.url}/_mock/clock/advance", json={"advance": "1ms"}).raise_for_status()

    def live(self, path: str, payload: JSON, operations: list[str]) -> None:
        """Make a task, and ask for all there is in each of its states."""
        assert self.proxy.send("POST", path, payload).status_code == 200
        task = next(iter(self.there.tasks))
        states: tuple[Status, ...] = ("submitted", "processing", "succeed", "failed")
        for state in states:
            self.there.tasks.force(task, state)
            for operation in operations:
                answer = self.proxy.send("GET", operation.replace("{id}", task.id).replace("{task_id}", task.id))
                assert answer.content == next(iter(self.there.requests)).response.body


@contextmanager
def scene(service: str, change: Callable[[ASGIApp], ASGIApp] = lambda app: app, **settings: Any) -> Iterator[Scene]:
    there = Fake(Settings(services=(service,), seed=1))
    there.clock.freeze()
    with served(change(application(there)), there) as url, between(url, service=service, **settings) as proxy:
        yield Scene(there, url, proxy)


@contextmanager
def app_behind(app: ASGIApp, **settings: Any) -> Iterator[Between]:
    with served(app) as url, between(url, **settings) as proxy:
        yield proxy


def constant(body: bytes, *headers: tuple[bytes, bytes], status: int = 200) -> ASGIApp:
    """Return an application that reads its request and always answers the same."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        await whole(receive)
        given = [(b"content-type", b"application/json"), *headers] if headers != ((b"", b""),) else []
        await send({"type": "http.response.start", "status": status, "headers": given})
        await send({"type": "http.response.body", "body": body})

    return app


async def lifespan(receive: Receive, send: Send) -> None:
    for _ in range(2):
        await send({"type": f"{(await receive())['type']}.complete"})


async def whole(receive: Receive) -> bytes:
    found, has_more = b"", True
    while has_more:
        message = await receive()
        found, has_more = found + message.get("body", b""), message.get("more_body", False)
    return found


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what came."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    body = await whole(receive)
    headers = [[name.decode(), value.decode()] for name, value in scope["headers"]]
    seen = {
        "method": scope["method"],
        "target": f"{scope['raw_path'].decode()}?{scope['query_string'].decode()}",
        "headers": headers,
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


# Clean traffic, and one field that is broken.


@pytest.mark.parametrize("service", SERVICES)
def test_of_a_service_that_keeps_the_contract_there_is_nothing_to_tell(service: str) -> None:
    found, place = makers(service), SERVICES[service].layout.callback_field
    with receiver() as hook, scene(service) as at:
        for maker in found:
            at.live(maker.path, maker.put(place, maker.schema["examples"][0], hook.url), asked(service, maker))
        assert at.proxy.send("POST", found[0].path, {}).is_client_error
        assert at.proxy.client.get(found[0].path).status_code in (401, 404, 405)
        entries = at.proxy.entries
        questions = sum(4 * len(asked(service, maker)) for maker in found)
        assert len(entries) == len(found) + questions + 2 == len(at.proxy.lines)
        assert [(entry.request.path, found) for entry in entries for found in entry.differences] == []
        assert all("0 differences" in line for line in at.proxy.lines)
        assert at.proxy.shown("requests")["items"][0]["service"] == service
        at.settle()
        assert len(hook.received) == len(at.there.callbacks) >= 2 * sum(maker.has(place) for maker in found)


def broken(pointer: str, value: JSON) -> Callable[[ASGIApp], ASGIApp]:
    """Return what puts a value at one place of every JSON answer that has it; ``None`` takes it away."""

    def change(inner: ASGIApp) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            start: Message = {}

            async def changed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    start.update(message)
                elif message["type"] == "http.response.body":
                    body = put(json.loads(message["body"]), pointer.split("/")[1:], value)
                    headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
                    await send({**start, "headers": headers})
                    await send({**message, "body": json.dumps(body).encode()})
                else:
                    await send(message)

            await inner(scope, receive, changed)

        return app

    return change


def put(document: JSON, steps: list[str], value: JSON) -> JSON:
    inner = document
    for step in steps[:-1]:
        inner = inner[int(step) if isinstance(inner, list) else step]
    if value is None:
        del inner[steps[-1]]
    else:
        inner[steps[-1]] = value
    return document


@pytest.mark.parametrize(
    ("service", "pointer", "value", "keyword"),
    [
        ("kling", "/data/task_status", "succeeded", "enum"),
        ("kling", "/data/task_id", 848021964837912615, "type"),
        ("kling", "/request_id", None, "required"),
        ("kling", "/data/task_result/images/0/url", "0.png", "pattern"),
        ("kling", "/data/created_at", 1790000000, "minimum"),
        ("chainhub", "/code", "0", "type"),
        ("yutoai", "/data/updated_at", None, "required"),
        ("useapi", "/works/0/resource/resource", "0.png", "pattern"),
        ("useapi", "/task/id", "1", "type"),
        ("useapi", "/status_name", "done", "enum"),
    ],
)
def test_one_field_that_is_broken_on_purpose_is_all_that_is_told(
    service: str, pointer: str, value: JSON, keyword: str
) -> None:
    operation = next(found for found in SERVICES[service].operations.values() if found.does == "get")
    maker = next(found for found in SERVICES[service].operations.values() if found.task)
    there = Fake(Settings(services=(service,), seed=1, pace="instant"))
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    there.respond(Request("POST", maker.path, "", headers, json.dumps(maker.schema["examples"][0]).encode()))
    (task,) = there.tasks
    with served(broken(pointer, value)(application(there)), there) as url, between(url, service=service) as proxy:
        proxy.send("GET", operation.path.replace("{id}", task.id).replace("{task_id}", task.id))
        (shown,) = proxy.shown("requests")["items"]
        assert shown["took"] > 0
        told = proxy.shown(f"requests/{shown['number']}")["differences"]
    assert shown["differences"] == [pointer]
    assert [(each["side"], each["pointer"], each["keyword"]) for each in told] == [("answer", pointer, keyword)]
    assert told[0]["received"] == ("nothing" if value is None else json.dumps(value))
    assert f"1 difference ({pointer} {keyword})" in proxy.lines[0]


def test_a_request_that_breaks_rules_and_is_accepted_is_a_difference_for_each() -> None:
    with app_behind(constant(GOOD)) as proxy:
        proxy.send("POST", IMAGE, {**PROMPT, "n": 10, "resolution": "9k"})
        proxy.send("POST", IMAGE, PROMPT)
    strange, good = proxy.entries
    assert sorted((each.side, each.pointer, each.keyword, each.received) for each in strange.differences) == [
        ("request", "/n", "n.maximum", "accepted"),
        ("request", "/resolution", "resolution.enum", "accepted"),
    ]
    assert {violation.rule.id for violation in strange.violations} == {"n.maximum", "resolution.enum"}
    assert good.differences == ()


def test_a_reading_that_is_switched_counts_from_the_next_exchange_on() -> None:
    page = b'{"code":0,"message":"","request_id":"r","data":[]}'
    with app_behind(constant(page)) as proxy:
        proxy.send("GET", f"{IMAGE}?pageNum=0")
        changed = proxy.client.patch("/_mock/settings", json={"readings": {"page-range": "clamped"}})
        assert changed.status_code == 200, changed.text
        proxy.send("GET", f"{IMAGE}?pageNum=0")
        proxy.client.patch("/_mock/settings", json={"strict": True}).raise_for_status()
        proxy.send("POST", IMAGE, {"prompt": "<<<image_3>>> on the moon"})
    before, after, strict = proxy.entries
    assert [each.keyword for each in before.differences] == ["pageNum.minimum"]
    assert after.differences == ()
    assert [each.side for each in strict.differences][:1] == ["request"]


def test_a_request_that_is_no_json_and_is_accepted_is_a_difference() -> None:
    with app_behind(constant(GOOD)) as proxy:
        proxy.send("POST", IMAGE, content=b"{", headers={"content-type": "application/json"})
    assert [(each.pointer, each.keyword) for each in proxy.entries[0].differences] == [("", "unreadable")]


def test_a_request_that_breaks_a_rule_and_is_refused_is_as_it_should_be() -> None:
    with scene("kling") as at:
        at.proxy.send("POST", IMAGE, {**PROMPT, "n": 10})
        (entry,) = at.proxy.entries
    assert [violation.rule.id for violation in entry.violations] == ["n.maximum"]
    assert entry.differences == ()
    assert "breaks n.maximum" in at.proxy.lines[0]


def test_of_a_path_that_is_not_in_the_contract_nothing_is_told() -> None:
    with app_behind(constant(b"[]")) as proxy:
        assert proxy.send("GET", "/account/nothing").json() == []
        assert proxy.shown("requests")["items"][0]["operation"] is None
    assert "GET /account/nothing 200 not in the contract; 0 differences" in proxy.lines[0]


# What passes through.


def test_a_request_goes_on_as_it_came() -> None:
    with served(echo) as url, between(url + "/base") as proxy:
        answer = proxy.send(
            "PATCH",
            "/v1//images/%7Ea%2Fb/?b=2&a=1&b=%20",
            content=b'{"a": 1}',
            headers={
                "content-type": "application/x-thing",
                "X-Thing": "caf\xe9".encode("latin-1").decode("latin-1")[:3],
            },
        ).json()
        sent = dict(answer["headers"])
        assert (answer["method"], answer["target"]) == ("PATCH", "/base/v1//images/%7Ea%2Fb/?b=2&a=1&b=%20")
        assert answer["sha256"] == hashlib.sha256(b'{"a": 1}').hexdigest()
        assert sent["host"] == url.removeprefix("http://")
        assert (sent["authorization"], sent["content-type"], sent["x-thing"]) == (
            f"Bearer {TOKEN}",
            "application/x-thing",
            "caf",
        )
        assert sent["content-length"] == "8"
        assert sent["accept-encoding"] == "gzip, deflate"


def test_headers_for_the_next_one_on_the_way_end_here_and_none_is_invented() -> None:
    lines = [
        *("GET / HTTP/1.1", "Host: somewhere", "Connection: keep-alive, X-Mine", "X-Mine: 1", "Keep-Alive: timeout=5"),
        *(
            "TE: trailers",
            "Proxy-Authorization: Basic eA==",
            "Upgrade: h2c",
            "X-Two: a",
            "X-Two: b",
            "Accept-Encoding: br",
        ),
        *("Expect: 100-continue", "", ""),
    ]
    with served(echo) as url, between(url) as proxy:
        headers = json.loads(exchanged(proxy.url, "\r\n".join(lines).encode()))["headers"]
    host = url.removeprefix("http://")
    assert sorted(headers) == [["accept-encoding", "identity"], ["host", host], ["x-two", "a"], ["x-two", "b"]]


def exchanged(url: str, request: bytes) -> bytes:
    """Send bytes on a connection of their own, and return the body that comes back."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE)
    connection.connect()
    connection.sock.sendall(request)
    with closing(HTTPResponse(connection.sock)) as answer, closing(connection):
        answer.begin()
        return answer.read()


def test_an_answer_comes_back_as_it_was_sent() -> None:
    headers = [(b"x-request-id", b"7"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"date", b"yesterday")]
    with app_behind(
        constant(b'{"a": 1 }', *headers, (b"connection", b"x-gone"), (b"x-gone", b"1"), status=418)
    ) as proxy:
        answer = proxy.send("GET", "/anything")
    assert (answer.status_code, answer.content) == (418, b'{"a": 1 }')
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert (answer.headers["x-request-id"], answer.headers.get_list("date")) == ("7", ["yesterday"])
    assert "x-gone" not in answer.headers


def test_a_header_may_be_long_and_hold_any_letter_but_no_control_letter() -> None:
    header = b"x-long: " + b"a" * 20_000 + b"\r\nx-name: caf\xe9\r\nx-control: a\x01b\r\n"
    with (
        answering(said(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n" + header + b"\r\n{}")) as url,
        between(url) as proxy,
    ):
        headers = proxy.send("GET", "/x").headers
    assert (len(headers["x-long"]), headers["x-name"], headers["x-control"]) == (20_000, "caf\xe9", "a b")


def test_a_target_that_is_no_path_is_not_forwarded() -> None:
    with served(echo) as url, between(url) as proxy:
        assert "is not a path" in exchanged(proxy.url, b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n").decode()


def test_a_service_that_does_not_wait_for_the_end_of_a_request_is_heard() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 413 Large\r\ncontent-length: 2\r\n\r\n{}")
        while connection.recv(1 << 20):
            pass

    with answering(talk) as url, between(url) as proxy:
        assert proxy.send("POST", IMAGE, {"prompt": "x" * (4 << 20)}).status_code == 413
    assert proxy.entries[0].response.body == b"{}"


def test_a_request_whose_last_byte_is_answered_at_once_is_judged() -> None:
    """A server may say that there is more, and only later that there was not."""

    def talk(connection: socket.socket) -> None:
        seen = b""
        while not seen.endswith(b'"n":10}'):
            seen += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    body, sent = b'{"prompt":"A","n":10}', list[Message]()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    scope = {"type": "http", "method": "POST", "raw_path": IMAGE.encode(), "query_string": b"", "scheme": "http"}
    messages = [{"type": "http.request", "body": body, "more_body": True}]

    async def receive() -> Message:
        return messages.pop() if messages else await asyncio.Event().wait()  # type: ignore[return-value]

    async def send(message: Message) -> None:
        sent.append(message)

    async def forward(url: str) -> None:
        async with asyncio.timeout(PATIENCE), Proxy(fake, Upstream(url, PATIENCE), lambda _: None) as proxy:
            await proxy({**scope, "headers": headers}, receive, send)

    fake = Fake(Settings(services=("kling",)))
    with answering(talk) as url:
        asyncio.run(forward(url))
    (entry,) = fake.requests
    assert [violation.rule.id for violation in entry.violations] == ["n.maximum"]
    assert b"".join(message.get("body", b"") for message in sent) == b"{}"


def test_a_compressed_request_is_judged_as_it_was_meant() -> None:
    body = gzip.compress(json.dumps({**PROMPT, "n": 10}).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with served(echo) as url, between(url) as proxy:
        assert proxy.send("POST", IMAGE, content=body, headers=headers).json()["size"] == len(body)
    assert [violation.rule.id for violation in proxy.entries[0].violations] == ["n.maximum"]


def test_a_cookie_is_the_clients_to_keep() -> None:
    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nset-cookie: a=1\r\nconnection: close\r\n\r\n{}")

    # A name, because aiohttp would keep no cookie of an address.
    with answering(talk) as url, between(url.replace("127.0.0.1", "localhost")) as proxy:
        for _ in range(2):
            proxy.send("GET", "/x")
            proxy.client.cookies.clear()
    assert [b"cookie" in request.lower() for request in seen] == [False, False]


def test_a_redirect_is_passed_on_and_not_followed() -> None:
    with app_behind(constant(b"", (b"location", b"/elsewhere"), status=302)) as proxy:
        answer = proxy.send("GET", f"{IMAGE}/1")
    assert (answer.status_code, answer.headers["location"]) == (302, "/elsewhere")
    assert [each.keyword for each in proxy.entries[0].differences] == ["status"]


@pytest.mark.parametrize(("status", "method"), [(204, "GET"), (304, "GET"), (200, "HEAD")])
def test_an_answer_without_a_body_may_say_how_long_it_would_be(status: int, method: str) -> None:
    with app_behind(constant(b"", status=status)) as proxy:
        assert (proxy.send(method, "/x").status_code, proxy.send(method, "/x").content) == (status, b"")


COMPRESSED = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "gzip, deflate": lambda body: zlib.compress(gzip.compress(body)),
}


def raw(proxy: Between, method: str, path: str, **how: Any) -> tuple[bytes, str]:
    """Return an answer's body as it is on the wire, and how it is said to be encoded."""
    with proxy.client.stream(method, path, headers={"authorization": f"Bearer {TOKEN}"}, **how) as answer:
        return b"".join(answer.iter_raw()), answer.headers["content-encoding"]


@pytest.mark.parametrize("encoding", COMPRESSED)
def test_a_compressed_answer_passes_as_it_is_and_is_judged_as_it_was_meant(encoding: str) -> None:
    compressed = COMPRESSED[encoding](GOOD.replace(b'"submitted"', b'"done"'))
    with app_behind(constant(compressed, (b"content-encoding", encoding.encode()))) as proxy:
        assert raw(proxy, "POST", IMAGE, json=PROMPT) == (compressed, encoding)
    assert [each.pointer for each in proxy.entries[0].differences] == ["/data/task_status"]


def test_an_answer_that_cannot_be_read_passes_and_the_line_says_that_it_was_not_checked() -> None:
    body = b"\x0b\x02\x80"
    with app_behind(constant(body, (b"content-encoding", b"br"))) as proxy:
        assert raw(proxy, "GET", f"{IMAGE}/1") == (body, "br")
    assert proxy.entries[0].differences == ()
    assert "answer not checked: it is encoded as br" in proxy.lines[0]


@pytest.mark.parametrize("is_chunked", [False, True])
def test_large_bodies_pass_both_ways(is_chunked: bool) -> None:
    prompt = "x" * (8 << 20)
    body = json.dumps({"prompt": prompt}).encode()
    sent = {"content": iter([body[:5], body[5:]]) if is_chunked else body}
    with served(echo) as url, between(url) as proxy:
        answer = proxy.send("POST", "/echo", headers={"content-type": "application/json"}, **sent).json()
        names = {name for name, _ in answer["headers"]}
    assert (answer["size"], answer["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert ("content-length" in names, "transfer-encoding" in names) == (not is_chunked, is_chunked)
    assert proxy.entries[0].sizes[0] == len(body)


def test_a_large_answer_passes_and_is_judged() -> None:
    body = json.dumps({"code": 0, "message": "x" * (8 << 20), "request_id": 1, "data": []}).encode()
    with app_behind(constant(body)) as proxy:
        assert proxy.send("GET", IMAGE).content == body
    assert [each.pointer for each in proxy.entries[0].differences] == ["/request_id"]


def test_what_is_over_the_limit_passes_and_is_not_checked() -> None:
    with app_behind(constant(b"[" * 3000), max_body=2000) as proxy:
        assert proxy.send("POST", IMAGE, {"prompt": "x" * 5000}).content == b"[" * 3000
    assert (proxy.entries[0].differences, proxy.entries[0].violations) == ((), ())
    assert "request not checked: it has 5013 bytes, more than 2000" in proxy.lines[0]
    assert "answer not checked: it has 3000 bytes, more than 2000" in proxy.lines[0]


def dots(connection: socket.socket, got: threading.Event) -> None:
    """Send chunks until the first has arrived: the proxy keeps each back until it knows that it is not the last."""
    while not got.wait(0.01):
        connection.sendall(b"1\r\n.\r\n")


def test_an_answer_is_on_its_way_before_its_end_is_known() -> None:
    got = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        connection.sendall(b"6\r\nsecond\r\n")
        dots(connection, got)
        connection.sendall(b"4\r\nlast\r\n0\r\n\r\n")

    with answering(talk) as url, between(url) as proxy, proxy.client.stream("GET", "/x") as answer:
        pieces = answer.iter_raw()
        first = next(pieces)
        assert first.startswith(b"first")
        assert proxy.lines == []
        got.set()
        assert (first + b"".join(pieces)).endswith(b"last")
        assert len(proxy.lines) == 1


def test_a_request_is_on_its_way_before_its_end_is_known() -> None:
    got = threading.Event()

    def talk(connection: socket.socket) -> None:
        seen = b""
        while b"first" not in seen:
            seen += connection.recv(65536)
        got.set()
        while not seen.endswith(b"last\r\n0\r\n\r\n"):
            seen += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    def pieces() -> Iterator[bytes]:
        yield b"first"
        assert got.wait(PATIENCE)
        yield b"last"

    with answering(talk) as url, between(url) as proxy:
        assert proxy.send("POST", "/x", content=pieces()).content == b"ok"
        assert proxy.entries[0].request.body == b"firstlast"


# An upstream that does not answer.


def test_an_upstream_that_is_down_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with between(url) as proxy:
        answer = proxy.send("POST", IMAGE, PROMPT)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/json")
    assert answer.json() == {"error": f"mockserver proxy: {url} refused the connection; is it running?"}
    (line,) = proxy.lines
    assert line.startswith(f"POST {IMAGE} 502 kling/omni-image.create; 0 differences; answer not checked")
    assert line.endswith(f"{url} refused the connection; is it running?")
    assert proxy.entries[0].differences == ()


def said(text: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(text)

    return talk


@pytest.mark.parametrize(
    ("talk", "fact"),
    [
        (said(b""), "closed the connection without an answer"),
        (said(b"SSH-2.0-OpenSSH_9.2\r\n"), "did not answer in HTTP"),
        (said(b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n"), "answered with status 999, which ends no exchange"),
        (said(b"HTTP/1.1 101 Switch\r\nupgrade: h2c\r\n\r\n"), "answered with status 101, which ends no exchange"),
        (said(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"), "did not answer in HTTP"),
        (said(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"), "closed the connection in the middle of its answer"),
    ],
)
def test_an_upstream_that_does_not_answer_is_a_502_that_says_so(
    talk: Callable[[socket.socket], None], fact: str
) -> None:
    with answering(talk) as url, between(url) as proxy:
        answer = proxy.send("GET", f"{IMAGE}/1")
    assert answer.status_code == 502
    assert fact in answer.json()["error"]
    assert "\n" not in answer.text
    assert len(proxy.lines) == 1


def test_an_upstream_that_is_silent_is_a_502_that_says_so() -> None:
    def talk(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    with answering(talk) as url, between(url, patience=0.2) as proxy:
        answer = proxy.send("GET", f"{IMAGE}/1")
    assert answer.status_code == 502
    assert answer.json()["error"].endswith("was silent for 0.2 s")


def test_an_upstream_that_no_name_server_knows_is_a_502_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", unknown)
    with between("http://nowhere.invalid") as proxy:
        answer = proxy.send("GET", f"{IMAGE}/1")
    assert answer.status_code == 502
    assert "there is no host 'nowhere.invalid'" in answer.json()["error"]


def test_an_answer_that_is_cut_is_cut_for_the_client_too() -> None:
    start = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"10000\r\n" + b"x" * 65536 + b"\r\n"
    got = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(start)
        dots(connection, got)
        connection.sendall(b"5\r\nfirst\r\n5\r\nse")

    with answering(talk) as url, between(url) as proxy:
        with proxy.client.stream("GET", f"{IMAGE}/1") as answer:
            pieces = answer.iter_raw()
            next(pieces)
            got.set()
            with pytest.raises(httpx.TransportError):
                b"".join(pieces)
        assert proxy.send("GET", "/_mock/health").status_code == 200
    assert "answer not checked: it did not arrive to its end" in proxy.lines[0]


def test_a_client_that_leaves_is_not_told_of() -> None:
    reached = threading.Event()

    def talk(connection: socket.socket) -> None:
        while b"some" not in connection.recv(65536):
            pass
        reached.set()
        while connection.recv(65536):
            pass

    with answering(talk) as url, between(url) as proxy:
        host, _, port = proxy.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            connection.sendall(b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nsome")
            assert reached.wait(PATIENCE)
        assert proxy.send("GET", "/_mock/health").status_code == 200
    assert proxy.lines == []


# What is shown.


def test_an_exchange_is_in_the_journal_before_the_client_has_its_answer() -> None:
    with scene("kling") as at:
        for number in range(1, 20):
            at.proxy.send("GET", IMAGE)
            assert len(at.proxy.entries) == len(at.proxy.lines) == number


def test_many_at_once_are_told_one_by_one() -> None:
    async def run(url: str) -> None:
        async with httpx.AsyncClient(
            base_url=url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE
        ) as client:
            answers = await asyncio.gather(*(client.post(IMAGE, json=PROMPT) for _ in range(50)))
            assert {answer.status_code for answer in answers} == {200}

    with scene("kling") as at:
        asyncio.run(run(at.proxy.url))
        assert len(at.there.tasks) == len(at.proxy.lines) == len(at.proxy.entries) == 50


SECRETS = (
    "authorization-secret",
    "cookie-secret-value",
    "header-secret-value",
    "query-secret-value",
    "body-secret-value",
)


def test_secrets_are_masked_in_the_journal_and_never_told() -> None:
    with app_behind(constant(b'{"token":"body-secret-value","echo":"header-secret-value"}')) as proxy:
        proxy.send(
            "POST",
            "/login?access_token=query-secret-value",
            {"password": "body-secret-value", "note": "authorization-secret is mine"},
            headers={
                "authorization": "Bearer authorization-secret",
                "cookie": "sid=cookie-secret-value",
                "x-goog-api-key": "header-secret-value",
            },
        )
        shown = json.dumps(proxy.shown("requests/1"), ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in shown or secret in proxy.lines[0]] == []


def test_a_line_cannot_move_the_cursor_and_names_nobody() -> None:
    with app_behind(constant(b'{"me@example.org": {"\\u001b[2J": 1}}'), service="useapi") as proxy:
        proxy.send("GET", "/v1/kling/accounts")
    assert "\x1b" not in proxy.lines[0]
    assert "me@example.org" not in proxy.lines[0]
    assert "/account-1@example.com/email required" in proxy.lines[0]
