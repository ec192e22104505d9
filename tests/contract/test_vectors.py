"""Vectors: what is derived from a rule's value lies on both sides of its edge, and nothing else changes."""

import copy
from base64 import b64decode
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mockserver.contract.rules import Rule, rules_of
from mockserver.contract.vectors import merged, picture, sample, vectors
from mockserver.types import JSON, Payload, Schema

SCHEMA: Schema = {
    "x-source": "kling 1.2",
    "x-confidence": "documented",
    "examples": [{"name": "first"}, {"name": "second", "items": [{"size": 5}, {"size": 6}]}],
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 3, "default": "usual"},
        "kind": {"enum": ["a", "b"]},
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {
                "type": "object",
                "required": ["size"],
                "additionalProperties": False,
                "properties": {"size": {"type": "integer", "minimum": 1, "maximum": 9}},
            },
        },
        "either": {"type": ["integer", "string"], "examples": [7]},
        "url": {"type": "string", "pattern": "^x", "x-accept": ["xy"], "x-reject": ["y"]},
        "picture": {"type": "string", "x-image-side": 300, "examples": ["https://example.com/a.png"]},
    },
    "allOf": [
        {
            "$anchor": "name-with-kind",
            "description": "A name needs a kind.",
            "x-accept": [{"kind": "a"}],
            "x-reject": [{"kind": None}],
            "required": ["kind"],
        }
    ],
}
RULES = {rule.id: rule for rule in rules_of("a/b", SCHEMA)}

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=10,
)


def values(rule: Rule, field: str) -> tuple[list[JSON], list[JSON]]:
    """Return what a field holds in the payloads that keep a rule, and in those that break it."""
    accept, reject = vectors(rule, SCHEMA)
    return [payload.get(field) for payload in accept], [payload.get(field) for payload in reject]


@pytest.mark.parametrize(
    ("rule", "field", "kept", "broken"),
    [
        ("name.maxLength", "name", ["xxx", "\U0001f600" * 3], ["xxxx"]),
        ("name.minLength", "name", ["usual"], ["u"]),
        ("kind.enum", "kind", ["a", "b"], ["no such value", None]),
        ("items.maxItems", "items", [[{"size": 1}] * 2], [[{"size": 1}] * 3]),
        ("items.minItems", "items", [[{"size": 1}]], [[]]),
        ("items[].size.minimum", "items", [[{"size": 1}, {"size": 6}]], [[{"size": 0}, {"size": 6}]]),
        ("items[].size.maximum", "items", [[{"size": 9}, {"size": 6}]], [[{"size": 10}, {"size": 6}]]),
        ("items[].size.required", "items", [[{"size": 1}, {"size": 6}]], [[{}, {"size": 6}]]),
        ("either.type", "either", [7], [1.5, True, None, [], {}]),
        ("url.pattern", "url", ["xy"], ["y"]),
        ("name-with-kind", "kind", ["a"], [None]),
    ],
)
def test_vectors_lie_on_both_sides_of_a_rule(rule: str, field: str, kept: list[JSON], broken: list[JSON]) -> None:
    assert values(RULES[rule], field) == (kept, broken)


def test_what_is_required_is_taken_away() -> None:
    accept, reject = vectors(RULES["name.required"], SCHEMA)
    assert accept == ({"name": "usual"},)
    assert reject == ({},)


def test_an_object_of_its_own_fields_gets_one_too_many() -> None:
    _, reject = vectors(RULES["items[].additionalProperties"], SCHEMA)
    assert [payload["items"][0] for payload in reject] == [{"size": 1, "no_such_field": 1}]


def test_a_rule_of_the_whole_body_is_broken_by_a_body_of_another_type() -> None:
    accept, reject = vectors(RULES["type"], SCHEMA)
    assert accept == ({"name": "first"},)
    assert [] in reject
    assert all(not isinstance(payload, dict) for payload in reject)


def test_the_payload_that_is_changed_is_the_first_that_has_the_field() -> None:
    _, reject = vectors(RULES["items[].size.maximum"], SCHEMA)
    assert reject[0]["name"] == "second"


def test_making_vectors_leaves_the_examples_as_they_are() -> None:
    before = copy.deepcopy(SCHEMA)
    for rule in RULES.values():
        vectors(rule, SCHEMA)
    assert before == SCHEMA


def test_pictures_straddle_the_least_side() -> None:
    accept, reject = vectors(RULES["picture.x-image-side"], SCHEMA)
    assert [size(payload) for payload in accept] == [(300, 300)]
    assert [size(payload) for payload in reject] == [(299, 300), (300, 299)]


def size(payload: Payload) -> tuple[int, int]:
    with Image.open(BytesIO(b64decode(payload["picture"]))) as image:
        return image.size


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_picture_is_real_and_of_the_size_and_bytes_asked_for(kind: str) -> None:
    content = b64decode(picture(320, 300, kind, 5000))
    with Image.open(BytesIO(content)) as image:
        image.load()
        assert (image.format, image.size, len(content)) == (kind, (320, 300), 5000)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "examples": ["an example"], "default": "usual"}, "an example"),
        ({"type": "array", "default": [], "items": {"type": "integer"}}, [1]),
        ({"enum": ["a", "b"]}, "a"),
        ({"type": "string", "pattern": "^x", "x-accept": ["xy"]}, "xy"),
        ({"type": "string", "minLength": 9}, "sample..."),
        ({"type": "number", "minimum": 0}, 0),
        ({"type": ["integer", "string"]}, 1),
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}, "b": {}}}, {"a": True}),
    ],
)
def test_a_sample_is_the_most_ordinary_value(schema: Schema, expected: JSON) -> None:
    assert sample(schema) == expected


# The examples of RFC 7396, appendix A.
@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging_is_that_of_the_standard(document: JSON, patch: JSON, expected: JSON) -> None:
    assert merged(document, patch) == expected


@given(JSONS, JSONS)
def test_merging_twice_is_merging_once(document: JSON, patch: JSON) -> None:
    once = merged(document, patch)
    assert merged(once, patch) == once


@given(JSONS, JSONS)
def test_merging_changes_neither_side(document: JSON, patch: JSON) -> None:
    before = copy.deepcopy((document, patch))
    merged(document, patch)
    assert (document, patch) == before
