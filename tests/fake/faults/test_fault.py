"""Faults: what is asked for, whom it strikes, and how often."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.fake.faults.fault import BadFault, Fault, Faults, Happening, Target
from mockserver.fake.faults.line import KINDS, fault
from mockserver.fake.stores.memory.store import Memory

SERVICES = load().services
PAGE = (Path(__file__).parents[3] / "docs" / "faults.md").read_text(encoding="utf-8")


def target(**parts: Any) -> Target:
    usual = {
        "service": "kling",
        "operation": "kling/omni-image.create",
        "account": "me",
        "path": "/v1/x",
        "payload": {},
    }
    return Target(**{**usual, **parts})


def struck(line: str, times: int, **parts: Any) -> list[bool]:
    faults = Faults(Memory(), seed=1)
    found = fault(line, SERVICES)
    faults.add(Happening(found))
    return [bool(faults.take(found.stage, target(**parts))) for _ in range(times)]


def test_a_fault_strikes_until_it_is_taken_away() -> None:
    faults = Faults(Memory())
    number = faults.add(Happening(fault("hang", SERVICES)))
    assert faults.take("answer", target())
    assert faults.remove(number)
    assert not faults.take("answer", target())
    assert not faults.remove(number)


def test_times_and_nth_count_only_what_could_have_been_struck() -> None:
    assert struck("1303 x2", 4) == [True, True, False, False]
    assert struck("1303 #2", 4) == [False, True, False, False]
    assert struck("5000 #2 on chainhub", 3) == [False, False, False]


def test_a_chance_comes_from_the_seed() -> None:
    assert struck("hang 30%", 50) == struck("hang 30%", 50)
    assert 5 < sum(struck("hang 30%", 50)) < 25
    assert sum(struck("hang 0%", 50)) == 0
    assert sum(struck("hang 100%", 50)) == 50


@pytest.mark.parametrize(
    ("line", "parts", "expected"),
    [
        ("hang on kling", {}, True),
        ("hang on chainhub", {}, False),
        ("hang on kling/omni-image.create", {}, True),
        ("hang on kling/omni-image.get", {}, False),
        ("hang on *.create", {}, True),
        ("hang on *.create", {"operation": "kling/omni-image.get"}, False),
        ("hang on kling/*", {"operation": "kling/omni-image.get"}, True),
        ("1303 on *.create", {}, True),
        ("1303 on *.create", {"service": "useapi", "operation": "useapi/omni-video.create"}, False),
        ("hang for me", {}, True),
        ("hang for you", {}, False),
        ("1303", {"service": "useapi"}, False),
    ],
)
def test_a_fault_strikes_those_who_are_named(line: str, parts: dict[str, Any], expected: bool) -> None:
    assert struck(line, 1, **parts) == [expected]


def test_a_path_may_hold_a_star_and_a_payload_need_only_hold_a_part() -> None:
    faults = Faults(Memory())
    faults.add(Happening(Fault(name="hang", stage="answer", path="/v1/images/*", where={"prompt": "*cat*"})))
    assert faults.take("answer", target(path="/v1/images/omni-image", payload={"prompt": "a cat", "n": 1}))
    assert not faults.take("answer", target(path="/v1/videos/omni-video", payload={"prompt": "a cat"}))
    assert not faults.take("answer", target(path="/v1/images/omni-image", payload={"prompt": "a dog"}))


@pytest.mark.parametrize("name", KINDS)
def test_a_fault_refuses_arguments_that_it_does_not_take(name: str) -> None:
    with pytest.raises(BadFault):
        fault(f"{name} no such words at all after", SERVICES)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("", "the fault is empty"),
        ("trunkated", "did you mean 'truncated'"),
        ("13x03", "did you mean '1303'"),
        ("hang on nowhere", "try '\\w+'.* lists all"),
        ("hang on kling/omni-image.gte", "did you mean 'kling/omni-image.get'"),
        ("hang on *.crate", "no service or operation '\\*.crate'"),
        ("hang on", "hang: nothing follows 'on'"),
        ("1303 retry-after soon", "retry-after SECONDS"),
        ("slow-body 3", "slow-body: '3' is not a duration. Write one such as 90s"),
    ],
)
def test_a_misspelt_fault_says_what_could_be_meant(line: str, hint: str) -> None:
    with pytest.raises(BadFault, match=hint):
        fault(line, SERVICES)


@given(st.text(max_size=40))
def test_any_line_is_a_fault_or_a_clear_mistake(line: str) -> None:
    try:
        found = fault(line, SERVICES)
    except BadFault:
        return
    again = fault(f"{found} for {found.account}" if found.account else str(found), SERVICES)
    assert again == found


def test_every_row_of_every_error_table_is_a_fault() -> None:
    for service in SERVICES.values():
        for row in service.errors:
            assert service.id in fault(f"{row} on {service.id}", SERVICES).services


def test_the_page_about_faults_names_such_as_there_are_by_their_stage() -> None:
    rows = re.findall(r"^\| (request|answer|task|result|callback) \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 5
    for stage, lines in rows:
        assert {fault(line, SERVICES).stage for line in re.findall("`(.+?)`", lines)} == {stage}
