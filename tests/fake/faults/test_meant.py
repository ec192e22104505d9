"""Meant refusals: the fake takes note of who means to be refused, and does nothing else."""

from __future__ import annotations

import json

import pytest

from mockserver.adapters.control import views
from mockserver.fake.faults.meant import meant_by
from mockserver.types import Request
from tests.conftest import IMAGE, CheckedFake
from tests.fake.intake.test_auth import token


def request(body: bytes = b"", **headers: str) -> Request:
    return Request("POST", IMAGE, "", {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    ("sent", "way"),
    [
        (request(mockserver_expect="refusal"), "header"),
        (request(mockserver_expect=" Refusal "), "header"),
        (request(mockserver_expect="success"), None),
        (request(authorization="Bearer me-expect-refusal-1"), "name"),
        (request(authorization="Bearer Expect-Refusal"), "name"),
        (request(authorization="Bearer expected-refusals"), None),
        (request(b'{"prompt": "A cat [[mock: expect refusal]]"}'), "prompt"),
        (request(b'{"prompt": "[[ mock:expect  Refusal ]]'), "prompt"),
        (request(b'{"prompt": "[[mock: expect]] refusal"}'), None),
        (request(b'{"prompt": "mock: expect refusal"}'), None),
        (
            request(b"[[mock: expect refusal]]", mockserver_expect="refusal", authorization="Bearer expect-refusal"),
            "header",
        ),
    ],
)
def test_a_request_says_it_in_one_of_three_ways(sent: Request, way: str | None) -> None:
    assert meant_by(sent, None) == way


def test_an_access_key_says_it_by_its_name() -> None:
    assert meant_by(request(authorization="Bearer a.b.c"), {"iss": "ak-expect-refusal"}) == "name"
    assert meant_by(request(authorization="Bearer a.b.c"), {"iss": 5}) is None


def test_a_body_full_of_beginnings_holds_nobody_up() -> None:
    assert meant_by(request(b"[[mock:" * 10_000 + b"expect refusal" + b" " * 1_000_000), None) is None


@pytest.mark.parametrize("prompt", ["A cat [[mock: expect refusal]]", "[[ mock:EXPECT  refusal ]] A cat"])
def test_a_prompt_that_says_it_makes_a_task_as_any_other(fake: CheckedFake, prompt: str) -> None:
    id = fake.made(prompt=prompt)
    fake.clock.advance("1m")
    assert fake.status(id) == "succeed"
    assert not fake.world.prompt_faults.are_any


@pytest.mark.parametrize(
    "prompt", ["[[mock: 1301 x1]] [[mock: expect refusal]]", "[[mock: expect refusal]][[mock: 1301 x1]]"]
)
def test_a_fault_beside_it_happens(fake: CheckedFake, prompt: str) -> None:
    assert [fake.create(prompt=prompt).code for _ in range(2)] == [1301, 0]


def test_another_word_of_the_kind_is_still_no_fault(fake: CheckedFake) -> None:
    answer = fake.create(prompt="A cat [[mock: expect refusals]]")
    assert answer.code == 1201
    assert "no fault 'expect'" in answer.message


def test_an_exchange_shows_it_and_tells_accounts_apart_without_their_names(fake: CheckedFake) -> None:
    fake.create(n=10, token="mine-expect-refusal-1")
    fake.create(n=10, token="mine-expect-refusal-2")
    fake.create(n=10, token=token({"iss": "ak-expect-refusal"}))
    fake.send("GET", IMAGE, token=None)
    shown = [views.whole_exchange(fake, entry) for entry in fake.requests][::-1]
    assert [each["refusal_meant_by"] for each in shown] == ["name", "name", "name", None]
    assert len({each["digest"] for each in shown}) == 4
    assert shown[-1]["digest"] is None
    assert "expect-refusal-1" not in json.dumps(shown)
