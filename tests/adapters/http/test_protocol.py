"""HTTP as clients speak it, at every door: what the standards allow is served, and all else is told what to do."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from mockserver.adapters.http import protocol, server
from mockserver.adapters.http.connection import head as heads
from mockserver.adapters.http.connection.deadline import Deadline
from mockserver.adapters.http.connection.desk import Desk
from mockserver.adapters.http.headers import request_of
from mockserver.adapters.http.protocol import Protocol
from mockserver.adapters.http.server import Server, listen
from mockserver.adapters.proxy.replay import Replay
from mockserver.adapters.testing.live import live
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import Request, Response, Wire
from tests.conftest import IMAGE, PATIENCE, TOKEN
from tests.support.between import between, served, wait_for_the_end
from tests.support.process import Answer, answers, started

BODY = b'{"prompt": "A red bicycle in the rain"}'
GZIPPED = gzip.compress(BODY)
DEFLATED = zlib.compress(BODY)
H2C = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAA")
WEBSOCKET = ("connection: keep-alive, Upgrade", "upgrade: websocket", "sec-websocket-version: 13")
CHUNKED = "transfer-encoding: chunked"
NO_HTTP = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)


def request(
    *fields: str, method: str = "POST", target: str = IMAGE, body: bytes = BODY, version: str = "1.1", host: str = "a"
) -> bytes:
    """Write a request with credentials; its length is said unless it is chunked."""
    usual = [f"Host: {host}"] if host else []
    lines = [*usual, f"Authorization: Bearer {TOKEN}", "Content-Type: application/json", *fields]
    if CHUNKED not in fields:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([f"{method} {target} HTTP/{version}", *lines, "", ""]).encode("latin-1") + body


def own(*fields: str, **how: Any) -> bytes:
    """Write a request to one of our own paths, which take the names of this machine alone."""
    return request(*fields, host="localhost", **how)


def chunks(body: bytes, *trailers: str) -> bytes:
    written = b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in body)
    return written + "\r\n".join(["0", *trailers, "", ""]).encode()


SERVED = {
    "offers-http-2": request(*H2C),
    "offers-http-2-chunked": request(*H2C, CHUNKED, body=chunks(BODY)),
    "offers-http-2-for-the-last-time": request("Connection: close, Upgrade", "Upgrade: h2c"),
    "offers-a-websocket": request(*WEBSOCKET),
    "offers-two-protocols": request("Connection: upgrade", "Upgrade: foo/2, h2c", "Upgrade: websocket"),
    "offers-what-is-not-in-connection": request("Upgrade: h2c"),
    "has-trailers": request(CHUNKED, body=chunks(BODY, "Authorization: Bearer other", "x: y")),
    "names-in-lower-case": request().replace(b"Host", b"host").replace(b"Content-L", b"content-l"),
    "gzip": request("Content-Encoding: gzip", body=GZIPPED),
    "x-gzip": request("Content-Encoding: X-GZIP", body=GZIPPED),
    "deflate": request("Content-Encoding: deflate", body=DEFLATED),
    "gzip-in-chunks": request("Content-Encoding: gzip", CHUNKED, body=chunks(GZIPPED)),
    "identity": request("Content-Encoding: identity"),
    "byte-order-mark": request(body=b"\xef\xbb\xbf" + BODY),
    "needless-escapes": request(target="/v1/images/omni%2Dimage"),
    "needless-escapes-in-lower-case": request(target="/%761/images/omni%2dimage"),
    "slash-at-the-end": request(target=IMAGE + "/"),
    "whole-url": request(target=f"http://127.0.0.1:8080{IMAGE}"),
    "whole-url-in-capitals": request(target=f"HTTP://EXAMPLE.COM{IMAGE}"),
    "http-1.0": request(version="1.0"),
    "http-1.0-without-host": request(version="1.0", host=""),
    "empty-lines-before": b"\r\n\r\n" + request(),
    "empty-host": request().replace(b"Host: a", b"Host:"),
    "host-of-ipv6": request(host="[::1]:8080"),
    "expects-what-nobody-knows": request("Expect: the-unexpected"),
    "high-bytes-in-a-header": request("x: \xff\xfe"),
    "many-headers": request(*[f"x-{n}: {n}" for n in range(200)]),
    "large-headers": request("x: " + "y" * 60_000),
}
"""Requests that mean the same as a plain one."""

REFUSED: dict[str, tuple[bytes, int, str]] = {
    "no-host": (request(host=""), 400, "no lines of Host"),
    "two-hosts": (request("Host: a"), 400, "2 lines of Host"),
    "host-that-is-none": (request(host="a/b"), 400, "Host is not the name of a host"),
    "host-with-a-name": (request(host="me@a"), 400, "Host is not the name of a host"),
    "tunnel": (request(method="CONNECT", target="example.org:443"), 400, "CONNECT asks for a tunnel"),
    "tls": (NO_HTTP, 400, "Use http://"),
    "http-2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(30), 400, "speaks HTTP/1.1"),
    "nonsense": (b"\x01\x02\x03\r\n\r\n", 400, "does not begin with a method"),
    "words": (b"Good morning to you\r\n\r\n", 400, "Invalid HTTP request"),
    "another-scheme": (request(target=f"ftp://a{IMAGE}"), 400, "Begin with a slash"),
    "no-target": (request(target="images"), 400, "Invalid"),
    "zero-in-the-query": (request(target=f"{IMAGE}?x=\0"), 400, "Invalid HTTP request"),
    "folded-header": (request("x: a\r\n b"), 400, "Invalid HTTP request"),
    "two-lengths": (request("Content-Length: 7"), 400, "Content-Length"),
    "length-and-chunks": (request("Content-Length: 2", CHUNKED, body=chunks(BODY)), 400, "Transfer-Encoding"),
    "broken-chunk": (request(CHUNKED, body=b"many\r\n"), 400, "chunk size"),
    "header-without-end": (request()[: -len(BODY) - 4] + b"\r\nx: " + b"y" * 3_000_000, 431, "65536 bytes"),
    "large-header": (request("x: " + "y" * 66_000), 431, "65536 bytes"),
    "too-many-headers": (request(*["x: y"] * 300), 431, "256 lines"),
    "trailer-without-end": (request(CHUNKED, body=b"0\r\nx: " + b"y" * 3_000_000), 431, "65536 bytes"),
    "chunk-extension-without-end": (request(CHUNKED, body=b"1;" + b"y" * 3_000_000), 431, "65536 bytes"),
    "path-without-end": (b"GET /" + b"y" * 3_000_000, 414, "65536 bytes"),
    "long-query": (request(target=f"{IMAGE}?x={'y' * 66_000}"), 414, "65536 bytes"),
}
"""Bytes that are no request, with the status of the answer and what it says."""


class Waiting(Fake):
    """A fake whose store waits, or so it says."""

    waits = True


@dataclass
class Door:
    """A server of one kind."""

    name: str
    port: int

    def ask(self, content: bytes, count: int = 1) -> list[Answer]:
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(content)
            return answers(connection, count)

    def last(self) -> dict[str, Any]:
        """Return the last exchange in its journal."""
        (answer,) = self.ask(request(method="GET", target="/_mock/requests?limit=1", body=b"", host="localhost"))
        return dict(answer.json["items"][0])

    def says(self, answer: Answer) -> str:
        """Return what a refusal says, in the door's own envelope."""
        assert answer.headers["content-type"] == "application/json"
        if self.name == "proxy":
            assert answer.json["error"].startswith("mockserver proxy: ")
            return str(answer.json["error"])
        assert answer.json.keys() == {"code", "message", "request_id"}
        return str(answer.json["message"])


@contextmanager
def door(name: str, place: Path) -> Iterator[Door]:
    with ExitStack() as stack:
        if name == "serve":
            process = stack.enter_context(started("--pace", "instant"))
            yield Door(name, process.port)
            assert process.stderr == ""
            return
        fake = (Waiting if name == "waiting" else Fake)(Settings(pace="instant", seed=1))
        found = Door(name, _port(stack.enter_context(live(fake)).url))
        if name in ("proxy", "replay"):
            proxy = stack.enter_context(between(f"HTTP://127.0.0.1:{found.port}", record=place))
            found = Door(name, _port(proxy.url))
        if name == "replay":
            found.ask(request())
            replay = Replay(place, Settings(services=("kling",)), lambda _: None)
            found = Door(name, _port(stack.enter_context(served(fake=replay))))
        yield found


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


@pytest.fixture(scope="module", params=["serve", "live", "waiting", "proxy", "replay"])
def at(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door(request.param, tmp_path_factory.mktemp("recordings")) as found:
        yield found
    wait_for_the_end()


@pytest.mark.parametrize("case", SERVED)
def test_what_means_a_create_is_a_create(case: str, at: Door) -> None:
    (answer,) = at.ask(SERVED[case])
    assert (answer.status, answer.json["code"]) == (200, 0)
    assert (at.last()["operation"], at.last()["status"]) == ("kling/omni-image.create", 200)


def test_a_request_may_come_byte_by_byte_and_another_after_it(at: Door) -> None:
    with socket.create_connection(("127.0.0.1", at.port), PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in SERVED["offers-http-2-chunked"] + SERVED["offers-a-websocket"]:
            connection.send(bytes([byte]))
        assert [answer.status for answer in answers(connection, 2)] == [200, 200]


def test_a_method_nobody_knows_in_a_row_of_requests_is_told_to_wait(at: Door) -> None:
    first, second = at.ask(request() + request(method="BREW"), 2)
    assert (first.status, second.status) == (200, 400)
    assert "Send such a request after the answer to the last" in at.says(second)


def test_many_may_come_at_once(at: Door) -> None:
    assert [answer.status for answer in at.ask(b"".join(list(SERVED.values())[:2]) * 20, 40)] == [200] * 40


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_request_is_told_what_is_wrong_and_noted(case: str, at: Door) -> None:
    content, status, fact = REFUSED[case]
    (answer,) = at.ask(content)
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert fact in at.says(answer)
    assert (at.last()["operation"], at.last()["status"]) == (None, status)


def test_a_refusal_comes_after_the_answers_to_what_came_before(at: Door) -> None:
    found = at.ask(request() * 3 + REFUSED["two-hosts"][0], 4)
    assert [answer.status for answer in found] == [200, 200, 200, 400]


@pytest.mark.parametrize("rest", [request(), request(host=""), NO_HTTP], ids=["a-request", "a-wrong-one", "nonsense"])
def test_after_the_last_request_nothing_is_answered(rest: bytes, at: Door) -> None:
    with socket.create_connection(("127.0.0.1", at.port), PATIENCE) as connection:
        connection.sendall(request("Connection: close") + rest)
        with connection.makefile("rb") as stream:
            said = stream.read()
    assert (said.count(b"HTTP/1.1 "), said[:13]) == (1, b"HTTP/1.1 200 ")


@pytest.mark.parametrize("method", ["BREW", "post", "get", "PROPFIND", "X-Y.Z", "B" * 64, "OPTIONS", "TRACE"])
@pytest.mark.parametrize("body", [b"", BODY], ids=["alone", "with-a-body"])
def test_a_method_of_whatever_name_is_refused_by_the_service(method: str, body: bytes, at: Door) -> None:
    answer, after = at.ask(request(method=method, body=body) + request(), 2)
    assert (answer.status, after.status) == (404, 200)
    assert method in answer.json["message"]


def test_an_answer_to_head_has_no_body_and_the_length_that_it_would_have(at: Door) -> None:
    for target in (IMAGE, "/nothing", "/_mock/health", "/_mock/nothing", "/results/nothing"):
        with socket.create_connection(("127.0.0.1", at.port), PATIENCE) as connection:
            connection.sendall(own("Connection: close", method="HEAD", target=target, body=b""))
            with connection.makefile("rb") as stream:
                head, _, rest = stream.read().partition(b"\r\n\r\n")
        assert rest == b""
        assert int(re.search(rb"content-length: ([0-9]+)", head)[1]) > 10  # type: ignore[index] # it is there


def test_a_method_that_is_missing_is_named(at: Door) -> None:
    (answer,) = at.ask(request(method="PATCH"))
    assert at.name == "replay" or answer.headers["allow"] == "POST, GET"


def test_a_coding_that_nobody_decodes_is_named_with_those_that_are(at: Door) -> None:
    for name in ("br", "zstd", "gzip, br", "no-such"):
        (answer,) = at.ask(request(f"Content-Encoding: {name}"))
        assert (answer.status, answer.headers["accept-encoding"]) == (415, "gzip, deflate")
        assert name.rpartition(" ")[2] in answer.json["message"]


@pytest.mark.parametrize(
    "body",
    [b"no gzip", GZIPPED[:-9], GZIPPED[:20] + b"\0\0" + GZIPPED[22:], GZIPPED + b"rest", gzip.compress(b"") * 5000],
    ids=["none", "cut", "damaged", "with-a-rest", "in-too-many-pieces"],
)
def test_what_cannot_be_decompressed_is_told(body: bytes, at: Door) -> None:
    (answer,) = at.ask(request("Content-Encoding: gzip", body=body))
    assert (answer.status, answer.json["code"]) == (400, 1200)
    assert "Invalid request body: it " in answer.json["message"]


def test_a_body_that_grows_is_as_large_as_it_is(at: Door) -> None:
    bomb = gzip.compress(bytes(65 << 20), 1)
    assert at.ask(request("Content-Encoding: gzip", body=bomb))[0].status == 413
    assert at.ask(request("Content-Encoding: gzip, gzip", body=gzip.compress(bomb)))[0].status == 413


def test_the_path_of_a_result_may_have_needless_escapes() -> None:
    with live(pace="instant") as running:
        ask = Door("live", _port(running.url)).ask
        (made,) = ask(request())
        path = f"{IMAGE}/{made.json['data']['task_id']}"
        (shown,) = ask(request(method="GET", target=path, body=b""))
        url = shown.json["data"]["task_result"]["images"][0]["url"]
        (result,) = ask(request(method="GET", target=url.partition("//a")[2].replace(".png", "%2Epng"), body=b""))
    assert (result.status, result.headers["content-type"]) == (200, "image/png")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_json_in_another_encoding_is_told_to_be_utf_8(encoding: str) -> None:
    with live() as running:
        (answer,) = Door("live", _port(running.url)).ask(request(body=BODY.decode().encode(encoding)))
    assert answer.status == 400
    assert answer.json["message"].endswith("JSON is UTF-8. Encode it as UTF-8")


def test_a_trailer_is_no_header() -> None:
    with live() as running:
        ask = Door("live", _port(running.url)).ask
        bare = request(CHUNKED, body=chunks(BODY, f"Authorization: Bearer {TOKEN}"))
        (answer,) = ask(bare.replace(f"Authorization: Bearer {TOKEN}\r\n".encode(), b"", 1))
        assert answer.status == 401
        ask(SERVED["has-trailers"])
        assert next(iter(running.requests)).request.headers["authorization"] == f"Bearer {TOKEN}"
        assert "x" not in next(iter(running.requests)).request.headers


def test_the_journal_has_the_request_as_it_came() -> None:
    with live() as running:
        Door("live", _port(running.url)).ask(request(*H2C, "Content-Encoding: gzip", body=GZIPPED))
        noted = next(iter(running.requests)).request
    assert (noted.headers["upgrade"], noted.body) == ("h2c", BODY)


def test_the_host_of_a_whole_url_counts() -> None:
    with live(pace="instant") as running:
        ask = Door("live", _port(running.url)).ask
        (made,) = ask(request(target=f"http://mock.example:81{IMAGE}", host="other.example"))
        (shown,) = ask(request(method="GET", target=f"{IMAGE}/{made.json['data']['task_id']}", body=b""))
    assert "http://mock.example:81/results/" in shown.json["data"]["task_result"]["images"][0]["url"]
    assert next(iter(running.requests)).request.path.startswith(IMAGE)


OWN = {
    "a-path": (own(method="GET", target="/_mock/helth", body=b""), 404, "did you mean /_mock/health?"),
    "another-path": (own(method="GET", target="/_mock/x/y/z", body=b""), 404, "callbacks, clock, docs, events"),
    "a-method": (own(method="PUT", target="/_mock/faults"), 405, "takes DELETE, GET, HEAD, POST"),
    "no-known-method": (own(method="BREW", target="/_mock/health"), 405, "takes GET, HEAD"),
    "a-large-head": (own("x: " + "y" * 70_000, target="/_mock/health"), 431, "65536 bytes"),
    "no-host": (request(target="/_mock/health", host=""), 400, "no lines of Host"),
    "utf-16": (own(target="/_mock/faults", body=BODY.decode().encode("utf-16")), 400, "JSON is UTF-8"),
    "a-lone-surrogate": (own(target="/_mock/faults", body=b'{"fault": "\\ud800"}'), 400, "not JSON"),
}


@pytest.mark.parametrize("case", OWN)
def test_our_own_paths_refuse_in_their_own_words(case: str, at: Door) -> None:
    content, status, fact = OWN[case]
    (answer,) = at.ask(content)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json.keys() == {"error"}
    assert fact in answer.json["error"]
    assert ("allow" in answer.headers) == (status == 405)


# --- At once, or by the application ------------------------------------------------------------------------------


WAYS = {
    "as-it-is": lambda n: request(target=f"/no/{n}"),
    "compressed": lambda n: request("Content-Encoding: gzip", target=f"/no/{n}", body=GZIPPED),
    "large": lambda n: request(target=f"/no/{n}", body=b" " * 40_000),
    "in-chunks": lambda n: request(CHUNKED, target=f"/no/{n}", body=chunks(BODY)),
    "expected": lambda n: request("Expect: 200-ok", target=f"/no/{n}"),
    "offering": lambda n: request(*H2C, target=f"/no/{n}"),
    "with-a-fragment": lambda n: request(target=f"/no/{n}#x"),
}
"""Requests that are answered in different ways; the answer names the path."""


@given(ways=st.lists(st.sampled_from(list(WAYS)), min_size=1, max_size=12))
def test_answers_come_in_the_order_of_the_requests(ways: list[str], at: Door) -> None:
    def named(count: int, content: bytes) -> list[str]:
        return [re.findall(r"/no/[\w-]+", answer.json["message"])[0] for answer in at.ask(content, count)]

    alone = [name for n in range(len(ways)) for name in named(1, WAYS["as-it-is"](n))]
    assert named(len(ways), b"".join(WAYS[way](n) for n, way in enumerate(ways))) == alone
    assert len(set(alone)) == len(alone)


@pytest.mark.parametrize("headers", [{"x": "a\r\nb: c"}, {"x\n": "a"}, {"x": "猫"}], ids=["value", "name", "letter"])
@pytest.mark.parametrize("wire", [None, Wire(headers_after=1)], ids=["plain", "late"])
@pytest.mark.parametrize("kind", [Fake, Waiting])
def test_an_answer_that_cannot_be_sent_is_a_failure_that_is_told(
    headers: dict[str, str], wire: Wire | None, kind: type[Fake]
) -> None:
    fake = kind()
    wrong = Response(200, b"{}", headers, wire)
    fake.respond = lambda _: wrong  # type: ignore[method-assign,assignment]
    fake.answers = lambda requests: [wrong for _ in requests]  # type: ignore[method-assign]
    with live(fake) as running:
        (answer,) = Door("live", _port(running.url)).ask(request())
    assert (answer.status, answer.json["code"], fake.failures) == (500, 5000, 1)


def test_a_client_that_reads_nothing_is_not_answered_for_ever() -> None:
    line, server = Line(), _server()

    async def play() -> None:
        connection = Protocol(replace(_desk(server), at_once=line.large), config=server.config, **_state(server))
        connection.connection_made(cast("Any", line))
        line.full = connection.pause_writing
        connection.data_received(request() * 1000)
        connection.connection_lost(None)

    asyncio.run(play())
    assert 0 < len(line.seen) < 20


# --- Time ----------------------------------------------------------------------------------------------------------


LONGEST_PAUSE_SECONDS = 30
"""Between two polls, of all clients that are known."""


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.05)


UNFINISHED = {
    "a-method": (b"PO", 408),
    "a-method-nobody-knows": (b"BREW", 408),
    "a-line": (b"POST /v1", 408),
    "a-head": (request()[:50], 408),
    "a-head-after-a-request": (request() + request()[:50], 408),
    "a-body": (request()[:-5], 408),
    "a-body-of-a-client-that-waits": (request("Expect: 100-continue")[: -len(BODY)], 408),
    "a-chunk": (request(CHUNKED, body=b"5\r\n{"), 408),
    "a-trailer": (request(CHUNKED, body=chunks(BODY)[:-2] + b"x: "), 408),
}


@pytest.mark.parametrize("case", UNFINISHED)
@pytest.mark.usefixtures("hasty")
def test_what_does_not_come_to_its_end_is_refused_in_time(case: str) -> None:
    content, status = UNFINISHED[case]
    with live(pace="instant") as running:
        with socket.create_connection(("127.0.0.1", _port(running.url)), PATIENCE) as connection:
            connection.sendall(content)
            with connection.makefile("rb") as stream:
                said = stream.read()
        assert said.count(b"HTTP/1.1 200 ") == (case == "a-head-after-a-request")
        assert f"HTTP/1.1 {status} ".encode() in said
        assert b"did not arrive within 0.05 s" in said
        assert next(iter(running.requests)).response.status == status


@pytest.mark.parametrize("content", [b"", b"\r\n"], ids=["nothing", "an-empty-line"])
@pytest.mark.usefixtures("hasty")
def test_a_connection_without_a_request_is_closed_in_time(content: bytes) -> None:
    with (
        live() as running,
        socket.create_connection(("127.0.0.1", _port(running.url)), PATIENCE) as connection,
    ):
        connection.sendall(content)
        assert connection.recv(1000) == b""
        assert len(running.requests) == 0


def test_a_connection_rests_longer_than_a_client_that_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []
    usual = Deadline.set

    def set_(self: Deadline, seconds: float) -> None:
        limits.append(seconds)
        usual(self, seconds)

    monkeypatch.setattr(Deadline, "set", set_)
    with (
        live(pace="instant") as running,
        socket.create_connection(("127.0.0.1", _port(running.url)), PATIENCE) as connection,
    ):
        connection.sendall(request())
        assert answers(connection)[0].status == 200
        assert limits[-1] > LONGEST_PAUSE_SECONDS


def test_a_connection_that_rests_too_long_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_IDLE_SECONDS", 0.05)
    with (
        live(pace="instant") as running,
        socket.create_connection(("127.0.0.1", _port(running.url)), PATIENCE) as connection,
        connection.makefile("rb") as stream,
    ):
        connection.sendall(request())
        assert stream.read().count(b"HTTP/1.1 200 ") == 1


@pytest.mark.usefixtures("hasty")
def test_a_body_that_goes_on_coming_has_the_time_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    late = threading.Semaphore(0)
    usual = protocol.Protocol._be_late

    def be_late(self: protocol.Protocol) -> None:
        late.release()
        usual(self)

    monkeypatch.setattr(protocol, "BODY_BYTES", 0)
    monkeypatch.setattr(protocol.Protocol, "_be_late", be_late)
    with (
        live(pace="instant") as running,
        socket.create_connection(("127.0.0.1", _port(running.url)), PATIENCE) as connection,
    ):
        connection.sendall(request()[:-1])
        for _ in range(3):  # times that are over, in each of which enough has come
            assert late.acquire(timeout=PATIENCE)
        connection.sendall(request()[-1:])
        assert answers(connection)[0].status == 200


# --- Whatever way the bytes come ------------------------------------------------------------------------------------


@dataclass
class Line:
    """A connection without a network: what goes in comes as it is cut, and what was understood is kept."""

    seen: list[Request] = field(default_factory=list)
    sent: bytes = b""
    is_closed: bool = False
    full: Callable[[], None] = lambda: None  # what a transport calls when its client does not read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body, has_more = b"", True
        while has_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, has_more = body + message["body"], message["more_body"]
        self.seen.append(request_of(scope, body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def at_once(self, request: Request) -> Response:
        self.seen.append(request)
        return Response(200)

    def large(self, request: Request) -> Response:
        self.seen.append(request)
        return Response(200, bytes(10_000))

    def get_extra_info(self, _name: str) -> None:
        return None

    def write(self, data: bytes) -> None:
        self.sent += data
        if len(self.sent) > 64 * 1024:
            self.full()

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    write_eof = close
    pause_reading = resume_reading = lambda self: None


@cache
def _server() -> Server:
    with listen("127.0.0.1", 0) as listener:
        found = Server(Fake(), listener, lambda _: None)
    found.config.load()
    return found


def _desk(server: Server) -> Desk:
    made: Any = server.config.http_protocol_class
    return cast("Desk", made.args[0])


def _state(server: Server) -> dict[str, Any]:
    return {"server_state": server.server_state, "app_state": {}}


def understood(pieces: list[bytes], *, at_once: bool = False) -> tuple[list[Request], bytes]:
    """Return the requests that are seen in pieces of bytes, and the statuses that are answered."""
    line, server = Line(), _server()
    desk = replace(_desk(server), at_once=line.at_once if at_once else None)

    async def play() -> None:
        connection = Protocol(desk, config=server.config, **_state(server))
        connection.app = cast("Any", line)
        connection.connection_made(cast("Any", line))
        for piece in pieces:
            connection.data_received(piece)
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        connection.connection_lost(None)

    asyncio.run(play())
    return line.seen, b" ".join(part[:3] for part in line.sent.split(b"HTTP/1.1 ")[1:])


STREAMS = {
    "offers": request(*H2C) + request(*WEBSOCKET, CHUNKED, body=chunks(b"{}")) + request(),
    "an-offer-without-a-body": request(*H2C, method="GET", body=b"") * 2,
    "a-strange-method": request(*H2C, method="BREW", body=b"{}"),
    "trailers": request(CHUNKED, body=chunks(b"{}", "x: y")) + request(method="GET", body=b""),
    "an-error-at-the-end": request(*H2C, body=b"{}") + request(host="", body=b""),
}


@pytest.mark.parametrize("name", STREAMS)
@given(data=st.data())
def test_it_does_not_matter_how_the_bytes_are_cut(name: str, data: st.DataObject) -> None:
    stream = STREAMS[name]
    whole = understood([stream])
    places = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=4)))
    pieces = [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]
    assert understood(pieces) == understood(pieces, at_once=True) == whole


@pytest.mark.parametrize("name", STREAMS)
def test_they_may_be_cut_at_any_one_place_and_at_all(name: str) -> None:
    stream = STREAMS[name]
    whole = understood([stream])
    assert whole[0]
    for place in range(1, len(stream)):
        for at_once in (False, True):
            assert understood([stream[:place], stream[place:]], at_once=at_once) == whole, stream[:place]
    assert understood([bytes([byte]) for byte in stream]) == whole


@pytest.mark.parametrize("size", [heads.MOST_BYTES - 200, heads.MOST_BYTES, heads.MOST_BYTES + 200])
@given(cuts=st.sets(st.integers(1, heads.MOST_BYTES), max_size=3))
def test_how_large_a_head_may_be_does_not_depend_on_how_it_is_cut(size: int, cuts: set[int]) -> None:
    empty = request("x: ", method="GET", body=b"")
    stream = request(method="GET", body=b"") + request("x: " + "y" * (size - len(empty)), method="GET", body=b"")
    places = sorted(cuts)
    pieces = [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]
    seen, statuses = understood(pieces)
    assert understood(pieces, at_once=True) == (seen, statuses)
    assert (len(seen), statuses) == ((2, b"200 200") if size <= heads.MOST_BYTES else (1, b"200 431"))


def test_a_client_that_leaves_while_it_is_refused_is_no_trouble() -> None:
    with live() as running:
        for content, _, _ in REFUSED.values():
            with socket.create_connection(("127.0.0.1", _port(running.url)), PATIENCE) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(content[:1000])
        (answer,) = Door("live", _port(running.url)).ask(request())
        assert json.loads(answer.body)["code"] == 0
