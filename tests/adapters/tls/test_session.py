"""A connection with TLS: what happens on its way happens as on a plain one."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest

from mockserver.adapters.testing.live import Live, live
from mockserver.adapters.tls import session
from tests.conftest import IMAGE, PATIENCE
from tests.support.secure import everything, trusting

ME = {"authorization": "Bearer me"}


@pytest.fixture(scope="module")
def running() -> Iterator[Live]:
    with live(https=True, pace="instant") as found:
        yield found


@pytest.fixture
def client(running: Live) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, verify=trusting(), headers=ME, timeout=PATIENCE) as found:
        yield found
    running.fake.reset()


def plain(running: Live) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(running.url).port or 0), PATIENCE)


def test_a_task_is_made_polled_and_downloaded_by_https(client: httpx.Client, running: Live) -> None:
    task = client.post(IMAGE, json={"prompt": "A cat"}).json()["data"]["task_id"]
    url = client.get(f"{IMAGE}/{task}").json()["data"]["task_result"]["images"][0]["url"]
    assert url.startswith(f"{running.url}/results/")
    assert client.get(url).content[:4] == b"\x89PNG"


def test_the_front_page_and_the_dashboard_follow_the_scheme(client: httpx.Client, running: Live) -> None:
    assert client.get("/").json()["dashboard"] == f"{running.url}/_mock/"
    assert client.get("/_mock/").status_code == 200
    origin = {"origin": running.url}
    assert client.post("/_mock/reset", json={}, headers=origin).status_code == 200


def test_a_body_of_some_megabytes_arrives(client: httpx.Client) -> None:
    answer = client.post(IMAGE, json={"prompt": "A cat", "more": "x" * 3_000_000})
    assert answer.status_code == 200


def test_an_answer_that_never_comes_does_not_come_here_either(client: httpx.Client, running: Live) -> None:
    running.faults.add("hang x1", account="me")
    with pytest.raises(httpx.ReadTimeout):
        client.post(IMAGE, json={"prompt": "A cat"}, timeout=0.2)
    assert client.post(IMAGE, json={"prompt": "A cat"}).status_code == 200


@pytest.mark.parametrize("fault", ["reset-before", "reset-during"])
def test_a_connection_that_is_reset_is_so_below_tls(fault: str, running: Live) -> None:
    running.faults.add(f"{fault} x1", account="me")
    body = b'{"prompt": "A cat"}'
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = trusting().wrap_bio(back, there, server_hostname="localhost")
    with plain(running) as connection:
        shake(near, there, back, connection)
        near.write(
            b"POST %b HTTP/1.1\r\nhost: x\r\nauthorization: Bearer me\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%b" % (IMAGE.encode(), len(body), body)
        )
        connection.sendall(there.read())
        with pytest.raises(ConnectionResetError):
            everything(connection)


def shake(near: ssl.SSLObject, there: ssl.MemoryBIO, back: ssl.MemoryBIO, connection: socket.socket) -> None:
    """Shake hands, one byte after the other."""
    while True:
        try:
            near.do_handshake()
            break
        except ssl.SSLWantReadError:
            for byte in there.read():
                connection.sendall(bytes([byte]))
            back.write(connection.recv(65_536))
    connection.sendall(there.read())


def test_a_slow_body_trickles(client: httpx.Client, running: Live) -> None:
    running.faults.add("slow-body 200ms x1", account="me")
    with client.stream("POST", IMAGE, json={"prompt": "A cat"}) as answer:
        assert len([*answer.iter_raw()]) > 1


def test_many_connections_are_served_at_once(running: Live) -> None:
    found = []
    for _ in range(20):
        connection = trusting().wrap_socket(plain(running), server_hostname="localhost")
        connection.sendall(b"GET /_mock/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        found.append(connection)
    for each in found:
        with each:
            assert b'{"status":"live"}' in everything(each)


def test_records_may_come_in_pieces(running: Live) -> None:
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = trusting().wrap_bio(back, there, server_hostname="localhost")
    with plain(running) as connection:
        shake(near, there, back, connection)
        near.write(b"GET /_mock/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        connection.sendall(there.read())
        back.write(everything(connection))
    assert b'{"status":"live"}' in near.read(65_536)


def test_who_speaks_plain_http_is_told(running: Live) -> None:
    answer = httpx.get(running.url.replace("https:", "http:") + IMAGE)
    assert answer.status_code == 400
    assert answer.headers["mockserver-reason"].endswith("Use https:// in the place of http://.")


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x00\x05wrong", b"\x16" + b"\x00" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 70_000]
)
def test_garbage_ends_the_connection(sent: bytes, running: Live, capfd: pytest.CaptureFixture[str]) -> None:
    with plain(running) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            everything(connection)
    assert capfd.readouterr().err == ""


def test_who_says_nothing_or_half_a_hello_is_not_waited_for(running: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "HANDSHAKE_SECONDS", 0.05)
    for sent in (b"", b"\x16\x03\x01\x02\x00\x01"):
        with plain(running) as connection:
            connection.sendall(sent)
            assert everything(connection) == b""


def test_a_client_that_does_not_trust_us_leaves_no_trace(running: Live, capfd: pytest.CaptureFixture[str]) -> None:
    with plain(running) as connection, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(connection, server_hostname="localhost")
    assert capfd.readouterr().err == ""


def test_a_refused_request_gets_its_answer_although_its_body_is_still_coming(running: Live) -> None:
    with trusting().wrap_socket(plain(running), server_hostname="localhost") as connection:
        connection.sendall(
            b"POST /x HTTP/1.1\r\nhost: a\r\nhost: b\r\ncontent-length: 99999999\r\n\r\n" + b"x" * 100_000
        )
        assert b"it has 2 lines of Host" in everything(connection)


def test_its_end_is_told_from_a_cut(running: Live) -> None:
    context = trusting()
    with context.wrap_socket(plain(running), server_hostname="localhost", suppress_ragged_eofs=False) as connection:
        connection.sendall(b"GET /_mock/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        while connection.recv(65_536):
            pass


def test_a_server_ends_although_somebody_is_connected() -> None:
    with live(https=True) as running:
        silent, begun = plain(running), plain(running)
        begun.sendall(b"\x16\x03")
        started = time.monotonic()
    with silent, begun:
        assert time.monotonic() - started < session.HANDSHAKE_SECONDS
