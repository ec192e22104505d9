"""The kit's receiver: it keeps what a server sends, by order, and answers 200 to anything."""

import socket

import httpx
import pytest

from mockserver.kit.server.callbacks import Receiver
from tests.conftest import PATIENCE


def test_what_is_sent_is_kept_with_its_order() -> None:
    with Receiver() as receiver:
        answer = httpx.post(receiver.url("kling-omni-image.create.0-x"), json={"task_id": "1"}, trust_env=False)
        found = receiver.received()
    assert answer.status_code == 200
    assert [(each.order, each.method, each.document) for each in found] == [
        ("kling-omni-image.create.0-x", "POST", {"task_id": "1"})
    ]
    assert found[0].headers["content-type"] == "application/json"
    assert abs(found[0].at - 1000 * __import__("time").time()) < 60_000


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_another_method_is_kept_too(method: str) -> None:
    with Receiver() as receiver:
        httpx.request(method, receiver.url("one"), content=b"not JSON", trust_env=False)
        assert [(each.method, each.document) for each in receiver.received()] == [(method, None)]


def test_a_body_of_a_length_that_is_none_is_taken_for_empty() -> None:
    with Receiver() as receiver:
        host, port = receiver.url("one").split("/")[2].split(":")
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            connection.sendall(b"POST /hook/one HTTP/1.0\r\ncontent-length: many\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.0 200")
        assert receiver.received()[0].body == b""
