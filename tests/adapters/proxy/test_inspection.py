"""Inspection: the copy of a forwarded body is read as it was meant, or it is said why not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.adapters.proxy.inspection import BodyCopy
from mockserver.decoding import UnreadableBody


def copied(*pieces: bytes, limit: int = 1000) -> BodyCopy:
    copy = BodyCopy(limit)
    for piece in pieces:
        copy.add(piece)
    copy.end()
    return copy


def raw_deflate(body: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(body) + deflater.flush()


WAYS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "none": ("", bytes),
    "identity": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate-misspelt": ("deflate", raw_deflate),
    "twice": ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
    "in-members": ("gzip", lambda body: gzip.compress(body[:3]) + gzip.compress(body[3:])),
}


@pytest.mark.parametrize("way", WAYS)
@given(body=st.binary(max_size=100), at=st.integers(0, 100))
def test_a_body_is_known_in_whatever_pieces_and_encoding_it_came(way: str, body: bytes, at: int) -> None:
    encoding, encode = WAYS[way]
    encoded = encode(body)
    assert copied(encoded[:at], encoded[at:]).content(encoding) == body


def test_an_empty_body_is_empty_in_any_encoding() -> None:
    assert copied().content("gzip") == b""


@pytest.mark.parametrize(
    ("copy", "encoding", "fact"),
    [
        (copied(b"x" * 600, b"x" * 600), "", "it has 1200 bytes, more than 1000"),
        (copied(gzip.compress(b"x" * 100_000)), "gzip", "it has more than 1000 bytes when it is decompressed"),
        (copied(gzip.compress(b"cat")[:-9]), "gzip", "it is cut in the middle of its compression"),
        (copied(b"no gzip"), "gzip", "it cannot be decompressed: .*"),
        (copied(b"x"), "br", "it is encoded as br"),
    ],
)
def test_what_is_not_known_has_a_reason(copy: BodyCopy, encoding: str, fact: str) -> None:
    with pytest.raises(UnreadableBody, match=fact):
        copy.content(encoding)


def test_what_has_not_ended_is_not_known() -> None:
    copy = BodyCopy(1000)
    copy.add(b"{}")
    with pytest.raises(UnreadableBody, match="it did not arrive to its end"):
        copy.content("")


def test_what_is_over_the_limit_takes_no_room() -> None:
    copy = copied(*[b"x" * 1000] * 1000)
    assert copy._pieces == []
