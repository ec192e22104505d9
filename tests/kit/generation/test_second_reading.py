"""Payloads are what they should be by an independent reading of the schemas, and the two readings agree on any payload.

What breaks a rule breaks it and no other: also no rule across fields beside a wrong type.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from random import Random
from zlib import crc32

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from mockserver.cli import main
from mockserver.contract.catalog import load
from mockserver.contract.keywords import KEYWORDS
from mockserver.contract.rules import Rule
from mockserver.contract.validation import Validator, fast_validator
from mockserver.contract.vectors import picture
from mockserver.kit.examples import examples
from mockserver.kit.generation.choices import Seeded
from mockserver.kit.generation.invalid import InvalidPayloads, NeverAlone
from mockserver.kit.generation.schema_edits import without_rules
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.types import JSON
from tests.support.schemas import different
from tests.support.second_reading import OWN, SecondRule, broken_rules, rules_of

EVERY = {
    each.id: each
    for each in different(
        each for service in load().services.values() for each in service.operations.values() if each.rules
    )
}

EDITS = 40
"""Payloads of each operation that are changed at random in one test."""


def rules(id: str, *, heavy: bool) -> list[Rule]:
    """Return the rules that count by default; what breaks a heavy one has megabytes."""
    return [rule for rule in InvalidPayloads.of(EVERY[id]).rules if heavy or rule.keyword != "x-image-bytes"]


@pytest.mark.parametrize("id", EVERY)
def test_both_readings_know_the_same_rules(id: str) -> None:
    assert [(rule.id, rule.level) for rule in rules_of(id)] == [(rule.id, rule.level) for rule in EVERY[id].rules]


@pytest.mark.parametrize("id", EVERY)
def test_what_breaks_a_rule_breaks_no_other(id: str) -> None:
    for rule in rules(id, heavy=False):
        for payload in examples(EVERY[id], count=2, break_rule=rule.id):
            assert (rule.id, broken_rules(id, payload)) == (rule.id, {rule.id}), json.dumps(payload)


def printed(*words: str) -> Iterator[JSON]:
    result = CliRunner().invoke(main, ("example", *words))
    assert (result.exit_code, result.stderr) == (0, "")
    return map(json.loads, result.stdout.splitlines())


@pytest.mark.torture
@pytest.mark.parametrize(
    ("id", "rule"), [pytest.param(id, rule.id, id=f"{id}:{rule.id}") for id in EVERY for rule in rules(id, heavy=True)]
)
def test_what_the_command_prints_to_break_a_rule_breaks_no_other(id: str, rule: str) -> None:
    count = "1" if rule.endswith("x-image-bytes") else "2"  # it has megabytes
    for payload in printed(id, "--break", rule, "--seed", "1", "--count", count):
        assert broken_rules(id, payload) == {rule}, json.dumps(payload)[:2000]


def readings_with_levels() -> list[tuple[str, str]]:
    """Return each operation with each reading that gives its rules other levels than the default does."""
    return [
        (operation.id, f"{service.id}/{question.id}={reading.id}")
        for service in load().services.values()
        for question in service.questions.values()
        for reading in question.readings.values()
        for operation in service.operations.values()
        if operation.id in EVERY
        and reading.id != question.default
        and {rule.id for rule in operation.rules} & reading.levels.keys()
    ]


def of_a_reading(source: InvalidPayloads, reading: str) -> list[Rule]:
    """Return the rules whose level a reading changes, and of all others a third, which is another for the next reading.

    What breaks a rule is searched for as long under a reading as under the default, and there are hundreds of rules.
    """
    service, _, answer = reading.partition("/")
    question, _, chosen = answer.partition("=")
    changed = load().services[service].questions[question].readings[chosen].levels
    light = [rule for rule in source.rules if rule.keyword != "x-image-bytes"]
    first = crc32(reading.encode())
    return [rule for place, rule in enumerate(light, first) if rule.id in changed or place % 3 == 0]


@pytest.mark.torture
@pytest.mark.parametrize(("id", "reading"), readings_with_levels())
def test_what_breaks_a_rule_breaks_no_other_under_each_reading(id: str, reading: str) -> None:
    """A rule that is never broken alone says with which other one it is broken."""
    question, _, chosen = reading.partition("=")
    source = InvalidPayloads.of(EVERY[id], {question: chosen})
    counted, never = frozenset(rule.id for rule in source.rules), dict[str, Rule | None]()
    for rule in of_a_reading(source, reading):
        try:
            found = [source.simplest(rule), source.generate(rule, Seeded(rule.id))]
        except NeverAlone as error:
            never[rule.id] = error.beside
            continue
        for each in found:
            assert each is not None
            assert broken_rules(id, each.payload, woken=counted) & counted == {rule.id}
    assert None not in never.values()


def test_a_rule_that_is_never_broken_alone_says_with_which_other_it_is_broken() -> None:
    words = ("example", "useapi/omni-image", "--break", "element_1.type", "--reading", "edition=2025")
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "no payload breaks 'element_1.type' alone" in line
    assert line.endswith("What breaks it breaks 'fields-of-2026', too")


@cache
def judge(id: str) -> Validator:
    return Validator(EVERY[id].schema, EVERY[id].rules, {})


@cache
def accepts(id: str) -> object:
    """Compile the rules whose level is ``error``, in the way in which generated payloads are checked."""
    lenient = [rule for rule in EVERY[id].rules if rule.level != "error"]
    return fast_validator(without_rules(EVERY[id].schema, lenient))


def refused(id: str, payload: JSON) -> set[str]:
    """Return the rules of level ``error`` that a payload breaks by the second reading."""
    levels = {rule.id: rule.level for rule in rules_of(id)}
    return {rule for rule in broken_rules(id, payload) if levels[rule] == "error"}


@pytest.mark.parametrize("id", EVERY)
def test_a_valid_payload_is_valid_by_the_second_reading(id: str) -> None:
    for strict in (True, False):
        source = ValidPayloads.of(EVERY[id], is_strict=strict)
        for payload in (source.generate(Seeded(index)) for index in range(30)):
            assert payload is not None
            assert (broken_rules(id, payload) if strict else refused(id, payload)) == set(), json.dumps(payload)


def changed(payload: JSON, chance: Random, id: str) -> JSON:
    """Return a payload with one or two values changed, taken away, repeated or added, wherever they are."""
    payload = copy.deepcopy(payload)
    for _ in range(chance.randrange(1, 3)):
        holders = [*_holders(payload)]
        if not holders:
            return payload
        holder = chance.choice(holders)
        keys = [*holder] if isinstance(holder, dict) else [*range(len(holder))]
        key = chance.choice(keys) if keys else None
        action = chance.randrange(4)
        if action == 0 and key is not None:
            del holder[key]
        elif action == 1 and isinstance(holder, list) and holder:
            holder.extend(copy.deepcopy(holder) * chance.randrange(1, 4))
        elif action == 2 and isinstance(holder, dict):
            name = chance.choice([*EVERY[id].schema["properties"], "type", "no_such_field"])
            holder[name] = copy.deepcopy(chance.choice(_values(id)))
        elif key is not None:
            holder[key] = copy.deepcopy(chance.choice(_values(id)))
    return payload


def _holders(value: JSON) -> Iterator[JSON]:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


@cache
def _values(id: str) -> list[JSON]:
    """Return values of all fields of an operation, and some of every type."""
    found: list[JSON] = [
        None,
        True,
        False,
        0,
        1,
        5.0,
        2.5,
        -1,
        "",
        " ",
        "x",
        "5",
        [],
        {},
        [1],
        "YWJj",
        "ab=c",
        2**63,
        1e300,
    ]
    source = ValidPayloads.of(EVERY[id], is_strict=False)
    for payload in (source.generate(Seeded(index)) for index in range(40)):
        for holder in _holders(payload):
            found.extend(holder.values() if isinstance(holder, dict) else holder)
    return found


def starts(id: str) -> Iterator[JSON]:
    """Yield payloads to change: valid ones, and what breaks each rule."""
    source, chance = ValidPayloads.of(EVERY[id], is_strict=False), Random(id)
    broken = [InvalidPayloads.of(EVERY[id]).simplest(rule).payload for rule in rules(id, heavy=False)]
    for index in range(EDITS):
        yield chance.choice(broken) if index % 3 == 0 else source.generate(Seeded(index))


@pytest.mark.parametrize("id", EVERY)
def test_both_readings_say_the_same_of_any_payload(id: str) -> None:
    chance, is_accepted = Random(id), accepts(id)
    for start in starts(id):
        payload = changed(start, chance, id)
        told = json.dumps(payload)[:3000]
        assert is_accepted(payload) is not bool(refused(id, payload)), told  # type: ignore[operator] # a function
        ours = {each.rule.id for each in judge(id).violations(payload)}
        second = broken_rules(id, payload)
        assert ours <= second, told
        assert second - ours <= {each.rule.id for each in judge(id).unjudged(payload)} | across(id, payload), told


def across(id: str, payload: JSON) -> set[str]:
    """Return the rules across fields where there are no fields: that the body is of a wrong type says it all."""
    return {rule.id for rule in rules_of(id) if rule.is_across} if not isinstance(payload, dict) else set()


SIDES = st.sampled_from([(300, 300), (299, 300), (300, 120), (300, 119), (120, 300), (750, 300), (751, 300)])
PICTURES = st.sampled_from(["", "no Base64", "YWJj", "https://example.com/1.png"]) | st.builds(
    lambda sides, kind, cut: picture(*sides, kind)[: -4 * cut or None],
    SIDES,
    st.sampled_from(["PNG", "JPEG", "GIF", "BMP"]),
    st.sampled_from([0, 0, 0, 20]),
)
"""Pictures of several formats and sides, some of them cut off."""

IDS = st.integers(-(2**64), 2**64)
REFERENCES = {
    "in": ["text", "list[kind=a].text"],
    "to": {"<<<image_%>>>": "items", "@image_%": "image_%", "$*": "list[].id"},
}
SHOTS = {"in": "list[kind=a].text", "equals": "film.total", "default": 5, "most": 2, "words": 3}
SHOT_PIECES = st.sampled_from(["shot 1, 2, x;", "shot 2, 3, y;", "shot 3, 5, ;", "shot 1,5,", ";", " ", "abcd", "0"])
SUM = {"of": "items[].part", "equals": "total", "default": "5"}
PARTS = st.sampled_from([0, 1, 2, 5, 5.0, 2.5, "1", "2", "05", "-1", "1e1", "1234567890", "", True, None])
ITEMS = st.lists(st.fixed_dictionaries({}, optional={"part": PARTS}) | st.just(7), max_size=3)
PIECES = st.sampled_from(["<<<image_", "@image_", ">>>", "0", "1", "2", "12345", " ", "_", "<", "$", "cat", "-"])
LISTED = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "kind": st.sampled_from(["a", "b", 1]),
            "text": st.lists(PIECES, max_size=4).map("".join) | st.lists(SHOT_PIECES, max_size=4).map("".join),
            "id": st.sampled_from(["cat", "ca", "", 0, "_", None]),
        },
    )
    | st.just(7),
    max_size=3,
)
GROWN = st.sampled_from([0, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.0, 2.5, -0.5, "1", None, True]) | st.floats(0, 2)
ARGUMENTS: dict[str, tuple[JSON, st.SearchStrategy[JSON]]] = {
    "x-references": (
        REFERENCES,
        st.fixed_dictionaries(
            {"text": st.lists(PIECES, max_size=6).map("".join)},
            optional={
                "items": ITEMS,
                "list": LISTED,
                "image_1": st.sampled_from(["x", "", 0, [], 7]),
                "image_2": st.just("x"),
            },
        ),
    ),
    "x-total-items": (
        {"lists": ["items", "others"], "max": 3},
        st.fixed_dictionaries({}, optional={"items": ITEMS, "others": ITEMS | st.just("text")}),
    ),
    "x-sum-equals": (SUM, st.fixed_dictionaries({}, optional={"items": ITEMS, "total": PARTS})),
    "x-unique": ("list[].id", st.fixed_dictionaries({}, optional={"list": LISTED})),
    "x-shots": (
        SHOTS,
        st.fixed_dictionaries(
            {}, optional={"list": LISTED, "film": st.fixed_dictionaries({}, optional={"total": PARTS}) | st.just(7)}
        ),
    ),
    "x-ascending": (["a", "b"], st.fixed_dictionaries({}, optional=dict.fromkeys("abc", GROWN))),
    "x-grown-area": (
        {"height": ["a", "b"], "width": ["c", "d"], "each": 2, "times": 3},
        st.fixed_dictionaries({}, optional=dict.fromkeys("abcd", GROWN)),
    ),
    "x-one-nonzero": (
        ["total", "items", "text"],
        st.fixed_dictionaries({}, optional={"total": PARTS, "items": PARTS, "text": PARTS}),
    ),
    "x-utf16-length": (4, st.text(st.sampled_from("x\U0001f600"), max_size=6)),
    "x-int64": (
        True,
        st.integers(-(2**64), 2**64) | st.integers(-(2**64), 2**64).map(str) | st.floats(allow_nan=False),
    ),
    "x-base64": (True, st.text(st.sampled_from("AZaz09+/=\n -_\u00e9"), max_size=9)),
    "x-image-format": (["PNG", "JPEG"], PICTURES),
    "x-image-bytes": (300, PICTURES),
    "x-image-side": (300, PICTURES),
    "x-image-ratio": ([0.4, 2.5], PICTURES),
}


def test_each_keyword_of_ours_is_compared() -> None:
    assert ARGUMENTS.keys() == OWN.keys() == KEYWORDS.keys()


@pytest.mark.parametrize("keyword", ARGUMENTS)
@given(data=st.data())
def test_both_readings_of_a_keyword_agree(keyword: str, data: st.DataObject) -> None:
    argument, values = ARGUMENTS[keyword]
    value = data.draw(values)
    assert OWN[keyword][1](argument, value) is not any(KEYWORDS[keyword](argument, value))


@pytest.mark.parametrize("id", EVERY)
def test_a_rule_across_fields_is_about_objects(id: str) -> None:
    """In a plain reading ``"not": {"required": …}`` would be broken by a list, too."""
    found: list[SecondRule] = [rule for rule in rules_of(id) if rule.is_across]
    bodies: list[JSON] = [[], "text", None, 5, True]
    for payload in bodies:
        assert [rule.id for rule in found if not rule.is_kept_by(payload)] == []
