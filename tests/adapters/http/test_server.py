"""The fake on a socket, in a process of its own: it says when it is ready, takes any bytes, and stops when told to."""

from __future__ import annotations

import errno
import json
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.adapters.http.server import listen
from mockserver.errors import BadSetting
from tests.conftest import IMAGE, PATIENCE, VIDEO
from tests.support.process import MAIN, ROOT, Process, answers, head, started

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
CHUNKED = "transfer-encoding: chunked"

SOON = 5.0
"""Seconds: half of what a receiver of callbacks is given, and much more than a loaded machine needs."""


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    """One server for all tests of what comes over the wire; at their end it must have nothing to complain of."""
    with started("--pace", "instant", "--max-body", "1000000") as found:
        yield found
        assert found.request("GET", "/_mock/health").status == 200
        assert "Traceback" not in found.stderr


@pytest.mark.parametrize("number", SIGNALS)
def test_it_says_once_that_it_is_ready_and_ends_on_a_signal(number: signal.Signals) -> None:
    with started() as server:
        assert server.said == f"mockserver ready on {server.url}\n".encode()
        assert server.request("GET", "/_mock/health").json["status"] == "ok"
        status, seconds = server.stop(number)
        assert (status, server.stderr) == (0, "")
        assert seconds < SOON
        assert server.child.stdout is not None
        assert server.child.stdout.read() == b""


def test_it_ends_with_its_standard_input_if_it_is_to() -> None:
    with started("--stop-at-eof", stdin=subprocess.PIPE) as server:
        assert server.child.stdin is not None
        server.child.stdin.write(b"anything")
        server.child.stdin.flush()
        assert server.request("GET", "/_mock/health").status == 200
        server.child.stdin.close()
        assert server.child.wait(PATIENCE) == 0
        assert server.stderr == "mockserver: stops, because its standard input has ended (--stop-at-eof)\n"


@pytest.mark.torture
@pytest.mark.parametrize("number", SIGNALS)
def test_it_ends_soon_whatever_it_is_at(number: signal.Signals) -> None:
    with started("--pace", "instant", "--fault", "hang on kling/omni-image.list") as server, ExitStack() as stack:
        film = {"model_name": "kling-v3-omni", "prompt": "x", "mode": "4k", "duration": "15", "aspect_ratio": "16:9"}
        (video,) = server.made(VIDEO, **film).json["data"]["task_result"]["videos"]
        (image,) = server.made(IMAGE, model_name="kling-v3-omni", prompt="x", resolution="4k").json["data"][
            "task_result"
        ]["images"]
        picture = server.request("GET", _path(image["url"]))
        assert picture.status == 200
        begun = (
            head("GET", _path(video["url"])),  # a film is being made
            head("GET", _path(image["url"])),  # a picture is being sent, and not taken
            head("POST", IMAGE, "content-length: 100") + b'{"pro',
            b"POST /v1/ima",
            head("GET", IMAGE),  # an answer that never comes
            head("GET", "/_mock/events"),
            head("GET", "/_mock/events") * 2,
            b"",
        )
        kept = stack.enter_context(server.connect())  # a connection that waits for the next request
        kept.sendall(head("GET", "/_mock/health"))
        assert answers(kept)[0].status == 200
        with socket.create_server(("127.0.0.1", 0)) as receiver:
            url = f"http://127.0.0.1:{receiver.getsockname()[1]}/"
            assert server.request("POST", IMAGE, {"prompt": "x", "callback_url": url}).status == 200
            for content in begun:
                stack.enter_context(server.connect()).sendall(content)
            for _ in range(2):
                assert server.request("GET", "/_mock/health").status == 200
            status, seconds = server.stop(number)
        assert (status, server.stderr) == (0, "")
        assert seconds < SOON


@pytest.mark.torture
def test_to_tell_it_twice_is_no_more_than_to_tell_it_once() -> None:
    with started() as server, server.connect() as listener:
        listener.sendall(head("GET", "/_mock/events"))
        assert listener.recv(100)
        server.child.send_signal(signal.SIGINT)
        status, seconds = server.stop(signal.SIGINT)
        assert (status, server.stderr) == (0, "")
        assert seconds < SOON


@pytest.mark.torture
@pytest.mark.parametrize("number", SIGNALS)
def test_a_proxy_ends_soon_whatever_it_is_at(number: signal.Signals) -> None:
    with started("--fault", "hang on kling/omni-image.list") as upstream, ExitStack() as stack:
        words = ["mockserver", "proxy", upstream.url, "--service", "kling", "--port", "0"]
        with started(main=f"import sys; sys.argv = {words!r}\n{MAIN}") as proxy:
            for path in (IMAGE, "/_mock/events"):
                stack.enter_context(proxy.connect()).sendall(head("GET", path))
            assert proxy.request("GET", "/_mock/health").status == 200
            status, seconds = proxy.stop(number)
            assert (status, proxy.stderr) == (0, "")
            assert seconds < SOON


ENDLESS_LOOK_UP = """
import asyncio, time
from mockserver.adapters.http.callbacks import CallbackSender

class Waiting(CallbackSender):
    async def __aenter__(self):
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
        return await super().__aenter__()

from mockserver.adapters.http import asgi
asgi.CallbackSender = Waiting
"""


def test_it_does_not_wait_for_a_thread_that_looks_up_a_name() -> None:
    with started(main=ENDLESS_LOOK_UP + MAIN) as server:
        status, seconds = server.stop(signal.SIGTERM)
    assert (status, seconds < SOON) == (0, True)


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def refused(*words: str, main: str = MAIN) -> str:
    """Return the one line that is said about an address that cannot be had."""
    command = (sys.executable, "-c", main, *words)
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    start = "mockserver: --host and --port: cannot listen on "
    assert line.startswith(start)
    return line.removeprefix(start)


COMMANDS = [("serve",), (), ("proxy", "http://127.0.0.1:1", "--service", "kling")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0"])
def test_a_port_that_is_taken_is_told_in_one_line(host: str, command: tuple[str, ...]) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as taken:
        port = taken.getsockname()[1]
        line = refused(*command, "--host", host, "--port", str(port))
    assert line.startswith(f"'{host}:{port}': ")
    assert "in use" in line
    assert "--port 0" in line


HOSTS = {
    "192.0.2.1": "--host 127.0.0.1",  # nobody's: for documents (RFC 5737)
    "2001:db8::1": "--host 127.0.0.1",  # as well (RFC 3849)
    "no-such-host.invalid": "--host 127.0.0.1",
    "two words": "--host 127.0.0.1",
    "": "--host 127.0.0.1",
    "x" * 300: "--host 127.0.0.1",
    ":::": "--host 127.0.0.1",
    "\u732b.\ud83d": "--host 127.0.0.1",
}


@pytest.mark.parametrize("host", HOSTS, ids=ascii)
def test_an_address_that_is_not_ours_is_told_in_one_line(host: str) -> None:
    with pytest.raises(BadSetting) as raised:
        listen(host, 0)
    line = str(raised.value)
    assert len(line.splitlines()) == 1
    assert HOSTS[host] in line


def test_a_host_that_nobody_knows_is_told_in_one_line() -> None:
    assert refused("--host", "no-such-host.invalid", "--port", "0").startswith("'no-such-host.invalid:0': ")


def test_a_port_for_root_alone_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "create_server", forbid)  # whoever runs this may be root
    with pytest.raises(BadSetting, match=r"'127\.0\.0\.1:80': Permission denied\. Choose a port from 1024 on"):
        listen("127.0.0.1", 80)


BARE = f"GET {IMAGE} HTTP/1.1\r\nauthorization: Bearer me\r\n"
LIST = BARE + "host: 127.0.0.1\r\n"
LARGE = b"x" * 1_000_000

REQUESTS: dict[str, tuple[bytes, set[int]]] = {
    "nonsense": (b"no request at all\r\n\r\n", {400}),
    "zeros": (bytes(1000), {400}),
    "a-tls-hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), {400}),
    "a-request-of-http-2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "a-request-of-http-9": (b"GET / HTTP/9.9\r\n\r\n", {400}),
    "a-request-of-http-1.0": (LIST.replace("1.1", "1.0").encode() + b"\r\n", {200}),
    "no-host": (BARE.encode() + b"\r\n", {400}),
    "no-host-in-http-1.0": (BARE.replace("1.1", "1.0").encode() + b"\r\n", {200}),
    "an-empty-host": (BARE.encode() + b"host:\r\n\r\n", {200}),
    "two-hosts": (LIST.encode() + b"host: b\r\n\r\n", {400}),
    "a-host-that-is-none": (BARE.encode() + b"host: [/?#\xff\r\n\r\n", {400}),
    "lines-without-cr": (LIST.replace("\r", "").encode() + b"host: a\n\n", {200, 400}),
    "a-header-without-colon": (LIST.encode() + b"nonsense\r\n\r\n", {400}),
    "a-header-without-name": (LIST.encode() + b": x\r\n\r\n", {400}),
    "a-zero-in-a-header": (LIST.encode() + b"x: a\x00b\r\n\r\n", {400}),
    "high-bytes-in-a-header": (LIST.encode() + b"x: \xff\xfe\r\n\r\n", {200}),
    "a-huge-header": (LIST.encode() + b"x: " + LARGE + b"\r\n\r\n", {431}),
    "very-many-headers": (LIST.encode() + b"x: y\r\n" * 20_000 + b"\r\n", {431}),
    "a-huge-path": (b"GET /" + LARGE + b" HTTP/1.1\r\n\r\n", {414}),
    "a-huge-query": (LIST.replace(IMAGE, f"{IMAGE}?x={'y' * 1_000_000}").encode() + b"\r\n", {414}),
    "high-bytes-in-the-path": (b"GET /\xff\xfe HTTP/1.1\r\n\r\n", {400}),
    "high-bytes-in-the-query": (LIST.encode().replace(b" HTTP", b"?x=\xff HTTP") + b"\r\n", {200, 400}),
    "a-line-feed-in-the-path": (b"GET /a%0Ab HTTP/1.1\r\nhost: a\r\n\r\n", {404}),
    "the-whole-url": (LIST.replace(IMAGE, f"http://127.0.0.1{IMAGE}").encode() + b"\r\n", {200}),
    "no-path": (b"DELETE http://127.0.0.1 HTTP/1.1\r\nhost: a\r\n\r\n", {404}),
    "a-star": (b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", {404}),
    "a-tunnel": (b"CONNECT example.org:443 HTTP/1.1\r\nhost: a\r\n\r\n", {400}),
    "a-method-nobody-knows": (LIST.replace("GET", "BREW").encode() + b"\r\n", {404}),
    "a-web-socket": (
        LIST.encode() + b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n",
        {200},
    ),
    "a-length-in-words": (head("POST", IMAGE, "content-length: many"), {400}),
    "a-negative-length": (head("POST", IMAGE, "content-length: -1"), {400}),
    "a-length-beyond-64-bits": (head("POST", IMAGE, "content-length: 99999999999999999999"), {400}),
    "two-lengths": (head("POST", IMAGE, "content-length: 2", "content-length: 3") + b"{}{", {400}),
    "a-length-and-chunks": (head("POST", IMAGE, "content-length: 2", CHUNKED) + b"2\r\n{}\r\n0\r\n\r\n", {400}),
    "a-chunk-size-in-words": (head("POST", IMAGE, CHUNKED) + b"many\r\n{}\r\n0\r\n\r\n", {400}),
    "a-negative-chunk-size": (head("POST", IMAGE, CHUNKED) + b"-2\r\n{}\r\n0\r\n\r\n", {400}),
    "a-chunk-size-beyond-64-bits": (head("POST", IMAGE, CHUNKED) + b"F" * 17 + b"\r\n{}\r\n", {400}),
    "a-chunk-longer-than-its-size": (head("POST", IMAGE, CHUNKED) + b"1\r\n{}\r\n0\r\n\r\n", {400}),
    "a-coding-nobody-knows": (head("POST", IMAGE, "transfer-encoding: no-such") + b"{}", {400}),
    "no-body": (head("POST", IMAGE), {400}),
    "a-body-larger-than-a-disk": (head("POST", IMAGE, f"content-length: {10**15}") + LARGE + b"x", {413}),
    "chunks-over-the-limit": (head("POST", IMAGE, CHUNKED) + b"FFFFF\r\n" + LARGE + b"x", {413}),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_any_request_gets_an_answer(case: str, server: Process) -> None:
    content, statuses = REQUESTS[case]
    with server.connect() as connection:
        connection.sendall(content)
        (found,) = answers(connection)
    assert found.status in statuses
    assert found.headers["content-type"] == "application/json"
    assert found.json.keys() >= {"code", "message", "request_id"}


def test_a_body_over_the_limit_is_told_in_the_envelope_before_it_has_all_come(server: Process) -> None:
    with server.connect() as connection:
        connection.sendall(REQUESTS["a-body-larger-than-a-disk"][0])
        (found,) = answers(connection)
    assert (found.json["code"], found.json["message"]) == (1200, "The request body is larger than 1000000 bytes")


def test_requests_in_a_row_are_answered_in_that_order(server: Process) -> None:
    with server.connect() as connection:
        connection.sendall(b"".join(head("GET", f"{IMAGE}/none-{n}") for n in range(50)))
        found = answers(connection, 50)
    for n, refused in enumerate(found):
        assert refused.json["message"].endswith(f": none-{n}")


def test_a_body_may_come_byte_by_byte_and_in_chunks(server: Process) -> None:
    body = json.dumps({"prompt": "猫"}, ensure_ascii=False).encode()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head("POST", IMAGE, CHUNKED) + chunks:
            connection.send(bytes([byte]))
        assert answers(connection)[0].status == 200


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(server: Process) -> None:
    with server.connect() as connection:
        connection.sendall(head("POST", IMAGE, "content-length: 14", "expect: 100-continue"))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"prompt":"x"}')
        assert answers(connection)[0].status == 200


HALVES = {
    "nothing": b"",
    "half-a-line": b"POST /v1/ima",
    "half-a-head": head("POST", IMAGE)[:-2],
    "no-body-yet": head("POST", IMAGE, "content-length: 100"),
    "half-a-body": head("POST", IMAGE, "content-length: 100") + b'{"prompt"',
    "half-a-large-body": head("POST", IMAGE, "content-length: 900000") + LARGE[:500_000],
    "half-a-chunk": head("POST", IMAGE, CHUNKED) + b"64\r\n{",
    "a-whole-request": head("GET", IMAGE),
}


@pytest.mark.parametrize("is_reset", [False, True], ids=["leaves", "resets"])
@pytest.mark.parametrize("half", HALVES)
def test_a_client_that_leaves_in_the_middle_leaves_a_server_that_works(
    half: str, is_reset: bool, server: Process
) -> None:
    for _ in range(5):
        with server.connect() as connection:
            connection.sendall(HALVES[half])
            if is_reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert server.request("GET", "/_mock/health").status == 200
    assert "Traceback" not in server.stderr


@given(content=st.binary() | st.binary().map(lambda body: head("POST", IMAGE, CHUNKED) + body))
def test_no_bytes_whatever_kill_it(content: bytes, server: Process) -> None:
    with server.connect() as connection:
        try:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except TimeoutError:
            pytest.fail("it neither answers nor hangs up")
        except OSError:
            pass  # it may hang up as soon as it has seen enough, also before all is said
    assert server.child.poll() is None
