"""Changes: what a client did to a value is told by its name, and a value that arrived as it was is not told."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from mockserver.kit.client.checks.changes import changed_text, changes, payload_changes

TEXT = " \u00a0\nCafe\u0301 \ufb01 \uff21 \u212b two  spaces\r\nand <b>\u96ea</b> \U0001f408\u200d\U0001f408\u3000 \n"
ROUNDED = "it was rounded to what a 64-bit floating-point number can be"
NUMBERS = some.integers() | some.floats(allow_nan=False).map(lambda number: number + 0.0)  # -0.0 is 0.0
LEAVES = some.none() | some.booleans() | NUMBERS | some.text()
VALUES = some.recursive(LEAVES, lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner), max_leaves=8)


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        (str.strip, "lost 6 characters of white space at its ends (U+0020 U+00A0 U+000A U+3000 U+0020 U+000A)"),
        (str.lstrip, "lost 3 characters of white space at its start (U+0020 U+00A0 U+000A)"),
        (str.rstrip, "lost 3 characters of white space at its end (U+3000 U+0020 U+000A)"),
        (lambda text: text.rstrip("\n"), "lost 1 character of white space at its end (U+000A)"),
        (lambda text: text + "\n", "has 1 character more of white space at its end"),
        (lambda text: "\t" + text[1:], "has other white space at its start: U+0020 U+00A0 U+000A became U+0009 U+00A0"),
        (lambda text: unicodedata.normalize("NFC", text), "was composed (NFC)"),
        (lambda text: unicodedata.normalize("NFD", text), "was decomposed (NFD)"),
        (lambda text: unicodedata.normalize("NFKC", text), "lost its compatibility letters (NFKC)"),
        (lambda text: unicodedata.normalize("NFKC", text.strip()), "lost its compatibility letters (NFKC)"),
        (lambda text: re.sub(" +", " ", text), "has one space where there were several"),
        (lambda text: unicodedata.normalize("NFC", text.strip()), "U+0020 U+000A) and was composed (NFC)"),
        (lambda text: text.replace("\r\n", "\n"), "has other line ends: CR LF became LF"),
        (lambda text: " ".join(text.split()), "has one space for each stretch of white space"),
        (lambda text: text.replace("<", "&lt;").replace(">", "&gt;"), "arrived with HTML escapes"),
        (lambda text: text.replace("\u200d", ""), "lost its invisible characters"),
        (str.lower, "arrived in lower case"),
        (lambda text: text.encode("ascii", "ignore").decode(), "lost its letters beyond ASCII"),
        (lambda text: text.encode().decode("cp1252", "replace"), "was read as Windows-1252, but is UTF-8"),
        (lambda text: text[:20], "cut: with its first 20 only"),
        (lambda text: "", f"had {len(TEXT)} characters and arrived empty"),
        (lambda text: text + " --v 6", "arrived with ' --v 6' added at its end"),
        (lambda text: text.replace("two", "three"), "; it had 47 characters and has 49"),
    ],
)
def test_what_was_done_to_a_text_is_named(deed: Callable[[str], str], told: str) -> None:
    assert told in changed_text(TEXT, deed(TEXT))


@pytest.mark.parametrize("deed", [str.strip, str.lower, str.lstrip])
def test_nothing_is_told_but_what_was_done(deed: Callable[[str], str]) -> None:
    assert " and " not in changed_text(TEXT, deed(TEXT))


@pytest.mark.parametrize(
    ("value", "arrived", "told"),
    [
        ({"n": 3}, {}, "payload.n was 3 and is missing"),
        ({}, {"n": 3}, "payload.n was not given and arrived as 3"),
        ([1, 2, 3], [1, 2], "payload had 3 items and arrived with 2"),
        (
            [{"id": 2**53 + 1}],
            [{"id": 2**53}],
            f"payload[0].id was {2**53 + 1} and arrived as {2**53}: {ROUNDED}",
        ),
        (3, "3", "payload was 3 and arrived as '3': an integer became text"),
        (3, 3.0, "payload was 3 and arrived as 3.0: an integer became a floating-point number"),
        (True, 1, "payload was True and arrived as 1: a boolean became an integer"),
        ("  ", "", "payload was white space only (U+0020 U+0020) and arrived as ''"),
        ("x" * 2500, "x" * 1000, "payload had 2500 characters and arrived cut: with its first 1000 only"),
    ],
)
def test_a_value_that_arrived_otherwise_is_told_with_its_place(value: object, arrived: object, told: str) -> None:
    assert list(changes("payload", value, arrived)) == [told]


def test_a_long_text_is_told_with_where_it_begins_to_differ() -> None:
    told = changed_text("a" * 99 + "one" + "b" * 99, "a" * 99 + "two" + "b" * 99)
    assert "from character 100 on, 'onebbb' became 'twobbb'" in told


@pytest.mark.parametrize(
    ("payload", "sent", "told"),
    [
        ({"prompt": "A cat"}, {}, "prompt was 'A cat' and is missing"),
        ({"prompt": "x" * 2500}, {}, f"prompt was '{'x' * 59}… and is missing"),
        ({"prompt": "A cat"}, {"text": "A cat"}, "prompt arrived under the name 'text'"),
        ({"n": 1}, {"count": 1.0}, "n was 1 and is missing"),
        ({"n": 1, "seed": 1}, {"seed": 1}, "n was 1 and is missing"),
        ({"n": 1}, {"input": {"n": 1}}, "the whole payload arrived inside of the field 'input'"),
        ({"n": 1}, {"n": 2, "more": {}}, "n was 1 and arrived as 2"),
    ],
)
def test_a_field_that_did_not_arrive_is_told_with_where_it_is(
    payload: dict[str, object], sent: dict[str, object], told: str
) -> None:
    assert list(payload_changes(payload, sent)) == [told]


def test_what_was_sent_besides_a_payload_is_no_change() -> None:
    assert list(payload_changes({"n": 1}, {"n": 1, "more": 2})) == []
    assert list(payload_changes({}, {"more": {}})) == []


@given(VALUES, VALUES)
def test_a_value_has_changed_if_and_only_if_it_is_written_otherwise(one: object, other: object) -> None:
    is_same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (list(changes("it", one, other)) == []) is is_same
    assert list(changes("it", one, one)) == []


@given(some.text(), some.text())
def test_any_change_of_a_text_is_told_in_a_few_words(one: str, other: str) -> None:
    assume(one != other)
    told = changed_text(one, other)
    assert told
    assert len(told) < 400
