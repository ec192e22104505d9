"""Callbacks: the receiver keeps what a server sends, by task, and signatures are verified as receivers do."""

import socket

import httpx
import pytest

from mockserver.kit.server.callbacks import Callback, Receiver, signature_fault
from tests.conftest import PATIENCE

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
BODY = b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
SIGNATURE = "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="


def test_what_is_sent_is_kept_with_its_task() -> None:
    with Receiver() as receiver:
        answer = httpx.post(receiver.url("kling-omni-image.create.0-x"), json={"task_id": "1"}, trust_env=False)
        found = receiver.received()
    assert answer.status_code == 200
    assert [(each.task, each.method, each.document) for each in found] == [
        ("kling-omni-image.create.0-x", "POST", {"task_id": "1"})
    ]
    assert found[0].headers["content-type"] == "application/json"
    assert abs(found[0].at - 1000 * __import__("time").time()) < 60_000


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_another_method_is_kept_too(method: str) -> None:
    with Receiver() as receiver:
        httpx.request(method, receiver.url("one"), content=b"not JSON", trust_env=False)
        assert [(each.method, each.document) for each in receiver.received()] == [(method, None)]


def test_a_body_of_an_unreadable_length_counts_as_empty() -> None:
    with Receiver() as receiver:
        host, port = receiver.url("one").split("/")[2].split(":")
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            connection.sendall(b"POST /hook/one HTTP/1.0\r\ncontent-length: many\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.0 200")
        assert receiver.received()[0].body == b""


def published(body: bytes = BODY, at: int = 1781080794, **headers: str) -> Callback:
    """Return the published test vector (kling 3), as it would have come."""
    usual = {"id": "9876543210", "timestamp": "1781080794", "signature": SIGNATURE, **headers}
    return Callback(
        at * 1000, "one", "POST", {f"webhook-{name}": value for name, value in usual.items() if value}, body
    )


def test_the_published_vector_is_right() -> None:
    assert signature_fault(SECRET, published()) is None


def test_one_of_several_signatures_is_enough() -> None:
    assert signature_fault(SECRET, published(signature=f"v1,b3RoZXI= {SIGNATURE}")) is None


@pytest.mark.parametrize(
    ("callback", "fault"),
    [
        (published(body=BODY + b" "), "instead of v1,"),
        (published(id="another"), "instead of v1,"),
        (published(signature=""), "no webhook-signature"),
        (published(timestamp="now"), "webhook-timestamp now is not a time"),
        (published(at=1781080794 + 301), "webhook-timestamp 1781080794, but it came at 1781081095"),
    ],
)
def test_anything_else_is_wrong_and_says_why(callback: Callback, fault: str) -> None:
    assert fault in str(signature_fault(SECRET, callback))


def test_a_body_that_is_not_text_cannot_be_verified() -> None:
    assert str(signature_fault(SECRET, published(body=b"\xff"))).startswith("cannot be verified")
