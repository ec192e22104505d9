"""Explanation: what the fast engine tells of a payload is what the slow one tells, in the same order."""

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.readings import levels, settled
from mockserver.contract.rules import rules_of
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import Validator
from mockserver.contract.vectors import vectors
from mockserver.types import JSON, Level, Payload, Schema
from tests.support.representatives import CHOSEN
from tests.support.sampling import draws
from tests.support.slow_explanation import explained

OPERATIONS = [
    pytest.param(service, operation, id=operation.id)
    for service in load().services.values()
    for operation in service.operations.values()
    if operation.rules
]
ODD: list[JSON] = [
    *(None, True, 0, -1, 5, 5.0, 1.5, 1e30, 2**63, 10**25, "", "x", "7", "7\n", " ", "\x00", "auto", "series", "4k"),
    *(
        "<<<image_9>>> <<<element_1>>>",
        "@image_3 <<image_1>>",
        "http://e.com/a",
        "A" * 3000,
        "😀" * 2500,
        "iVBORw0KGgo=",
    ),
    *([], {}, [1, 2], [[]], {"a": 1}, [{}], [None], [{"image": 5}, {"zz": 1, "a/b": 2}, {"image": "x"}], [5] * 1100),
    *([{"image_url": "http://a/b", "type": "first_frame"}], [{"video_url": "", "refer_type": "base"}, {"type": 1}]),
    *([{"index": 1, "prompt": "x", "duration": "5"}] * 3, [{"element_id": "7\n"}, {"element_id": 2**70}]),
    {f"field {number}": number for number in range(1100)},
]
CHANGED = draws(40)
"""Payloads of each operation that are changed at random."""


def level_sets(service: Service, operation: Operation) -> Iterator[dict[str, Level]]:
    """Yield the levels of an operation's rules: their own, and those of each reading beside the usual ones."""
    own = {rule.id: rule.level for rule in operation.rules}
    chosen: list[dict[str, str]] = [{}]
    chosen += [{id: reading} for id, question in service.questions.items() for reading in question.readings]
    seen = [own]
    yield own
    for readings in chosen:
        found = settled({service.id: service.questions}, readings)[service.id]
        given_by = levels(service.questions, found)
        merged = {id: given_by.get(id, level) for id, level in own.items()}
        if merged not in seen:
            seen.append(merged)
            yield merged


def payloads(operation: Operation) -> list[JSON]:
    """Return what keeps the rules, what breaks one or many, and what is no payload at all."""
    random = Random(operation.id)
    names = [*operation.schema["properties"], "zz", "a/b", "~"]
    told = [payload for rule in operation.rules for part in vectors(rule, operation.schema) for payload in part]
    told += operation.schema["examples"]
    small = [payload for payload in told if isinstance(payload, dict) and len(str(payload)) < 20_000]

    def changed() -> Payload:
        payload = copy.deepcopy(random.choice(small))
        for _ in range(random.randrange(1, 5)):
            inner = [each for value in payload.values() if isinstance(value, list) for each in value]
            inside = random.choice([payload, *(each for each in inner if isinstance(each, dict))])
            name = random.choice([*inside, *names])
            if random.random() < 0.3:
                inside.pop(name, None)
            else:
                inside[name] = copy.deepcopy(random.choice(ODD))
        return payload

    return [*told, *ODD, *(dict.fromkeys(names, odd) for odd in ODD), *(changed() for _ in range(CHANGED))]


def told(validator: Validator, payload: JSON) -> list[tuple[Any, ...]]:
    return [(each.rule.id, each.level, each.path, each.fact, each.value) for each in validator.violations(payload)]


@pytest.mark.drawn
@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_what_is_told_of_a_payload_is_what_the_slow_engine_tells(service: Service, operation: Operation) -> None:
    sent = payloads(operation)
    if operation.id not in CHOSEN:  # the slow engine takes a minute for all of them
        sent = sent[len(operation.id) % 5 :: 5]
    for number, level in enumerate(level_sets(service, operation)):
        validator = Validator(operation.schema, operation.rules, level)
        for payload in sent if number == 0 else sent[number % 20 :: 20]:
            assert told(validator, payload) == explained(operation.schema, operation.rules, level, payload)


INNER = st.recursive(
    st.sampled_from(ODD[:25]) | st.integers(-2, 20) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=3),
    max_leaves=6,
)


def near(schema: JSON) -> st.SearchStrategy[JSON]:
    """Draw values around what a property's schema wants, good and bad."""
    told = [st.sampled_from(schema[key]) for key in ("enum", "examples", "x-accept", "x-reject") if key in schema]
    if "items" in schema:
        told.append(st.lists(near(schema["items"]), max_size=4))
    if "properties" in schema:
        inner = {name: near(sub) for name, sub in schema["properties"].items()}
        told.append(st.fixed_dictionaries({}, optional={**inner, "zz": INNER}))
    return st.one_of(*told, INNER)


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
@settings(max_examples=draws(20))
@given(data=st.data())
def test_both_engines_tell_the_same_of_any_payload(service: Service, operation: Operation, data: st.DataObject) -> None:
    level = data.draw(st.sampled_from([*level_sets(service, operation)]))
    payload = data.draw(near(operation.schema))
    validator = Validator(operation.schema, operation.rules, level)
    assert told(validator, payload) == explained(operation.schema, operation.rules, level, payload)


NAMES: Schema = {
    "x-source": "kling 1.2",
    "x-confidence": "documented",
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": {"type": "object", "properties": {"items": {"enum": ["x"]}}}},
        "properties": {"properties": {"properties": {"type": "string"}, "items": {"type": "string"}}},
        "b": {"maxItems": 1, "items": {"items": {"minimum": 2, "type": "integer"}, "maxItems": 1}},
        "a": {"type": "string"},
    },
    "required": ["z", "a", "properties", "items"],
    "allOf": [
        {
            "$anchor": "later-first",
            "description": "The first thing wrong in the order of the schema is shown.",
            "x-accept": [{}],
            "x-reject": [{}],
            "properties": {"b": {"minItems": 4}, "a": {"const": 1}},
            "required": ["items", "y", "x"],
        },
    ],
}


@pytest.mark.parametrize(
    "payload",
    [
        {"a": 5, "b": [[1, 2], ["x"], [0]], "items": [{}, {"items": "y"}, {"items": 7}, 5]},
        {"properties": {"properties": 5, "items": 7}, "items": {"items": []}},
        {"z": 1, "a": "x", "b": [[5]], "x": 1, "y": 1},
        {"z": 1, "a": "x", "x": 1, "y": 1},
        {"z": 1, "a": "x", "b": [], "x": 1},
        {"a": "x"},
        {"items": 7, "properties": 7},
    ],
)
def test_the_order_is_that_of_the_schema_whatever_the_fields_are_called(payload: JSON) -> None:
    rules = rules_of("a/b", NAMES)
    level = {rule.id: rule.level for rule in rules}
    assert told(Validator(NAMES, rules, {}), payload) == explained(NAMES, rules, level, payload) != []


def test_a_field_that_may_not_be_there_is_named() -> None:
    operation = load().operation("kling/omni-image")
    payload = {"prompt": "A cat", "model_name": "kling-v3-omni", "result_type": "series", "n": 3, "image_list": []}
    found = Validator(operation.schema, operation.rules, {}).violations(payload)
    assert {each.rule.id: each.pointer for each in found}["n-is-not-for-series"] == "/n"
