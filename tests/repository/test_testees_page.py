"""docs/testees.md is true."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

from mockserver.commands.judging.client import client
from mockserver.kit.client import traffic
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.scenarios import SCENARIOS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testees.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z0-9-]+)`( \*)? \| (\w+) (\w+) \| (.+) \| (.+) \|$", re.MULTILINE)
ROWS = {row[0]: row for row in ROW.findall(PAGE)}
SCHEMA = json.loads((ROOT / "schemas" / "testee.json").read_text(encoding="utf-8"))


def test_the_page_lists_the_checks_and_no_others() -> None:
    assert list(ROWS) == list(CHECKS)


@pytest.mark.parametrize("id", CHECKS)
def test_a_row_says_what_the_check_says(id: str) -> None:
    check = CHECKS[id]
    star = " *" if id in {*traffic.OF_ALL, *traffic.OF_RESULTS, *traffic.OF_A_JOB, *traffic.IN_TIME} else ""
    assert ROWS[id] == (id, star, check.family, check.severity, check.documented, check.why)


def test_the_page_lists_the_scenarios_and_says_what_happens_in_each() -> None:
    assert re.findall(r"^\| `([a-z0-9][a-z0-9-]*)` \| ([^|]+) \|$", PAGE, re.MULTILINE) == [
        (scenario.id, scenario.description) for scenario in SCENARIOS.values()
    ]


@pytest.mark.parametrize("page", [PAGE, README], ids=["docs/testees.md", "README.md"])
@pytest.mark.parametrize(("arrow", "kind"), [("→", "request"), ("←", "answer")])
def test_the_lines_on_a_page_are_lines_of_the_protocol(page: str, arrow: str, kind: str) -> None:
    form = jsonschema_rs.validator_for({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]})
    lines = re.findall(rf"^{arrow} (.+)$", page, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        form.validate(json.loads(line))


def test_the_page_names_every_option_and_every_outcome() -> None:
    options = {word for param in client.params for word in param.opts if word.startswith("--")}
    assert {option for option in options if f"`{option}" not in PAGE} == set()
    outcomes = {
        each["properties"]["outcome"]["const"]
        for each in SCHEMA["$defs"]["answer"]["oneOf"]
        if "outcome" in each["properties"]
    }
    assert {outcome for outcome in outcomes if f"| `{outcome}` |" not in PAGE} == set()
