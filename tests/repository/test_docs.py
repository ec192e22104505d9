"""The documents: short, true of what is there, and run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import mockserver
from mockserver.adapters.testing.live import live
from mockserver.cli import main
from mockserver.contract.catalog import load
from mockserver.contract.validation import Validator
from tests.mutants.clients.registry import MUTANTS as CLIENTS
from tests.mutants.servers.registry import MUTANTS as SERVERS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "schemas" / "README.md"])


def test_the_readme_has_at_most_150_lines() -> None:
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_link_to_a_file_leads_to_one(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (document.parent / target).exists(), target


def test_no_document_says_that_an_index_has_us() -> None:
    for place in [*ROOT.glob("examples/*/*.py"), *ROOT.glob("contract_tests/*.md"), *DOCUMENTS]:
        assert re.findall(r"pip install [^\n]*kling-mockserver\b", place.read_text(encoding="utf-8")) == [], place


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


@pytest.mark.skipif(shutil.which("curl") is None, reason="the session is curl's")
def test_the_session_in_the_readme_is_what_the_fake_says() -> None:
    session = README.partition("```console\n")[2].partition("```")[0]
    steps = re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert len(steps) == 3
    with live(pace="instant") as running:
        for command, shown in steps:
            asked = command.replace("curl", "curl -s", 1).replace("localhost:8080", running.url.removeprefix("http://"))
            found = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True).stdout
            assert _form(found.replace("\r", "")) == _form(shown.replace("\r", "")), command


def _form(answer: str) -> Any:
    """Reduce an answer to what is the same each time: its header lines, its body with ids and times by type."""
    head, _, body = answer.strip().rpartition("\n")
    return [line for line in head.splitlines() if line and not line.startswith("date:")], _typed(json.loads(body))


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: type(item).__name__
            if name in ("request_id", "task_id", "created_at", "updated_at", "url")
            else _typed(item)
            for name, item in value.items()
        }
    return [_typed(item) for item in value] if isinstance(value, list) else value


def test_the_readme_counts_the_mutants_that_there_are() -> None:
    (least_servers,), (least_clients,) = (
        re.findall(rf"`make {target}`\s(?:runs\s)?more\sthan\s(\d+)", README)
        for target in ("mutants", "client-mutants")
    )
    assert int(least_servers) < len(SERVERS) < int(least_servers) * 1.2
    assert int(least_clients) < len(CLIENTS) < int(least_clients) * 1.2


BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_fake_in_the_readme_runs() -> None:
    code = BLOCKS[0]
    client = (
        "import httpx\n"
        "    for _ in range(2):\n"
        "        httpx.post(f'{running.url}/v1/images/omni-image', json={'prompt': 'A cat'},"
        " headers={'authorization': 'Bearer token-of-this-test'})"
    )
    exec(compile(code.replace("...  # your client against running.url", client), "README.md", "exec"), {})


@pytest.mark.torture
def test_the_kit_in_the_readme_runs() -> None:
    validator = Validator((operation := load().operation("kling/omni-video")).schema, operation.rules, {})
    testee = [sys.executable, str(ROOT / "examples" / "python_httpx" / "testee.py")]
    with live(pace="instant") as running:
        code = BLOCKS[1].replace("http://127.0.0.1:8080", running.url).replace('["node", "testee.js"]', repr(testee))
        code = code.replace("max_creates=20", 'only=["credentials"]').replace('["wire"]', '["content-type-is-json"]')
        names: dict[str, Any] = {"accepts": lambda payload: not validator.violations(payload)}
        exec(compile(code, "README.md", "exec"), names)
        names["test_my_validation"]()


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## ([0-9.]+)", text, re.MULTILINE)[0] == mockserver.__version__


def test_no_document_is_longer_than_its_reader_has_time() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 100
