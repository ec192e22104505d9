"""Valid payloads keep every rule, cover every way through the contract, and shrink to what a person would write."""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings

from mockserver.contract import places
from mockserver.contract.catalog import load
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.contract.texts.pictures import picture_size
from mockserver.contract.validation import Validator
from mockserver.errors import NoSuchOperation, NoSuchReading
from mockserver.kit.generation.choices import Choices, Seeded
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.schema_edits import lifted, place_of, schema_at
from mockserver.kit.generation.solver import Solver
from mockserver.kit.generation.strategies import invalid_payloads, valid_payloads
from mockserver.kit.generation.valid import NothingToSend, ValidPayloads, rule_levels
from mockserver.types import JSON, Payload
from tests.support.sampling import sampled
from tests.support.schemas import different

EVERY = different(each for service in load().services.values() for each in service.operations.values() if each.rules)
CREATES = [each for each in EVERY if each.task.get("prompt")]


def named(operations: list[Operation]) -> list[Any]:
    return [pytest.param(each, id=each.id) for each in operations]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What Hypothesis drew in one run, and how often it was refused a payload."""

    payloads: tuple[JSON, ...]
    refused: int

    def having(self, condition: Callable[[Any], object]) -> int:
        return sum(bool(condition(payload)) for payload in self.payloads)


@cache
def drawn(id: str, *, strict: bool) -> Drawn:
    """Draw as a test would, with every health check on."""
    operation = load().operation(id)
    source = ValidPayloads.of(operation, is_strict=strict)
    refused: list[None] = []
    found: list[JSON] = []

    def counted(choices: Choices) -> JSON:
        payload = type(source).generate(source, choices)
        refused.extend([None] if payload is None else [])
        return payload

    draws = 30 if operation not in CREATES else 300 if strict else 150

    @settings(max_examples=draws, derandomize=True, database=None)
    @given(valid_payloads(operation, strict=strict))
    def run(payload: JSON) -> None:
        found.append(payload)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "generate", counted)
        run()
    return Drawn(tuple(found), len(refused))


@cache
def generated(id: str) -> list[JSON]:
    """Generate many loose payloads without Hypothesis, which is in no hurry to try everything."""
    source = ValidPayloads.of(load().operation(id), is_strict=False)
    return [source.generate(Seeded(index)) for index in range(1500)]


def judge(operation: Operation, readings: dict[str, str] | None = None) -> Validator:
    return Validator(operation.schema, operation.rules, rule_levels(operation, readings))


@pytest.mark.parametrize("operation", sampled(named(EVERY), 3))
def test_a_strict_payload_draws_no_warning(operation: Operation) -> None:
    judged = judge(operation)
    broken = [payload for payload in drawn(operation.id, strict=True).payloads if judged.violations(payload)]
    assert broken == []


@pytest.mark.parametrize("operation", sampled(named(EVERY), 3))
def test_a_loose_payload_draws_no_error(operation: Operation) -> None:
    judged = judge(operation)
    found = [each for payload in drawn(operation.id, strict=False).payloads for each in judged.violations(payload)]
    assert {each.rule.id for each in found if each.level == "error"} == set()


@pytest.mark.parametrize("operation", sampled(named(CREATES), 1))
def test_loose_payloads_draw_each_warning(operation: Operation) -> None:
    judged, missing = judge(operation), {id for id, level in rule_levels(operation, None).items() if level == "warning"}
    # A picture of too many bytes makes a payload of megabytes, so none is drawn unless it is asked for.
    missing -= {id for id in missing if id.endswith("x-image-bytes")}
    for payload in generated(operation.id) if missing else ():
        missing -= {each.rule.id for each in judged.violations(payload)}
        if not missing:
            return
    assert missing == set()


@pytest.mark.parametrize("operation", sampled(named(EVERY), 3))
@pytest.mark.parametrize("strict", [True, False])
def test_few_draws_are_rejected(operation: Operation, strict: bool) -> None:
    run = drawn(operation.id, strict=strict)
    assert run.refused < 0.05 * len(run.payloads)


def at(payload: JSON, steps: Sequence[str]) -> Iterator[JSON]:
    """Yield what a payload holds in a field, ``image_list[].image``."""
    if not steps:
        yield payload
    elif steps[0] == "[]":
        yield from (found for item in payload for found in at(item, steps[1:]))
    elif isinstance(payload, dict) and steps[0] in payload:
        yield from at(payload[steps[0]], steps[1:])


def steps(field: str) -> list[str]:
    return [step for step in field.replace("[]", ".[]").split(".") if step]


def can_be(operation: Operation, rule: Rule, edge: JSON) -> bool:
    """Tell whether rules across fields leave a listed value any room, and whether a length is all that a text needs."""
    place = place_of(rule)
    if rule.keyword.endswith("Length"):
        return {"pattern", "x-base64"}.isdisjoint(schema_at(operation.schema, place))
    exact = {"minItems": edge, "maxItems": edge} if rule.keyword.endswith("Items") else {"const": edge}
    goal = normal_form(lifted(exact, place))
    return Solver(ValidPayloads.of(operation, is_strict=False).schema).find(goal, Random(0)) is not None


EDGES: dict[str, tuple[Callable[[Any], JSON], Callable[[Any], list[JSON]]]] = {
    "enum": (lambda value: value, list),
    "minimum": (lambda value: value, lambda limit: [limit]),
    "maximum": (lambda value: value, lambda limit: [limit]),
    "minLength": (len, lambda limit: [limit]),
    "maxLength": (len, lambda limit: [limit, max(limit - 1, 0)]),
    "minItems": (len, lambda limit: [limit]),
    "maxItems": (len, lambda limit: [limit]),
}
"""What is measured of a value, and how much of it lies at the edge of a keyword."""


NEVER_DRAWN = {"maxLength": 5000, "maxItems": 50}
"""Longer texts and lists are not drawn: a payload would be slow to make, to send and to read."""

MOST_DRAWS = 9000
"""The fields of some old models are seldom there: one payload in a thousand has a zoom."""


def edges(operation: Operation) -> Iterator[tuple[Rule, JSON]]:
    for rule in operation.rules:
        if rule.keyword in EDGES and (rule.keyword == "enum" or rule.value <= NEVER_DRAWN.get(rule.keyword, math.inf)):
            yield from ((rule, edge) for edge in EDGES[rule.keyword][1](rule.value))


def unreached(edges: Iterable[tuple[Rule, JSON]], payloads: Iterable[JSON]) -> Iterator[tuple[Rule, JSON]]:
    """Yield the edges that no value of some payloads has."""
    for rule, of_one in groupby(edges, key=lambda edge: edge[0]):
        measure, _ = EDGES[rule.keyword]
        values = (value for payload in payloads for value in at(payload, steps(rule.field)))
        reached = {json.dumps(measure(value)) for value in values}
        yield from ((rule, edge) for _, edge in of_one if json.dumps(edge) not in reached)


@pytest.mark.parametrize("operation", sampled(named(EVERY), 3))
def test_each_edge_of_each_keyword_is_reached(operation: Operation) -> None:
    source = ValidPayloads.of(operation, is_strict=False)
    left = [*unreached(edges(operation), generated(operation.id))]
    left = [(rule, edge) for rule, edge in left if can_be(operation, rule, edge)]
    for start in range(1500, MOST_DRAWS, 500) if left else ():
        left = [*unreached(left, [source.generate(Seeded(index)) for index in range(start, start + 500)])]
    assert [(rule.id, edge) for rule, edge in left] == []


def kinds(payload: Payload, name: str, key: str) -> list[JSON]:
    return [item.get(key) for item in payload.get(name, [])]


def references(payload: Payload) -> int:
    return len(payload.get("image_list", [])) + len(payload.get("element_list", []))


VIDEO_BRANCHES: dict[str, Callable[[Payload], object]] = {
    "text only": lambda it: references(it) == 0 and not it.get("video_list") and not it.get("multi_shot"),
    "first frame": lambda it: kinds(it, "image_list", "type") == ["first_frame"],
    "first and last frame": lambda it: {"first_frame", "end_frame"} <= {*kinds(it, "image_list", "type")},
    "images": lambda it: kinds(it, "image_list", "type").count(None) > 1,
    "elements": lambda it: it.get("element_list"),
    "seven references": lambda it: references(it) == 7,
    "four references beside a video": lambda it: it.get("video_list") and references(it) == 4,
    "base video": lambda it: kinds(it, "video_list", "refer_type") in (["base"], [None]),
    "feature video": lambda it: kinds(it, "video_list", "refer_type") == ["feature"],
    "shots in the prompt": lambda it: it.get("shot_type") == "intelligence",
    "shots of their own": lambda it: it.get("shot_type") == "customize",
    "six shots": lambda it: len(it.get("multi_prompt", [])) == 6,
    "shots with a feature video": lambda it: it.get("multi_shot") and it.get("video_list"),
    "kling-video-o1": lambda it: it.get("model_name") == "kling-video-o1",
    "kling-v3-omni": lambda it: it.get("model_name") == "kling-v3-omni",
    "the model left out": lambda it: "model_name" not in it,
    "4k": lambda it: it.get("mode") == "4k",
    "sound": lambda it: it.get("sound") == "on",
    "an image named": lambda it: "<<<image_" in it.get("prompt", ""),
    "an element named": lambda it: "<<<element_" in it.get("prompt", ""),
    "a video named": lambda it: "<<<video_" in it.get("prompt", ""),
    "an image named in a shot": lambda it: any("<<<" in text for text in kinds(it, "multi_prompt", "prompt")),
    "a picture as Base64": lambda it: any(map(picture_size, kinds(it, "image_list", "image_url"))),
}

IMAGE_BRANCHES: dict[str, Callable[[Payload], object]] = {
    "text only": lambda it: references(it) == 0,
    "a series": lambda it: it.get("result_type") == "series",
    "as many as it likes": lambda it: it.get("series_amount") == "auto",
    "ten references": lambda it: references(it) == 10,
    "kling-image-o1": lambda it: it.get("model_name") == "kling-image-o1",
    "kling-v3-omni": lambda it: it.get("model_name") == "kling-v3-omni",
    "4k": lambda it: it.get("resolution") == "4k",
    "the ratio of what is sent": lambda it: it.get("aspect_ratio") == "auto",
    "an image named": lambda it: "<<<image_" in it["prompt"],
    "an element named": lambda it: "<<<element_" in it["prompt"],
    "a picture as Base64": lambda it: any(map(picture_size, kinds(it, "image_list", "image"))),
}

WAYS = {"kling/omni-video.create": VIDEO_BRANCHES, "kling/omni-image.create": IMAGE_BRANCHES}


@pytest.mark.parametrize(("id", "way"), [(id, way) for id, ways in WAYS.items() for way in ways])
def test_each_way_through_the_contract_is_taken(id: str, way: str) -> None:
    """By either source of choices: what Hypothesis draws comes in clusters, and a seed may miss a rare way."""
    assert any(map(WAYS[id][way], generated(id))) or drawn(id, strict=True).having(WAYS[id][way])


@pytest.mark.parametrize("operation", sampled(named(CREATES), 1))
def test_the_prompts_have_characters_of_every_plane(operation: Operation) -> None:
    prompt = operation.task["prompt"]
    letters = {
        letter for payload in generated(operation.id) for text in places.values(prompt, payload) for letter in text
    }
    assert {ord(letter) >> 16 for letter in letters} == {*range(17)}
    assert not any(0xD800 <= ord(letter) < 0xE000 for letter in letters)
    assert len(letters) > 100


@pytest.mark.parametrize("operation", sampled(named(CREATES), 1))
def test_most_payloads_differ(operation: Operation) -> None:
    """Of an operation with four fields, of which three have a few values, one in three is drawn twice."""
    source = ValidPayloads.of(operation, is_strict=True)
    different = {json.dumps(source.generate(Seeded(index))) for index in range(300)}
    assert len(different) > (285 if len(operation.schema["properties"]) > 5 else 200)


SHRUNK: list[Any] = [
    ("kling/omni-image", lambda it: True, {"prompt"}),
    ("kling/omni-video", lambda it: True, {"prompt", "aspect_ratio"}),
    ("kling/omni-video", lambda it: it.get("mode") == "4k", {"model_name", "prompt", "mode", "aspect_ratio"}),
    ("kling/omni-video", lambda it: references(it) == 7, {"prompt", "image_list", "element_list", "aspect_ratio"}),
    (
        "kling/omni-video",
        lambda it: len(it.get("multi_prompt", [])) > 1,
        {"model_name", "multi_shot", "shot_type", "prompt", "multi_prompt", "aspect_ratio"},
    ),
    ("kling/omni-image", lambda it: "<<<image_2>>>" in it["prompt"], {"prompt", "image_list"}),
    ("useapi/omni-image", lambda it: it.get("imageCount") == 9, {"prompt", "imageCount"}),
    ("kling/omni-video.list", lambda it: it.get("pageSize", 0) > 30, {"pageSize"}),
]


@pytest.mark.parametrize(("id", "condition", "fields"), SHRUNK)
def test_a_payload_shrinks_to_few_fields_with_the_values_of_the_contract(
    id: str, condition: Callable[[Payload], bool], fields: set[str]
) -> None:
    operation = load().operation(id)
    phases = (Phase.generate, Phase.shrink)
    run = settings(max_examples=2000, derandomize=True, database=None, phases=phases)
    found = find(valid_payloads(operation, strict=True), condition, settings=run)
    assert len(found) <= len(fields)
    prompts = {text for example in operation.schema["examples"] if (text := example.get("prompt"))}
    assert "prompt" not in found or any(found["prompt"].startswith(text) for text in prompts)


def other_readings() -> list[Any]:
    """Each reading that gives a rule of an operation another level than the default does."""
    return [
        pytest.param(
            operation, {f"{service.id}/{question.id}": reading.id}, id=f"{operation.id}-{question.id}={reading.id}"
        )
        for service in load().services.values()
        for question in service.questions.values()
        for reading in question.readings.values()
        for operation in service.operations.values()
        if {rule.id for rule in operation.rules} & reading.levels.keys()
        if reading.id != question.default
    ]


@pytest.mark.torture
@pytest.mark.parametrize(("operation", "readings"), other_readings())
def test_payloads_are_valid_under_each_reading(operation: Operation, readings: dict[str, str]) -> None:
    judged = judge(operation, readings)
    for is_strict in (True, False):
        source = ValidPayloads.of(operation, readings, is_strict=is_strict)
        found = [source.generate(Seeded(index)) for index in range(40)]
        broken = [each.rule.id for payload in found for each in judged.violations(payload) if each.level == "error"]
        assert (found.count(None), broken) == (0, [])


def test_a_reading_can_allow_what_the_default_refuses() -> None:
    image = load().operation("kling/omni-image")
    allowed = ValidPayloads.of(image, {"o1-abilities": "accepted"}, is_strict=False)
    four_k = {"model_name": "kling-image-o1", "prompt": "A cat", "resolution": "4k"}
    assert allowed.is_valid(four_k)
    assert not ValidPayloads.of(image, is_strict=False).is_valid(four_k)


def test_an_operation_without_a_payload_has_no_strategy() -> None:
    with pytest.raises(NothingToSend, match=r"kling/omni-image\.get takes no payload"):
        valid_payloads(load().operation("kling/omni-image.get"))


@pytest.mark.parametrize("function", [valid_payloads, invalid_payloads], ids=lambda function: function.__name__)
def test_the_example_of_a_docstring_runs(function: Callable[..., Any]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", inspect.cleandoc(function.__doc__ or ""), re.DOTALL)
    names: dict[str, Any] = {"given": given, function.__name__: function}
    exec(compile(example, "<docstring>", "exec"), names)
    (test,) = (value for name, value in names.items() if name.startswith("test_"))
    test()


def test_an_operation_may_be_given_by_its_id() -> None:
    assert repr(valid_payloads("kling/omni-image")) == repr(valid_payloads(load().operation("kling/omni-image")))
    with pytest.raises(NoSuchOperation):
        valid_payloads("kling/omni-picture")
    with pytest.raises(NoSuchOperation):
        invalid_payloads("kling/omni-picture")


def test_an_unknown_reading_is_refused() -> None:
    with pytest.raises(NoSuchReading, match="did you mean 'missing-task'"):
        valid_payloads(load().operation("kling/omni-image"), readings={"missing-tusk": "400-1201"})
