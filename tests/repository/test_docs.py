"""The documents: short, and true of what is there. What they tell to do is done in test_pages.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import mockserver
from docs.building.pictures import PICTURES, shown
from mockserver.cli import main
from tests.mutants.clients.registry import MUTANTS as CLIENTS
from tests.mutants.servers.registry import MUTANTS as SERVERS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/reference/*.md"), ROOT / "schemas" / "README.md"]
)


def test_the_readme_has_at_most_150_lines() -> None:
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_link_to_a_file_leads_to_one(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (document.parent / target).exists(), target


def test_no_document_says_that_an_index_has_us() -> None:
    for place in [*ROOT.glob("examples/*/*.py"), *ROOT.glob("contract_tests/*.md"), *DOCUMENTS]:
        assert (
            re.findall(r"pip install [^\n]*kling-mockserver\b(?!\[kit\] @ git)", place.read_text(encoding="utf-8"))
            == []
        ), place


def test_each_picture_is_small_and_one_that_the_tests_of_the_dashboard_take() -> None:
    assert shown() == sorted(each.name for each in PICTURES.glob("*")) != []
    looks = (ROOT / "tests" / "browser" / "test_looks.py").read_text(encoding="utf-8")
    for name in shown():
        dashboard, view, *_ = name.split("-")
        assert (dashboard, f'"{view}": (' in looks) == ("dashboard", True), name
        assert (PICTURES / name).stat().st_size < 150_000, name


def test_each_command_the_readme_names_is_there() -> None:
    for command in re.findall(r"`mockserver ([a-z]+)", README):
        assert command in main.commands
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for target in re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE):
        assert target in targets


def test_each_option_the_documents_name_is_there() -> None:
    known = " ".join(
        CliRunner().invoke(main, [*path, "--help"]).output for path in [["serve"], *[[name] for name in main.commands]]
    )
    checks = main.commands.get("check")
    for name in getattr(checks, "commands", {}):
        known += CliRunner().invoke(main, ["check", name, "--help"]).output
    for option in set(re.findall(r"`(?:[a-z ]*)(--[a-z-]+)", README)):
        assert option in known, option


def test_the_readme_counts_the_mutants_that_there_are() -> None:
    (least_servers,), (least_clients,) = (
        re.findall(rf"`make {target}`\s(?:tries the checks on\s|on\s)more\sthan\s(\d+)", README)
        for target in ("mutants", "client-mutants")
    )
    assert int(least_servers) < len(SERVERS) < int(least_servers) * 1.2
    assert int(least_clients) < len(CLIENTS) < int(least_clients) * 1.2


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## ([0-9.]+)", text, re.MULTILINE)[0] == mockserver.__version__


def test_no_document_is_longer_than_its_reader_has_time() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 100
