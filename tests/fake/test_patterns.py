"""Patterns: a part of a payload that others must have."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.fake.patterns import matches, misses

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
        ({"n": 2}, {}, "/n is not there"),
        ({"n": 1}, {"n": True}, "/n is true, not 1"),
        ({"a": {"b": "x"}}, {"a": "x"}, "/a is no object"),
        ({"a": [1]}, {"a": [1, 2]}, "/a is no list of 1"),
        ({"a": [{"b": "cat"}]}, {"a": [{"b": "dog"}]}, '/a/0/b is "dog", not "cat"'),
        ({"a/b": 1}, {}, "/a~1b is not there"),
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
