"""Constraints that stand in words, in English and in Chinese."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.importing.requests.prose import Condition, conditions, demands, mined, of_members, required

CASES: list[tuple[str, str, dict[str, Any], set[str]]] = [
    # The type of the field, its description, what is mined, and what of that only warns.
    ("string", "What to draw. Cannot exceed 2500 characters.", {"maxLength": 2500}, set()),
    ("string", "Must not exceed 2,500 characters", {"maxLength": 2500}, set()),
    ("string", "Maximum length: 1700 characters. Use names.", {"maxLength": 1700}, set()),
    ("string", "Up to 500 characters", {"maxLength": 500}, {"maxLength"}),
    ("string", "At most 80 letters, and cannot be empty.", {"maxLength": 80, "minLength": 1}, {"maxLength"}),
    ("string", "提示词，不能超过2500个字符", {"maxLength": 2500}, set()),
    ("string", "最多500字符，不能为空", {"maxLength": 500, "minLength": 1}, {"maxLength"}),
    ("string", "800字以内", {"maxLength": 800}, set()),
    ("integer", "How many\nValue range: [1, 9]", {"minimum": 1, "maximum": 9}, set()),
    ("integer", "Range: 1 to 9. Default: 1.", {"minimum": 1, "maximum": 9, "default": 1}, set()),
    ("integer", "range from 1 to 50. So many jobs", {"minimum": 1, "maximum": 50}, set()),
    ("integer", "between 3 and 15 seconds", {"minimum": 3, "maximum": 15}, {"minimum", "maximum"}),
    ("integer", "Value range: (0, 10]", {"minimum": 1, "maximum": 10}, set()),
    ("number", "Value range: [0, 1], default: 0.5", {"minimum": 0, "maximum": 1, "default": 0.5}, set()),
    ("integer", "取值范围：[1,9]，默认为1", {"minimum": 1, "maximum": 9, "default": 1}, set()),
    ("integer", ">= 1\n<= 9", {"minimum": 1, "maximum": 9}, set()),
    ("string", "Seconds. Value range: [3, 6]", {"enum": ["3", "4", "5", "6"]}, set()),
    ("string", "Clarity\n\nEnumerated values: 1k, 2k\n1k: low\n2k: high", {"enum": ["1k", "2k"]}, set()),
    ("string", "Enum values: 16:9, 9:16, auto\nNote: auto", {"enum": ["16:9", "9:16", "auto"]}, set()),
    ("string", "Enumerated values: 3, 4, 10, where:\nmore", {"enum": ["3", "4", "10"]}, set()),
    ("string", "Supported values: 1k(default), 2k.", {"enum": ["1k", "2k"], "default": "1k"}, set()),
    ("string", "Mode. Defaults to std. Options: `std`, `pro`", {"enum": ["std", "pro"], "default": "std"}, set()),
    ("string", "One of: 5 or 10. Default 5", {"enum": ["5", "10"]}, set()),
    ("string", "枚举值：std, pro；默认值：std", {"enum": ["std", "pro"], "default": "std"}, set()),
    ("string", "The model Enumeration value: acme-1", {"enum": ["acme-1"]}, {"enum"}),
    ("array", "at most 10 images", {"maxItems": 10}, {"maxItems"}),
    ("array", "Must not exceed 7 images", {"maxItems": 7}, set()),
    ("array", "图片列表，最多4张", {"maxItems": 4}, {"maxItems"}),
    ("boolean", "Whether to add sound. Default: false", {"default": False}, set()),
    ("string", "A picture of at most 10MB, between 1:2.5 and 2.5:1", {}, set()),
    ("integer", "The seed of the picture", {}, set()),
    ("string", "The default is the film to be changed.", {}, set()),
    ("object", "Cannot exceed 10 characters.", {}, set()),
]


@pytest.mark.parametrize(("kind", "text", "expected", "warns"), CASES, ids=[text for _, text, _, _ in CASES])
def test_words_become_keywords(kind: str, text: str, expected: dict[str, Any], warns: set[str]) -> None:
    found = mined({"type": kind, "description": text})
    assert {each.keyword: each.value for each in found} == expected
    assert {each.keyword for each in found if not each.is_sure and each.keyword != "default"} == warns
    assert all(each.words and each.words in text for each in found)


def test_a_keyword_counts_more_than_words() -> None:
    assert mined({"type": "string", "maxLength": 10, "description": "Cannot exceed 20 characters."}) == []


def test_the_members_of_a_list_get_the_values_that_its_description_names() -> None:
    text = (
        "The `kind` parameter says which: `first` for the first, `last` for the other.\nThe `name` parameter is free."
    )
    found = of_members(text, ["kind", "name"])
    assert {name: each.value for name, each in found.items()} == {"kind": ["first", "last"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Required when mode is pro.", Condition("Required when mode is pro.", "mode", "pro")),
        ("The end. Required if `n` equals 2", Condition("Required if `n` equals 2", "n", "2")),
        ("Required when no film is sent.", Condition("Required when no film is sent.")),
    ],
)
def test_a_condition_is_read_as_far_as_it_can_be(text: str, expected: Condition) -> None:
    assert list(conditions(text)) == [expected]


def test_words_say_that_a_field_is_always_required() -> None:
    assert required("Required. The prompt.") == "Required."
    assert required("必填。提示词") == "必填。"
    assert required("Required when mode is pro.") is None


def test_a_demand_that_nobody_has_understood_is_named() -> None:
    text = "What to draw. Cannot exceed 10 characters. A last frame must not be sent alone."
    assert list(demands(text, "")) == ["A last frame must not be sent alone."]
