"""Headers between the wire and the fake."""

from __future__ import annotations

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
