"""Errors: whole sentences, and suggestions that are near or none at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import BadSetting, NoSuchCheck, NoSuchService
from mockserver.suggestions import near_names, suggestion

OPERATIONS = ("kling/omni-image", "kling/omni-image.get", "kling/omni-video", "useapi/tasks.get")


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("klign", ["kling", "useapi"], ["kling"]),
        ("KLING", ["kling", "useapi"], ["kling"]),
        ("hangs", ["hang", "html"], ["hang"]),
        ("13x03", ["1303", "1302"], ["1303"]),
        ("omni-image", OPERATIONS, ["kling/omni-image"]),
        ("omni-imag", OPERATIONS, ["kling/omni-image"]),
        ("klingai/omni-image", OPERATIONS, ["kling/omni-image"]),
        ("kling/omni-image.show", OPERATIONS, ["kling/omni-image.get", "kling/omni-image", "kling/omni-video"]),
        ("useapi/tasks", OPERATIONS, ["useapi/tasks.get"]),
        ("prompt", ["prompt.maxLength", "n.maximum"], ["prompt.maxLength"]),
        ("keeps-task-id", ["keeps-the-task-id", "task-id"], ["keeps-the-task-id"]),
        ("missing-task=404", ["missing-task=404-1203", "other=404"], ["missing-task=404-1203"]),
    ],
)
def test_near_is_a_letter_or_two_or_one_part(name: str, known: list[str], near: list[str]) -> None:
    assert near_names(name, known) == near


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("nope", ["envelope", "wire"]),
        ("1304", ["1303", "1305"]),
        ("x", ["n", "no"]),
        ("image", ["kling/omni-image.create"]),
        ("foo.maxLength", ["prompt.maxLength"]),
        ("", ["a", "get"]),
        ("kling" * 1000, ["kling"]),
    ],
)
def test_what_is_further_off_is_not_near(name: str, known: list[str]) -> None:
    assert near_names(name, known) == []


def test_the_nearest_comes_first_and_three_are_enough() -> None:
    known = [f"video-{letter}" for letter in "abcde"]
    assert near_names("video-c", known)[0] == "video-c"
    assert len(near_names("video-x", known)) == 3


def test_without_a_near_name_three_are_shown_and_what_lists_all() -> None:
    assert str(NoSuchService("zzz", ["a", "b", "c", "d"])) == (
        "no service 'zzz'; try 'a', 'b' or 'c' (`mockserver list services` lists all)"
    )
    assert suggestion("zzz", ["only"], "this") == "try 'only' (`this` lists all)"
    assert suggestion("zzz", [], "this") == "none is known here"


def test_a_near_name_is_all_that_is_shown() -> None:
    assert str(NoSuchCheck("wier", ["wire", "task", "retry"])) == "no check 'wier'; did you mean 'wire'?"


def test_a_long_name_is_cut_where_it_is_quoted() -> None:
    assert len(str(NoSuchService("x" * 10_000, ["kling"]))) < 250


def test_a_setting_is_told_with_its_option_first() -> None:
    error = BadSetting("--pace", "'slow' is not a pace. Write fast.")
    assert str(error) == "--pace: 'slow' is not a pace. Write fast."
    assert (error.option, error.sentence) == ("--pace", "'slow' is not a pace. Write fast.")


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=8))
def test_any_names_can_be_compared(name: str, known: list[str]) -> None:
    near = near_names(name, known)
    assert {*near} <= {*known}
    assert len(near) <= 3
    assert near_names(name, [*known, name])[:1] == [name] or not name
