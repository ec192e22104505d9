"""Text in reports: nothing invisible, nothing that steers a terminal, nothing endless."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.kit.reports.text import excerpt, json_text, sound, visible
from mockserver.types import JSON

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.text(st.characters()))
def test_everything_shown_can_be_seen(text: str) -> None:
    assert visible(text).replace("\n", "").isprintable()


@given(st.text(st.characters(exclude_categories=("C", "Z"))))
def test_what_can_be_seen_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\u001b[31m"),
        ("\u202e", "\\u202e"),
        ("\u3000", "\\u3000"),
        ("\ud800", "\\ud800"),
        ("\U000e0001", "\\udb40\\udc01"),
        ("\r\n\t", "\\u000d\n\\u0009"),
        ("猫 é 🚲", "猫 é 🚲"),
    ],
)
def test_what_cannot_be_seen_is_spelt_as_json_does(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(VALUES)
def test_a_document_is_the_same_document_to_a_program(value: JSON) -> None:
    assert json.loads(json_text(value)) == value
    assert json.loads(json_text(value, indent=2)) == value


def test_what_is_too_long_is_cut_and_says_so() -> None:
    assert visible("x" * 9, 9) == "x" * 9
    assert visible("x" * 10, 9) == "x" * 9 + "… (10 characters)"


@given(VALUES)
def test_a_sound_value_is_left_alone(value: JSON) -> None:
    assert sound(value) == value


def test_what_no_json_can_say_becomes_text() -> None:
    assert sound([math.nan, {"a": -math.inf}]) == ["nan", {"a": "-inf"}]


def test_a_value_of_any_depth_can_be_written() -> None:
    deep: JSON = []
    for _ in range(100_000):
        deep = [deep]
    assert "too deep for this report" in json_text(sound(deep), indent=2)


def test_long_texts_and_lists_of_a_payload_are_told_by_their_lengths() -> None:
    payload = {"prompt": "A red " * 500, "list": [*range(300)], "n": 1, "short": "x" * 120}
    cut = excerpt(payload)
    assert cut["prompt"].endswith("… (3000 characters)")
    assert (cut["list"][-1], len(cut["list"])) == ("… (300 items)", 9)
    assert (cut["n"], cut["short"]) == (1, payload["short"])


@given(VALUES.filter(lambda value: len(json.dumps(value)) <= 120))
def test_what_is_short_is_shown_whole(value: JSON) -> None:
    assert excerpt(value) == sound(value)
