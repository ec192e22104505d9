"""A transcript as a report shows it: without secrets, bounded, and with the lengths of what is cut."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mockserver.kit.transcript import Exchange, Transcript
from mockserver.secrecy.mask import Mask
from mockserver.types import Request, Response

SECRET = "key-0f3c9a7e51d24b88a6f1"
ASKED = Exchange(
    1,
    1000,
    20,
    "kling/omni-image.create",
    Request(
        "POST", "/v1/x", f"token={SECRET}", {"authorization": f"Bearer {SECRET}", "host": "a"}, b'{"prompt":"A cat"}'
    ),
    Response(401, f'{{"message":"no key {SECRET}"}}'.encode(), {"content-type": "application/json"}),
)


def shown(exchange: Exchange) -> Exchange:
    return exchange.shown(Mask())


def test_what_an_exchange_names_as_a_secret_is_in_no_part_of_it() -> None:
    assert SECRET not in repr(shown(ASKED))
    assert shown(ASKED).request.body == ASKED.request.body
    assert shown(ASKED).status == 401


def test_a_long_body_is_cut_and_its_length_told() -> None:
    long = replace(ASKED, request=replace(ASKED.request, body=b"x" * 5_000_000))
    body = shown(long).request.body.decode()
    assert len(body) < 4000
    assert body.endswith("… (5000000 characters)")


def test_a_secret_that_the_cut_would_halve_is_masked_all_the_same() -> None:
    body = b"x" * (3000 - len(SECRET) // 2) + SECRET.encode() + b"x" * 3000
    cut = shown(replace(ASKED, response=Response(200, body))).response
    assert cut is not None
    assert SECRET[:12].encode() not in cut.body


def test_a_file_is_told_by_its_size_and_type() -> None:
    picture = replace(ASKED, response=Response(200, b"\x89PNG\xff" * 9, {"content-type": "image/png"}))
    response = shown(picture).response
    assert response is not None
    assert response.body == b"45 bytes of image/png"


@given(st.binary(max_size=200), st.text(max_size=50))
def test_what_is_shown_already_stays_as_it_is(body: bytes, header: str) -> None:
    asked = replace(ASKED, request=replace(ASKED.request, body=body, headers={"x": header}))
    assert shown(shown(asked)) == shown(asked)


def test_a_long_transcript_loses_its_middle_and_says_so() -> None:
    many = Transcript(tuple(replace(ASKED, number=number) for number in range(1, 1001)))
    bounded = many.shown(Mask(), {})
    assert [each.number for each in bounded] == [*range(1, 21), *range(981, 1001)]
    assert bounded.left_out == 960
    assert bounded.shown(Mask(), {}) == bounded


def test_an_exchange_of_many_findings_is_shown_once() -> None:
    known: dict[int, Exchange] = {}
    first, second = (Transcript((ASKED,)).shown(Mask(), known) for _ in range(2))
    assert first.exchanges[0] is second.exchanges[0]
