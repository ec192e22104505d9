"""Memory: whatever clients send, a server holds little of it when they are gone."""

from __future__ import annotations

import gzip
import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import IMAGE, PATIENCE
from tests.support.process import Process, answers, head, started

pytestmark = pytest.mark.torture

HELD_MB = 160
"""What the journal (64 MiB), kept pictures (56 MiB) and the allocator may hold in all."""

PEAK_MB = 450
"""What one body of 64 MiB takes while it is read: in pieces, as a whole, and as a payload."""


@pytest.fixture
def server() -> Iterator[Process]:
    with started("--pace", "instant", "--rate", "1000000/s") as found:
        yield found


def megabytes(server: Process, what: str) -> float:
    status = Path(f"/proc/{server.child.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what)) / 1024


def send(server: Process, content: bytes) -> int:
    """Send bytes as far as they are taken, and return the status of the answer."""
    with server.connect() as connection:
        try:
            connection.sendall(content)
        except (BrokenPipeError, ConnectionResetError):
            pytest.fail("it hung up before it was told all, and the answer may be lost")
        return answers(connection)[0].status


def test_large_headers_are_not_kept(server: Process) -> None:
    send(server, head("GET", IMAGE))
    before = megabytes(server, "VmRSS")
    for number in range(64):
        assert send(server, head("GET", IMAGE, f"x-{number}: " + chr(97 + number % 26) * (4 << 20))) == 431
    for number in range(3000):
        assert send(server, head("GET", IMAGE, f"x-{number}: {number:060000}")) == 200
    assert megabytes(server, "VmRSS") - before < HELD_MB


def test_accounts_and_prompts_that_nobody_sends_again_are_not_kept(server: Process) -> None:
    before = megabytes(server, "VmRSS")
    for number in range(3000):
        name = f"{number:030000}".encode()
        request = head("GET", IMAGE).replace(b"Bearer ", b"Bearer " + name)
        assert send(server, request) == 200
    assert megabytes(server, "VmRSS") - before < HELD_MB


@pytest.mark.parametrize("start", ["x: ", "x", "GET /"], ids=["value", "name", "path"])
def test_a_head_without_end_is_not_read_on(server: Process, start: str) -> None:
    send(server, head("GET", IMAGE))
    before = megabytes(server, "VmHWM")
    begun = b"GET /" if start == "GET /" else head("GET", IMAGE)[:-2] + start.encode()
    with server.connect() as connection:
        connection.sendall(begun)
        for _ in range(200):
            connection.sendall(b"y" * (1 << 20))
        assert answers(connection)[0].status in (414, 431)
    assert megabytes(server, "VmHWM") - before < 20


def test_pictures_are_not_kept_for_ever(server: Process) -> None:
    send(server, head("GET", IMAGE))
    before = megabytes(server, "VmRSS")
    for number in range(8):
        picture = b64encode(bytes([number]) * (40 << 20)).decode()
        body = json.dumps({"prompt": "x", "image_list": [{"image": picture}]}).encode()
        assert send(server, head("POST", IMAGE, f"content-length: {len(body)}") + body) == 400
    assert megabytes(server, "VmHWM") - before < PEAK_MB
    assert megabytes(server, "VmRSS") - before < HELD_MB


def test_what_is_compressed_takes_no_more_than_the_limit(server: Process) -> None:
    bomb = gzip.compress(gzip.compress(bytes(1 << 30), 1), 1)
    send(server, head("GET", IMAGE))
    before = megabytes(server, "VmHWM")
    for _ in range(4):
        fields = (f"content-length: {len(bomb)}", "content-encoding: gzip, gzip")
        assert send(server, head("POST", IMAGE, *fields) + bomb) == 413
    assert megabytes(server, "VmHWM") - before < PEAK_MB


def test_connections_that_say_nothing_take_little(server: Process) -> None:
    send(server, head("GET", IMAGE))
    before = megabytes(server, "VmRSS")
    waiting = [socket.create_connection(("127.0.0.1", server.port), PATIENCE) for _ in range(500)]
    for connection in waiting:
        connection.sendall(b"GET /" + b"y" * 60_000)
    assert send(server, head("GET", IMAGE)) == 200
    assert megabytes(server, "VmRSS") - before < HELD_MB
    for connection in waiting:
        connection.close()
