"""The engine: what its guards let pass breaks no keyword of ours."""

import copy
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.evaluation import engine
from mockserver.contract.evaluation.engine import compiled, guard
from mockserver.contract.keywords import KEYWORDS, Keyword, Problem
from mockserver.types import JSON, Schema

ARGUMENTS: dict[str, Any] = {
    "x-references": {
        "in": ["a", "list[].a"],
        "to": {"<<<image_%>>>": "list", "@image_%": "image_%", "#%": "b", "$*": "list[].b"},
    },
    "x-total-items": {"lists": ["list", "a", "b"], "max": 5},
    "x-sum-equals": {"of": "list[].a", "equals": "b", "default": 5},
    "x-unique": "list[].a",
    "x-shots": {"in": "list[b=a].a", "equals": "b", "default": 5, "most": 6, "words": 9},
    "x-ascending": ["a", "b"],
    "x-grown-area": {"height": ["a"], "width": ["b"], "each": 2, "times": 3},
    "x-one-nonzero": ["a", "b", "image_1"],
    "x-utf16-length": 4,
    "x-int64": True,
    "x-base64": True,
    "x-image-format": ["PNG"],
    "x-image-bytes": 10,
    "x-image-side": 300,
    "x-image-ratio": [0.4, 2.5],
}
TEXTS = [
    "<<<image_1>>>",
    "<<<image_2>>> <<<image_1>>>",
    "<<<image_01>>>",
    "@image_1 <<<image_7>>>",
    "#2",
    "a",
    "$a",
    "shot 1, 5, x;",
    "shot 1, 6, x;",
    "iVBORw0KGgo=",
    "http://a/b",
    "HTTPS://c",
    "😀" * 3,
]
NUMBERS = [2**63, -(2**63) - 1, 10**18, 10**18 + 1, 9.3e18, 1e30, "9" * 18, "9" * 19, "-" + "9" * 19]
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6)
SCALARS = st.sampled_from([*TEXTS, *NUMBERS]) | PLAIN
ITEMS = SCALARS | st.fixed_dictionaries({}, optional={"a": SCALARS, "b": SCALARS})
VALUES = st.lists(ITEMS, max_size=4) | SCALARS
OBJECTS = st.fixed_dictionaries({}, optional=dict.fromkeys(("a", "b", "list", "image_1"), VALUES))


def test_every_keyword_has_a_guard() -> None:
    assert {*ARGUMENTS} == {*KEYWORDS}
    assert [keyword for keyword in KEYWORDS if guard(keyword, ARGUMENTS[keyword]) is False] == []


@pytest.mark.parametrize("keyword", KEYWORDS)
@given(instance=OBJECTS | VALUES)
@example(instance={"list": [1, 2, 3], "a": [1, 2, 3]})
def test_the_engine_says_of_a_keyword_what_the_keyword_says(keyword: str, instance: JSON) -> None:
    argument = ARGUMENTS[keyword]
    is_kept = not any(KEYWORDS[keyword](argument, instance))
    assert compiled({keyword: argument}).is_valid(instance) is is_kept
    if jsonschema_rs.is_valid(guard(keyword, argument), instance):
        assert is_kept


@given(items=st.integers(0, 12), numbers=st.lists(st.sampled_from(["0", "1", "01", "3", "9", "10", "12", "", "x"])))
def test_the_guard_of_references_knows_how_many_items_there_are(items: int, numbers: list[str]) -> None:
    argument = ARGUMENTS["x-references"]
    instance = {"a": " ".join(f"<<<image_{number}>>>" for number in numbers), "list": [1] * items}
    is_kept = not any(KEYWORDS["x-references"](argument, instance))
    assert compiled({"x-references": argument}).is_valid(instance) is is_kept
    if jsonschema_rs.is_valid(guard("x-references", argument), instance):
        assert is_kept


def test_most_payloads_are_judged_without_a_question_to_python(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def asking(keyword: str) -> Keyword:
        def ask(_: Any, __: JSON) -> Iterator[Problem]:
            asked.append(keyword)
            return iter(())

        return ask

    for keyword in KEYWORDS:
        monkeypatch.setitem(KEYWORDS, keyword, asking(keyword))
    monkeypatch.setattr("mockserver.contract.evaluation.engine._checks", engine._checks.__wrapped__)
    payload = {
        "prompt": "The cat of <<<image_1>>> beside <<<element_1>>>",
        "image_list": [{"image": "https://example.com/cat.png"}],
        "element_list": [{"element_id": 7}],
        "n": 2,
    }
    assert compiled(load().operation("kling/omni-image").schema).is_valid(payload)
    assert asked == []


def test_an_equal_schema_is_compiled_once() -> None:
    schema = load().operation("kling/omni-image.create").schema
    assert compiled(copy.deepcopy(schema)) is compiled(schema)


@pytest.mark.parametrize("other", [1.0, True, "1", [1]], ids=repr)
def test_a_schema_that_only_looks_equal_is_another_one(other: JSON) -> None:
    kept = compiled({"const": other})
    assert kept is not compiled({"const": 1})
    assert kept.is_valid(other)


def test_an_engine_does_not_change_with_the_schema_that_it_was_made_of() -> None:
    schema: Schema = {"properties": {"a": {"type": "string"}}}
    before = compiled(schema)
    schema["properties"]["a"] = {"type": "integer"}
    assert before.is_valid({"a": "x"})
    assert not compiled(schema).is_valid({"a": "x"})
