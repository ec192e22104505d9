"""Defaults that a client spells out: those of the contract are no inventions, and anything else is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.evidence import Evidence
from mockserver.types import JSON, Schema
from tests.support.client_evidence import create, created, evidence

CATALOG = load()
CREATES = {
    operation.id: operation
    for service in CATALOG.services.values()
    for operation in service.operations.values()
    if operation.does == "create"
}
IMAGE = "kling/omni-image.create"


def seen(operation: str, payload: Mapping[str, JSON], sent: Mapping[str, JSON], reading: str = "") -> Evidence:
    made = create(created(), {**sent}, operation=operation)
    return replace(evidence("plain", made, payload=payload), operation=operation, reading=reading)


def told(of: Evidence) -> list[str]:
    """Return what is said of a body that should be as the payload was."""
    checks = ("payload-arrives-unchanged", "nothing-is-invented")
    return [text for id in checks for text in CHECKS[id].find(of)]


def plain(operation: Operation) -> dict[str, JSON]:
    return {**operation.schema["examples"][0]}


def spelled(operation: Operation, payload: Mapping[str, JSON]) -> Iterator[tuple[str, JSON]]:
    for name in operation.schema["properties"]:
        default = operation.default(name, payload)
        if default is not None and name not in payload:
            yield name, default


DEFAULTS = [(id, name, value) for id, each in CREATES.items() for name, value in spelled(each, plain(each))]


def test_there_are_defaults_to_spell_out() -> None:
    assert {(IMAGE, "n", 1), (IMAGE, "resolution", "1k"), (IMAGE, "result_type", "single")} <= {
        (id, name, str(value) if isinstance(value, list) else value) for id, name, value in DEFAULTS
    }
    assert len(DEFAULTS) > 15


@pytest.mark.parametrize(("id", "name", "value"), DEFAULTS)
def test_a_documented_default_is_no_invention(id: str, name: str, value: JSON) -> None:
    payload = plain(CREATES[id])
    assert told(seen(id, payload, {**payload, name: value})) == []


@pytest.mark.parametrize("id", CREATES)
def test_all_defaults_at_once_are_no_invention(id: str) -> None:
    payload = plain(CREATES[id])
    assert told(seen(id, payload, {**dict(spelled(CREATES[id], payload)), **payload})) == []


def others(schema: Schema, default: JSON) -> Iterator[JSON]:
    """Yield values that are not a default, and do not mean the same."""
    yield from (each for each in schema.get("enum", ()) if str(each) != str(default))
    yield from (None, "", [1], {}, 1.0, -7, not default, f"{default} ")


@pytest.mark.parametrize("id", CREATES)
def test_any_other_value_of_any_field_is_one(id: str) -> None:
    operation, payload = CREATES[id], plain(CREATES[id])
    own = {operation.service: CATALOG.services[operation.service].layout}[operation.service]
    for name, schema in operation.schema["properties"].items():
        if name in {*payload, own.external_id_field, own.callback_field}:
            continue
        default = operation.default(name, payload)
        for value in others(schema, default):
            if type(value) is not type(default) or value != default:
                assert told(seen(id, payload, {**payload, name: value})) == [f"the body also has {name}"], value


@pytest.mark.parametrize("extra", ["model", "cfg_scale", "client", "N"])
def test_a_field_that_no_contract_has_is_one(extra: str) -> None:
    payload = plain(CREATES[IMAGE])
    assert told(seen(IMAGE, payload, {**payload, extra: 1})) == [f"the body also has {extra}"]


def test_a_default_is_that_of_the_chosen_model() -> None:
    id, prompt = "useapi/omni-image.create", {"prompt": "A cat"}
    version = {**prompt, "omni_version": "v4"}
    assert told(seen(id, version, {**version, "resolution": "2k"})) == []
    assert told(seen(id, version, {**version, "resolution": "1k"})) == ["the body also has resolution"]
    assert told(seen(id, prompt, {**prompt, "resolution": "1k"})) == []


def test_a_default_is_that_of_the_reading_under_which_it_is_played() -> None:
    id, prompt = "useapi/omni-image.create", {"prompt": "A cat"}
    sent = {**prompt, "omni_version": "o1"}
    [question] = [
        question.id for question in CATALOG.services["useapi"].questions.values()
        if any(reading.defaults for reading in question.readings.values())
    ]  # fmt: skip
    readings = CATALOG.services["useapi"].questions[question].readings
    [reading] = [name for name, each in readings.items() if each.defaults]
    assert told(seen(id, prompt, sent, f"{question}={reading}")) == []
    assert told(seen(id, prompt, sent)) == ["the body also has omni_version"]


@pytest.mark.parametrize(
    ("given", "sent", "expected"),
    [
        ({}, {"watermark_info": {"enabled": False}}, []),
        ({}, {"watermark_info": {"enabled": True}}, ["the body also has watermark_info"]),
        ({}, {"watermark_info": {}}, ["the body also has watermark_info"]),
        ({"watermark_info": {}}, {"watermark_info": {"enabled": False}}, []),
        ({"watermark_info": {}}, {"watermark_info": {"enabled": True}}, ["watermark_info.enabled was not given"]),
        ({}, {"image_list": []}, []),
        ({}, {"image_list": None}, ["the body also has image_list"]),
    ],
)
def test_defaults_inside_of_objects_are_none_either(given: Any, sent: Any, expected: list[str]) -> None:
    payload = {"prompt": "A cat", **given}
    found = told(seen(IMAGE, payload, {**payload, **sent}))
    assert [text[: len(words)] for text, words in zip(found, expected, strict=True)] == expected


@pytest.mark.parametrize(("refer", "is_default"), [("base", True), ("feature", False)])
def test_a_default_in_an_item_of_a_list_is_none(refer: str, is_default: bool) -> None:
    id = "kling/omni-video.create"
    payload = {"prompt": "A cat", "video_list": [{"video_url": "https://example.com/cat.mp4"}]}
    sent = {**payload, "video_list": [{"video_url": "https://example.com/cat.mp4", "refer_type": refer}]}
    assert (told(seen(id, payload, sent)) == []) is is_default


@pytest.mark.parametrize(("duration", "is_default"), [("5", True), (5, True), (5.0, False), ("10", False), (10, False)])
def test_a_number_that_may_be_text_is_its_default_in_both_forms(duration: Any, is_default: bool) -> None:
    payload = {"prompt": "A cat"}
    found = told(seen("kling/omni-video.create", payload, {**payload, "duration": duration}))
    assert (found == []) is is_default


def test_a_default_that_is_spelled_out_mends_no_mistake() -> None:
    id, payload = "kling/omni-video.create", {"prompt": "", "video_list": [{"video_url": "x"}], "omni_version": []}
    sent = {**payload, "video_list": [{"video_url": "x", "refer_type": "base"}], "mode": "pro"}
    check = CHECKS["mistakes-are-not-repaired"]
    assert [*check.find(replace(seen(id, payload, sent), answer={"outcome": "error"}))] == []
    mended = {**sent, "prompt": "A cat"}
    assert len([*check.find(replace(seen(id, payload, mended), answer={"outcome": "error"}))]) == 1


@pytest.mark.parametrize("id", CREATES)
@pytest.mark.parametrize("value", [[], {}, None, 1.5, True, ["x"]])
def test_no_value_is_too_strange_for_a_default_to_depend_on(id: str, value: JSON) -> None:
    payload = dict.fromkeys(CREATES[id].schema["properties"], value)
    assert told(seen(id, payload, payload)) == []
