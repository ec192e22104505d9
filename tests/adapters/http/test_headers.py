"""Headers between the wire and the fake."""

from __future__ import annotations

import tracemalloc

from mockserver.adapters.http import headers
from mockserver.adapters.http.headers import listed, mapped
from mockserver.types import Response


def test_a_name_is_in_lower_case_and_its_values_are_one_list() -> None:
    assert mapped([(b"Accept", b"a/b"), (b"X-Name", b"caf\xe9"), (b"accept", b"c/d")]) == {
        "accept": "a/b, c/d",
        "x-name": "café",
    }


def test_an_answer_has_the_length_of_its_body() -> None:
    assert listed(Response(200, b"{}", {"content-type": "application/json"})) == [
        (b"content-length", b"2"),
        (b"content-type", b"application/json"),
    ]


def test_headers_of_usual_length_share_their_text() -> None:
    pairs = [(b"Authorization", b"Bearer " + b"x" * 300)]
    assert mapped(pairs)["authorization"] is mapped(pairs)["authorization"]


def test_of_long_headers_nothing_is_kept() -> None:
    headers._kept.cache_clear()
    tracemalloc.start()
    try:
        for number in range(2000):
            for size in (headers._KEPT_BYTES, 100_000):
                mapped([(b"x-%d" % number, b"y" * size), (b"n%d" % number + b"z" * size, b"y")])
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 4 << 20
