"""The reference that the site generates leaves out nothing that has a name."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from docs.building.contents import contents
from docs.building.reference import FOLDER, LISTS
from docs.building.services import page
from mockserver.adapters.mcp.tools.registry import EVERYWHERE, PROGRAMS
from mockserver.cli import main
from mockserver.contract.catalog import load
from mockserver.contract.service import Service
from mockserver.fake.faults import profiles
from mockserver.fake.faults.line import KINDS
from mockserver.kit.client import traffic
from mockserver.kit.client.checks.registry import CHECKS as OF_CLIENTS
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.server.checks.registry import CHECKS as OF_SERVERS
from mockserver.resources import folder
from tests.support.pages.page import ROOT

SERVICES = load().services
CONTROL = json.loads((folder("schemas") / "control.json").read_text(encoding="utf-8"))


def commands(command: click.Command, path: str) -> list[str]:
    below = command.commands if isinstance(command, click.Group) else {}
    return [path, *(each for name in below for each in commands(below[name], f"{path} {name}"))]


NAMED = {
    "services": [f"[`{id}`]" for id in SERVICES],
    "readings": [
        f"`{reading}`" for each in SERVICES.values() for asked in each.questions.values() for reading in asked.readings
    ],
    "faults": [*(f"`{kind.name}" for kind in KINDS.values()), *(f"`{name}`" for name in profiles.known({}))],
    "checks": [f"`{id}`" for id in (*OF_CLIENTS, *OF_SERVERS, *SCENARIOS, traffic.REFUSED.id, traffic.AGAIN.id)],
    "commands": [f"## {path}\n" for path in commands(main, "mockserver")],
    "control": [
        f"{method.upper()} /_mock{path}"
        for path, each in CONTROL["paths"].items()
        for method in each
        if method != "parameters"
    ],
    "tools": [f"`{name}`" for name in (*EVERYWHERE, *PROGRAMS)],
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_all_that_it_is_about(name: str) -> None:
    text = "\n".join(LISTS[name]())
    assert [each for each in NAMED[name] if each not in text] == []


def test_commands_are_shown_with_both_words_for_help_and_keep_them() -> None:
    assert "\n".join(LISTS["commands"]()).count("-h, --help ") == len(commands(main, "mockserver"))
    assert CliRunner().invoke(main, ["-h"]).exit_code == 0


@pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))
def test_the_page_of_a_service_has_its_operations_rules_questions_and_errors(service: Service) -> None:
    text = "\n".join(page(service))
    for operation in service.operations.values():
        _, found, part = text.partition(f"### {operation.name}\n\n`{operation.method} {operation.path}`\n")
        assert found
        part = part.partition("\n##")[0]
        fields = {row.split(" | ")[0]: row for row in part.splitlines()}
        for rule in operation.every_rule:
            if rule.is_anchored:
                assert f"| `{rule.id}` |" in part
            else:
                assert rule.keyword in fields[f"| `{rule.field or '(body)'}`"], rule.id
    assert all(f"| `{id}`" in text for id in (*service.questions, *service.errors))


def test_each_list_has_its_page_and_each_page_its_place() -> None:
    pages = {each.stem for each in (ROOT / FOLDER).glob("*.md")}
    assert pages == set(LISTS)
    listed = [page for _, pages in contents((ROOT / "docs" / "index.md").read_text(encoding="utf-8")) for page in pages]
    assert len(listed) == len(set(listed))
    assert {f"docs/{each.stem}" for each in (ROOT / "docs").glob("*.md")} - {"docs/index"} <= {*listed}


def test_each_page_begins_with_what_a_reader_gets() -> None:
    for file in [*(ROOT / "docs").glob("*.md"), *(ROOT / FOLDER).glob("*.md")]:
        if file.name != "index.md":
            assert file.read_text(encoding="utf-8").split("\n\n")[1].startswith("You get"), file
