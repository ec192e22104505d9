"""Signatures, as a receiver verifies them."""

import pytest

from mockserver.kit.server.evidence import Callback
from mockserver.kit.server.signatures import fault_of

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
BODY = b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
SIGNATURE = "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="


def published(body: bytes = BODY, at: int = 1781080794, **headers: str) -> Callback:
    """Return the published test vector (kling 3), as it would have come."""
    usual = {"id": "9876543210", "timestamp": "1781080794", "signature": SIGNATURE, **headers}
    return Callback(
        at * 1000, "one", "POST", {f"webhook-{name}": value for name, value in usual.items() if value}, body
    )


def test_the_published_vector_is_right() -> None:
    assert fault_of(SECRET, published()) is None


def test_one_of_several_signatures_is_enough() -> None:
    assert fault_of(SECRET, published(signature=f"v1,b3RoZXI= {SIGNATURE}")) is None


@pytest.mark.parametrize(
    ("callback", "fault"),
    [
        (published(body=BODY + b" "), "instead of v1,"),
        (published(id="another"), "instead of v1,"),
        (published(signature=""), "no webhook-signature"),
        (published(timestamp="now"), "webhook-timestamp now is no time"),
        (published(at=1781080794 + 301), "webhook-timestamp 1781080794, when it was 1781081095"),
    ],
)
def test_anything_else_is_wrong_and_says_why(callback: Callback, fault: str) -> None:
    assert fault in str(fault_of(SECRET, callback))


def test_a_body_that_is_no_text_cannot_be_verified() -> None:
    assert str(fault_of(SECRET, published(body=b"\xff"))).startswith("cannot be verified")
