"""Texts of every class and every length come up, and lists of every length."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.validation import Validator
from mockserver.kit.generation import scalars
from mockserver.kit.generation.choices import Seeded
from mockserver.kit.generation.scalars import BLANKS, CURIOSITIES, WORDS
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.types import Payload

VIDEO = load().operation("kling/omni-video")
MOST = 2500
"""The longest prompt of a film."""


@cache
def payloads(*, strict: bool = True) -> list[Payload]:
    source = ValidPayloads.of(VIDEO, is_strict=strict)
    return [found for index in range(1000) if (found := source.generate(Seeded(index))) is not None]


@cache
def prompts() -> list[str]:
    return [payload["prompt"] for payload in payloads() if "prompt" in payload]


CLASSES: dict[str, Callable[[str], Any]] = {
    "decomposed": lambda text: unicodedata.normalize("NFC", text) != text,
    "composed": lambda text: unicodedata.normalize("NFD", text) != text,
    "compatibility letters": lambda text: (
        unicodedata.normalize("NFKC", text) != unicodedata.normalize("NFC", text) and "\ufb01" in text
    ),
    "a combining mark that composes no letter": lambda text: any(
        map(unicodedata.combining, unicodedata.normalize("NFC", text))
    ),
    "a combining mark at the beginning": lambda text: text and unicodedata.combining(text[0]),
    "Hangul jamo": lambda text: "\u1112" in text,
    "white space at both ends": lambda text: text != text.lstrip() and text != text.rstrip(),
    "a line at the end": lambda text: text.endswith("\n"),
    "a wide space at the beginning": lambda text: text.startswith("\u3000"),
    "a hard space": lambda text: "\u00a0" in text,
    "a tab": lambda text: "\t" in text,
    "zero width": lambda text: "\u200b" in text,
    "a byte order mark": lambda text: "\ufeff" in text,
    "next line": lambda text: "\u0085" in text,
    "a line separator": lambda text: "\u2028" in text,
    "control characters": lambda text: {"\u0007", "\u001b", "\u007f"} <= {*text},
    "from right to left": lambda text: {"\u202e", "\u2067"} <= {*text},
    "a pair of surrogates in UTF-16": lambda text: any(letter > "\uffff" for letter in text),
    "signs joined without width": lambda text: "\u200d" in text,
    "a variation selector": lambda text: "\ufe0f" in text,
    "case that grows": lambda text: len(text.upper()) > len(text) or len(text.lower()) > len(text),
    "a letter without one other case": lambda text: "\u0130" in text and "\u0131" in text,
}


@pytest.mark.parametrize("name", CLASSES)
def test_texts_of_each_class_are_drawn(name: str) -> None:
    assert any(map(CLASSES[name], prompts()))


@pytest.mark.parametrize("blank", [pytest.param(blank, id=ascii(blank)) for blank in BLANKS])
def test_each_blank_is_drawn_where_any_text_may_be(blank: str) -> None:
    found = (payload.get("external_task_id") for strict in (True, False) for payload in payloads(strict=strict))
    assert blank in {*found}


def test_a_prompt_that_is_blank_is_drawn_with_its_warning_and_only_so() -> None:
    unseen = {letter for blank in BLANKS for letter in blank}
    assert not any(text and {*text} <= unseen for text in prompts())
    judged = Validator(VIDEO.schema, VIDEO.rules, {})
    found = {each.rule.id for payload in payloads(strict=False) for each in judged.violations(payload)}
    assert "prompt-is-not-blank" in found


def test_prompts_have_lengths_from_the_whole_range() -> None:
    assert {min(10 * len(text) // MOST, 9) for text in prompts()} == {*range(10)}
    assert {len(text).bit_length() for text in prompts() if text} == {*range(1, MOST.bit_length() + 1)}


def test_prompts_have_lengths_next_to_powers_of_two_and_to_the_limits() -> None:
    lengths = {len(text) for text in prompts()}
    beside = {length for power in (64, 128, 256, 512, 1024, 2048) for length in (power - 1, power, power + 1)}
    assert len(lengths & beside) > len(beside) / 2
    assert {1, 2, MOST - 1, MOST} <= lengths


@pytest.mark.parametrize(("field", "sizes"), [("image_list", 7), ("element_list", 7), ("multi_prompt", 6)])
def test_lists_have_each_length(field: str, sizes: int) -> None:
    found = Counter(len(payload[field]) for payload in payloads() if field in payload)
    assert {*found} - {0} == {*range(1, sizes + 1)}


def test_no_editor_can_change_the_odd_texts() -> None:
    """Words are words of people; everything else is written as escapes."""
    source = Path(scalars.__file__).read_text(encoding="utf-8")
    assert unicodedata.normalize("NFC", source) == source
    for words in WORDS:
        source = source.replace(words, "")
    assert source.isascii()
    assert source.isprintable() or {*source} - {"\n"} == {letter for letter in source if letter.isprintable()}


def test_the_odd_texts_differ_in_what_makes_them_odd() -> None:
    assert len({*CURIOSITIES, *BLANKS}) == len(CURIOSITIES) + len(BLANKS)
    (accents,) = (text for text in CURIOSITIES if text.startswith("caf"))
    assert "\u00e9" in accents
    assert "e\u0301" in accents
    for blank in BLANKS:
        assert not any(unicodedata.category(letter)[0] in "LMNPS" for letter in blank)
