"""Payloads come from the schema alone: one that has nothing to do with Kling works as well."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.rules import rules_of
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.kit.generation.choices import Seeded, Simplest
from mockserver.kit.generation.invalid import InvalidPayloads
from mockserver.kit.generation.valid import ValidPayloads, rule_levels
from mockserver.types import JSON, Schema

ADULT = {"properties": {"age": {"minimum": 18}}, "required": ["age"]}


def rule(name: str, accept: list[JSON], reject: list[JSON], **says: JSON) -> Schema:
    return {"$anchor": name, "description": name, "x-accept": accept, "x-reject": reject, **says}


FAMILY = [{"name": name, "age": age} for name, age in (("Ann", 40), ("Bob", 9), ("Cid", 7), ("Dot", 5))]
WITH_PETS = {"properties": {"pets": {"minItems": 1}}, "required": ["pets"]}
HALF_BOARD = {"properties": {"board": {"const": "half"}}, "required": ["board"]}

BOOKING: Schema = {
    "title": "Book a room",
    "x-source": "made up",
    "x-confidence": "documented",
    "examples": [{"nights": 2, "guests": [{"name": "Ann", "age": 40}], "note": "A quiet room"}],
    "type": "object",
    "additionalProperties": False,
    "required": ["nights", "guests"],
    "properties": {
        "nights": {"type": "integer", "minimum": 1, "maximum": 400},
        "guests": {
            "type": "array",
            "minItems": 1,
            "maxItems": 5,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 40},
                    "age": {"type": "integer", "minimum": 0, "maximum": 120},
                    "nights": {"enum": [1, 2, 3, 4]},
                },
            },
        },
        "pets": {"type": "array", "items": {"enum": ["cat", "dog"]}},
        "board": {"enum": ["none", "half", "full"], "default": "none"},
        "discount": {"type": "number", "minimum": 0, "maximum": 0.5},
        "breakfast": {"type": "boolean"},
        "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]$", "x-accept": ["AB1"], "x-reject": ["ab1", "AB"]},
        "note": {"type": "string", "maxLength": 60},
        "address": {
            "type": "object",
            "additionalProperties": False,
            "required": ["city"],
            "properties": {"city": {"type": "string", "minLength": 1}, "zip": {"type": ["string", "integer"]}},
        },
    },
    "allOf": [
        rule(
            "an-adult",
            [{}],
            [{"guests": FAMILY[1:2]}],
            **{
                "if": {"properties": {"guests": {"minItems": 1}}},
                "then": {"properties": {"guests": {"contains": ADULT}}},
            },
        ),
        rule(
            "two-children",
            [{"guests": FAMILY[:3]}],
            [{"guests": FAMILY}],
            properties={"guests": {"contains": {"not": ADULT}, "minContains": 0, "maxContains": 2}},
        ),
        rule(
            "room-for-six",
            [{"pets": ["cat"] * 5}],
            [{"pets": ["cat"] * 6}],
            **{"x-total-items": {"lists": ["guests", "pets"], "max": 6}},
        ),
        rule(
            "known-guests",
            [{"note": "#1"}],
            [{"note": "#2"}],
            **{"x-references": {"in": ["note"], "to": {"#%": "guests"}}},
        ),
        rule(
            "pets-or-breakfast",
            [{"pets": ["cat"]}, {"breakfast": True}],
            [{"pets": ["cat"], "breakfast": True}, {"note": None, "board": "full"}],
            **{
                "if": WITH_PETS,
                "then": {"not": {"properties": {"breakfast": {"const": True}}, "required": ["breakfast"]}},
                "else": {"anyOf": [{"required": ["note"]}, {"properties": {"board": {"enum": ["none"]}}}]},
            },
        ),
        rule(
            "no-discount-on-board",
            [{"discount": 0.2}],
            [{"discount": 0.2, "board": "full"}],
            **{
                "not": {"required": ["discount", "board"], "properties": {"board": {"not": {"const": "none"}}}},
                "x-level": "warning",
            },
        ),
        rule(
            "nights-add-up",
            [{"nights": 3, "board": "half", "guests": [{"name": "Ann", "age": 40, "nights": 3}]}],
            [{"nights": 3, "board": "half", "guests": [{"name": "Ann", "age": 40, "nights": 2}]}],
            **{
                "if": HALF_BOARD,
                "then": {
                    "properties": {"guests": {"items": {"required": ["nights"]}}, "nights": {"maximum": 12}},
                    "x-sum-equals": {"of": "guests[].nights", "equals": "nights", "default": 1},
                },
            },
        ),
    ],
}


@cache
def booking() -> Operation:
    image = load().operation("kling/omni-image")
    id = "hotel/room.create"
    return replace(image, id=id, service="hotel", schema=BOOKING, rules=rules_of(id, BOOKING))


@cache
def generated(*, strict: bool) -> list[Any]:
    source = ValidPayloads.of(booking(), is_strict=strict)
    return [source.generate(Seeded(index)) for index in range(400)]


def judge() -> Validator:
    return Validator(BOOKING, booking().rules, {})


def test_every_keyword_of_the_closed_set_can_be_generated() -> None:
    assert None not in generated(strict=True)
    assert [payload for payload in generated(strict=True) if judge().violations(payload)] == []
    found = {each.rule.id for payload in generated(strict=False) for each in judge().violations(payload)}
    assert found == {"no-discount-on-board"}


@pytest.mark.parametrize("name", [each.id for each in rules_of("", BOOKING)])
def test_every_rule_of_any_schema_is_broken_alone(name: str) -> None:
    source = InvalidPayloads.of(booking())
    for choices in (Simplest(), Seeded(1), Seeded(2), Seeded(3), Seeded(4)):
        found = source.generate(source.rule(name), choices)
        assert found is not None
        assert {each.rule.id for each in judge().violations(found.payload)} == {name}


@pytest.mark.parametrize(
    "way",
    [
        lambda it: len(it["guests"]) == 5,
        lambda it: len(it["guests"]) + len(it.get("pets", [])) == 6,
        lambda it: it.get("board") == "half" and len(it["guests"]) > 1,
        lambda it: it.get("pets") and "breakfast" in it,
        lambda it: sum(guest["age"] < 18 for guest in it["guests"] if "age" in guest) == 2,
        lambda it: "#2" in it.get("note", ""),
        lambda it: it.get("discount") == 0.5,
        lambda it: it["nights"] == 400,
        lambda it: isinstance(it.get("address", {}).get("zip"), int),
        lambda it: isinstance(it.get("address", {}).get("zip"), str),
    ],
)
def test_every_way_through_any_schema_is_taken(way: Any) -> None:
    assert any(way(payload) for payload in generated(strict=True))


def test_the_simplest_payload_is_the_contracts_own() -> None:
    source = ValidPayloads.of(booking(), is_strict=True)
    assert source.generate(Simplest()) == {"nights": 2, "guests": [{"name": "Ann", "age": 40}]}


def test_branches_are_found_once() -> None:
    assert ValidPayloads.of(booking(), is_strict=True) is ValidPayloads.of(booking(), {}, is_strict=True)
    strict = ValidPayloads.of(booking(), is_strict=True)
    assert ValidPayloads.of(booking(), is_strict=False).branches is strict.branches


def test_a_seed_repeats_its_payloads() -> None:
    source = ValidPayloads.of(booking(), is_strict=False)
    again = ValidPayloads(booking(), rule_levels(booking(), None), is_strict=False)
    assert [again.generate(Seeded(index)) for index in range(50)] == [
        source.generate(Seeded(index)) for index in range(50)
    ]
