"""From bytes to what they say: strict, within bounds, and with a hint where they say nothing."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.decoding import LargeBody, UnknownCoding, UnreadableBody, decoded, document

TEXTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
OTHERS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]


@given(TEXTS, st.booleans())
def test_a_byte_order_mark_means_nothing(value: object, has_mark: bool) -> None:
    text = json.dumps(value, ensure_ascii=False).encode("utf-8-sig" if has_mark else "utf-8")
    assert document(text) == value


@pytest.mark.parametrize("encoding", OTHERS)
@given(value=TEXTS)
def test_another_encoding_is_named(encoding: str, value: object) -> None:
    text = json.dumps({"prompt": value}, ensure_ascii=False).encode(encoding)
    with pytest.raises(ValueError, match=r"^it is UTF-16 or UTF-32, and JSON is UTF-8\. Encode it as UTF-8$"):
        document(text)


@pytest.mark.parametrize("text", [b'"\\ud800"', b'"\\udc00"', b'{"\\ud800": 1}', b'"\\ud83d\\u0041"', b'["\\uD83D"]'])
def test_half_a_surrogate_pair_is_told_from_other_mistakes(text: bytes) -> None:
    with pytest.raises(ValueError, match="Send both halves of a surrogate pair, or none"):
        document(text)


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "identity": bytes,
}


@given(st.binary(max_size=300), st.lists(st.sampled_from([*ENCODERS]), max_size=4))
def test_what_was_encoded_is_decoded(body: bytes, codings: list[str]) -> None:
    written = body
    for coding in codings:
        written = ENCODERS[coding](written)
    assert decoded(written, " , ".join(codings), 1000) == body


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_are_decoded_or_refused(body: bytes, coding: str) -> None:
    with suppress(UnreadableBody):
        assert len(decoded(body, coding, 1000)) <= 1000


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20), st.integers(0, 400))
def test_pieces_in_a_row_are_one_body_and_share_its_limit(pieces: list[bytes], limit: int) -> None:
    body, written = b"".join(pieces), b"".join(map(gzip.compress, pieces))
    if len(body) <= limit:
        assert decoded(written, "gzip", limit) == body
    else:
        with pytest.raises(LargeBody):
            decoded(written, "gzip", limit)


def test_many_pieces_are_refused_in_time_that_grows_with_them_alone() -> None:
    with pytest.raises(UnreadableBody, match="more than 4096 pieces"):
        decoded(gzip.compress(b"") * 1_000_000, "gzip", 1 << 20)


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, br", "br, gzip", "*", "gzip;q=1"])
def test_another_coding_is_named(coding: str) -> None:
    with pytest.raises(UnknownCoding) as found:
        decoded(gzip.compress(b"{}"), coding, 1000)
    assert found.value.name in coding
    assert found.value.name != "gzip"


def test_a_thousand_codings_are_too_many() -> None:
    with pytest.raises(UnreadableBody, match="1000 codings"):
        decoded(b"x", ",".join(["gzip"] * 1000), 1000)
