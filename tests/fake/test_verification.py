"""Verification: did the client send it, and if not, what came nearest?"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.fake.verification import matches, misses
from tests.conftest import CheckedFake


def test_a_request_that_was_sent_is_found(fake: CheckedFake) -> None:
    fake.create(prompt="A cat", n=2)
    fake.create(prompt="A dog")
    verdict = fake.requests.verify("kling/omni-image.create", where={"prompt": "*cat*", "n": 2})
    assert (verdict.is_met, verdict.found, verdict.nearest) == (True, (1,), ())


def test_the_number_of_times_counts(fake: CheckedFake) -> None:
    fake.create(prompt="A cat")
    fake.create(prompt="A cat")
    assert fake.requests.verify(where={"prompt": "A cat"}, times=2).is_met
    assert not fake.requests.verify(where={"prompt": "A cat"}, times=1).is_met
    assert fake.requests.verify(where={"prompt": "A dog"}, times=0).is_met


def test_the_nearest_misses_come_first_and_say_why(fake: CheckedFake) -> None:
    fake.create(prompt="A dog", n=3)
    fake.create(prompt="A cat", n=3)
    verdict = fake.requests.verify(where={"prompt": "A cat", "n": 2})
    assert not verdict.is_met
    assert [(miss.number, miss.reasons) for miss in verdict.nearest] == [
        (2, ("/n is 3, not 2",)),
        (1, ('/prompt is "A dog", not "A cat"', "/n is 3, not 2")),
    ]


def test_an_account_sees_only_its_own_requests(fake: CheckedFake) -> None:
    fake.create(token="one")
    assert fake.requests.verify(account="one").is_met
    miss = fake.requests.verify(account="two").nearest[0]
    assert miss.reasons == ("it belongs to another account",)


def test_a_status_and_a_body_that_is_no_json_are_reasons_too(fake: CheckedFake) -> None:
    fake.send("POST", "/v1/images/omni-image", b"{")
    miss = fake.requests.verify(where={"prompt": "A cat"}, status=200).nearest[0]
    assert miss.reasons == ("status is 400, not 200", "its body is not JSON, or was too long to keep")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_everything_matches_itself(value: Any) -> None:
    assert matches(value, value)


@given(st.dictionaries(st.text(max_size=5), JSON, min_size=1, max_size=4), st.data())
def test_an_object_matches_each_part_of_itself(value: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(value)))
    assert matches({name: value[name]}, value)


@pytest.mark.parametrize(
    ("pattern", "value", "reason"),
    [
        ({"n": 2}, {"n": 3}, "/n is 3, not 2"),
        ({"n": 2}, {}, "/n is missing"),
        ({"n": 1}, {"n": True}, "/n is true, not 1"),
        ({"a": {"b": "x"}}, {"a": "x"}, "/a is not an object"),
        ({"a": [1]}, {"a": [1, 2]}, "/a is not a list of 1"),
        ({"a": [{"b": "cat"}]}, {"a": [{"b": "dog"}]}, '/a/0/b is "dog", not "cat"'),
        ({"a/b": 1}, {}, "/a~1b is missing"),
        ({"prompt": "*cat"}, {"prompt": "a cat!"}, '/prompt is "a cat!", not "*cat"'),
    ],
)
def test_a_miss_says_where_and_why(pattern: Any, value: Any, reason: str) -> None:
    assert list(misses(pattern, value)) == [reason]


@pytest.mark.parametrize("text", ["a cat", "cat", "the cat of [x]?"])
def test_a_star_is_anything_and_nothing_else_is_special(text: str) -> None:
    assert matches("*cat*", text)
    assert matches(text, text)
    assert not matches("[x]", "x")
    assert not matches("c?t*", "cat")
