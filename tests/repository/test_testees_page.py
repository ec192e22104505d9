"""docs/testees.md is true."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

from mockserver.commands.judging.client import client
from tests.support.pages.page import blocks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testees.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "schemas" / "testee.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [PAGE, TUTORIAL], ids=["docs/testees.md", "docs/tutorial.md"])
def test_a_testee_has_at_most_fifteen_lines(page: str) -> None:
    (testee,) = (block.text for block in blocks(page) if block.file == "testee.py")
    assert len([line for line in testee.splitlines() if line.strip()]) <= 15


@pytest.mark.parametrize(("arrow", "kind"), [("→", "request"), ("←", "answer")])
def test_the_lines_on_the_page_are_lines_of_the_protocol(arrow: str, kind: str) -> None:
    form = jsonschema_rs.validator_for({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]})
    lines = re.findall(rf"^{arrow} (.+)$", PAGE, re.MULTILINE)
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


def test_the_testee_of_the_other_page_is_the_one_that_init_writes() -> None:
    page = (ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
    shown = [block.text for block in blocks(page) if block.file == "testee.mjs"]
    assert shown == [(ROOT / "examples" / "node_fetch" / "testee.mjs").read_text(encoding="utf-8")]
