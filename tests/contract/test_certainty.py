"""What cannot be read leaves open only what depends on it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.evaluation.certainty import judge, marked
from mockserver.types import JSON, Path, Schema
from tests.support.second_reading import rules_of

A_IS_1: Schema = {"properties": {"a": {"const": 1}}, "required": ["a"]}
B_IS_TEXT: Schema = {"properties": {"b": {"type": "string"}}}
REFERENCES = {"x-references": {"in": ["text"], "to": {"#%": "list", "@%": "field_%"}}}
TOTAL = {"x-total-items": {"lists": ["one", "two"], "max": 2}}
SUM = {"x-sum-equals": {"of": "list[].part", "equals": "total", "default": 5}}

CASES: list[Any] = [
    (A_IS_1, {"a": 2}, [("a",)], None),
    (A_IS_1, {}, [("a",)], False),
    (B_IS_TEXT, {"a": 1}, [("a",)], True),
    (B_IS_TEXT, {"b": 1}, [], False),
    ({"required": ["a"]}, {"a": None}, [("a",)], True),
    ({"properties": {"a": False}}, {"a": 7}, [("a",)], False),
    ({"if": A_IS_1, "then": B_IS_TEXT}, {"a": 1, "b": 5}, [("a",)], None),
    ({"if": A_IS_1, "then": B_IS_TEXT}, {"a": 1, "b": "x"}, [("a",)], True),
    ({"if": A_IS_1, "then": B_IS_TEXT}, {"a": 2, "b": 5}, [("b",)], True),
    ({"if": A_IS_1, "then": False, "else": False}, {"a": 1}, [("a",)], False),
    ({"not": A_IS_1}, {"a": 1}, [("a",)], None),
    ({"anyOf": [A_IS_1, {"required": ["b"]}]}, {"a": 2, "b": 1}, [("a",)], True),
    ({"allOf": [A_IS_1, {"required": ["b"]}]}, {"a": 1}, [("a",)], False),
    ({"properties": {"l": {"maxItems": 1}}}, {"l": [5, 6]}, [("l", 0)], False),
    ({"properties": {"l": {"minItems": 2}}}, {"l": 5}, [("l",)], None),
    ({"properties": {"l": {"contains": {"const": 1}}}}, {"l": [1, 7]}, [("l", 1)], True),
    ({"properties": {"l": {"contains": {"const": 1}}}}, {"l": [2, 7]}, [("l", 1)], None),
    ({"properties": {"l": {"contains": {"const": 1}, "maxContains": 1}}}, {"l": [1, 7]}, [("l", 1)], None),
    ({"properties": {"l": {"contains": {"const": 1}, "maxContains": 1}}}, {"l": [1, 1, 7]}, [("l", 2)], False),
    ({"properties": {"l": {"items": {"required": ["k"]}}}}, {"l": [{"k": 1}, 7]}, [("l", 1)], None),
    ({"properties": {"l": {"enum": [[1]]}}}, {"l": [7]}, [("l", 0)], None),
    (REFERENCES, {"text": "#1", "list": 7}, [("list",)], None),
    (REFERENCES, {"text": "none", "list": 7}, [("list",)], True),
    (REFERENCES, {"text": 7}, [("text",)], None),
    (REFERENCES, {"text": "@1", "field_1": 7}, [("field_1",)], None),
    (TOTAL, {"one": [1, 2, 3], "two": 7}, [("two",)], False),
    (TOTAL, {"one": [1], "two": 7}, [("two",)], None),
    (TOTAL, {"one": [1, 7], "two": []}, [("one", 1)], True),
    (SUM, {"list": [{"part": 7}]}, [("list", 0, "part")], None),
    (SUM, {"list": [7]}, [("list", 0)], None),
    (SUM, {"list": [{"part": 4, "other": 7}]}, [("list", 0, "other")], False),
    (SUM, {"list": [{"part": 5}], "total": 7}, [("total",)], None),
]


@pytest.mark.parametrize(("schema", "payload", "unreadable", "expected"), CASES)
def test_an_answer_is_sure_where_nothing_it_depends_on_is_unreadable(
    schema: Schema, payload: JSON, unreadable: list[Path], expected: bool | None
) -> None:
    assert judge(schema)(marked(payload, unreadable)) is expected


VIDEO = load().operation("kling/omni-video")
VALUES: dict[str, list[JSON]] = {
    "model_name": ["kling-video-o1", "kling-v3-omni"],
    "multi_shot": [True, False],
    "shot_type": ["customize", "intelligence"],
    "mode": ["std", "4k"],
    "sound": ["on", "off"],
    "duration": ["3", "5", "12", 5],
    "aspect_ratio": ["1:1"],
    "prompt": ["", "x", "<<<image_1>>>", "@image_1"],
    "image_list": [
        [],
        [{"image_url": "https://example.com/1.png", "type": "first_frame"}],
        [{"image_url": "https://example.com/1.png", "type": "end_frame"}, {"image_url": "https://example.com/2.png"}],
    ],
    "element_list": [[], [{"element_id": 1}] * 5],
    "video_list": [[], [{"video_url": "https://example.com/1.mp4", "refer_type": "base"}]],
    "multi_prompt": [[{"index": 1, "prompt": "x", "duration": "5"}], [{"index": 1, "prompt": "x", "duration": "2"}]],
}
FILMS = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})


@given(payload=FILMS, field=st.sampled_from([*VALUES]))
def test_a_sure_answer_is_the_same_whatever_is_put_in_the_place(payload: dict[str, JSON], field: str) -> None:
    for rule in rules_of(VIDEO.id):
        if rule.is_across and field in payload:
            answers = {rule.is_kept_by({**payload, field: value}) for value in VALUES[field]}
            sure = judge(rule.schema)(marked(payload, [(field,)]))
            assert sure is None or answers == {sure}


@given(payload=FILMS)
def test_without_anything_unreadable_it_is_the_answer_of_a_validator(payload: dict[str, JSON]) -> None:
    for rule in rules_of(VIDEO.id):
        if rule.is_across:
            assert judge(rule.schema)(payload) is rule.is_kept_by(payload)
