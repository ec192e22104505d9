"""CONTRIBUTING.md, followed word for word in a copy of the tree: each worked change touches only what its row names."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = {
    change.strip(): re.findall(r"`([^`]+)`", files)
    for change, files in re.findall(r"^\| (an? [^|]+)\| (.+) \|$", PAGE, re.MULTILINE)
}
"""The files that the table names, by the change."""

CHANGES = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE))
"""The worked changes, by their headings."""

STEP = re.compile(
    r"(?P<where>New file|At the end of|(?:Before|After) (?P<tick>`{1,2})(?P<anchor>[^\n]+?)(?P=tick) in)"
    r"\s`(?P<file>[^`]+)`:\n\n```\w+\n(?P<text>.*?)```$",
    re.DOTALL | re.MULTILINE,
)
"""A sentence that says where a block of code goes, and the block."""

IGNORED = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "node_modules", "artifacts")


@dataclass(frozen=True)
class Tree:
    """A copy of the repository, and the files that were touched in it."""

    root: Path
    touched: frozenset[str]

    def run(self, *words: str, status: int = 0) -> str:
        """Run Python in the copy; return what it printed."""
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        done = subprocess.run(
            [sys.executable, *words], cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def test(self, *words: str) -> None:
        """Run some of the copy's own tests."""
        self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *words)


@pytest.fixture
def follow(tmp_path: Path) -> Callable[[str], Tree]:
    """Return what makes a worked change in a copy of the tree, step by step."""

    def made(heading: str) -> Tree:
        root = Path(shutil.copytree(ROOT, tmp_path / "tree", ignore=IGNORED))
        steps = [*STEP.finditer(CHANGES[heading])]
        assert len(steps) == CHANGES[heading].count("```") / 2, "a block of code without a sentence that places it"
        for step in steps:
            file = root / step["file"]
            old = file.read_text(encoding="utf-8") if file.exists() else ""
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_edited(old, step["where"], step["anchor"], step["text"]), encoding="utf-8")
        return Tree(root, frozenset(step["file"] for step in steps))

    return made


def _edited(old: str, where: str, anchor: str | None, text: str) -> str:
    """Put a block where its sentence says: two empty lines part it from the code before or after it."""
    if anchor is None:
        return f"{old.rstrip()}\n\n\n{text}" if old else text
    before, found, after = old.partition(f"{anchor}\n")
    assert found, f"there is no line that ends in {anchor!r}"
    return before + found + text + after if where.startswith("After") else f"{before}{text}\n\n{found}{after}"


def _is_named(file: str, row: str) -> bool:
    names = [re.escape(name).replace("<service>", "[a-z]+") for name in ROWS[row]]
    return any(re.fullmatch(f"{name}.+" if name.endswith("/") else name, file) for name in names)


def test_every_file_and_folder_that_a_row_names_is_there() -> None:
    assert len(ROWS) >= 12
    for row, names in ROWS.items():
        assert names, row
        for name in names:
            place = re.sub(r"<\w+>", "kling", name)
            assert "/" not in name or (ROOT / place).exists(), f"{row}: {name}"


@pytest.mark.parametrize("heading", CHANGES)
def test_a_worked_change_touches_only_what_its_row_names(heading: str, follow: Callable[[str], Tree]) -> None:
    row = heading[0].lower() + heading[1:]
    assert [file for file in follow(heading).touched if not _is_named(file, row)] == []


@contextmanager
def served(tree: Tree) -> Iterator[str]:
    """Run the copy's own fake, and return its URL."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--pace", "instant"]
    environment = {**os.environ, "PYTHONPATH": str(tree.root)}
    with subprocess.Popen(command, cwd=tree.root, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().removeprefix("mockserver ready on ").strip()
        finally:
            process.terminate()


@pytest.mark.torture
def test_a_check_of_a_server_is_made_and_proved(follow: Callable[[str], Tree]) -> None:
    tree = follow("A check of a server")
    with served(tree) as url:
        check = ("-m", "mockserver", "check", "server", url, "--operation", "kling/omni-image", "--only")
        assert "1 check, 0 findings" in tree.run(*check, "query-answers-are-small")
    tree.test("tests/kit/server/test_mutants.py", "-k", "query-answers-are-small or every_check")
    tree.test("tests/kit/server/test_checks.py", "-k", "query-answers-are-small")


@pytest.mark.torture
def test_a_scenario_for_clients_is_played(follow: Callable[[str], Tree]) -> None:
    tree = follow("A scenario for clients")
    only = ("--operation", "kling/omni-image", "--only", "one-bad-poll-does-not-end-the-job")
    testee = (sys.executable, "examples/python_httpx/testee.py")
    before, after = (
        Tree(root, frozenset()).run("-m", "mockserver", "check", "client", *only, "--", *testee)
        for root in (ROOT, tree.root)
    )
    asked = [int(re.findall(r"times asked: (\d+)", told)[0]) for told in (before, after)]
    assert asked[1] == asked[0] + 1
    tree.test("tests/repository/test_testees_page.py", "tests/kit/client/test_scenarios.py")


@pytest.mark.torture
def test_a_keyword_refuses_and_is_broken_by_generated_payloads(follow: Callable[[str], Tree]) -> None:
    tree = follow("An x- keyword")
    broken = tree.run("-m", "mockserver", "example", "kling/omni-image", "--break", "prompt.x-single-line")
    assert "\n" in json.loads(broken)["prompt"]
    (tree.root / "broken.json").write_text(broken, encoding="utf-8")
    assert "has a line break" in tree.run("-m", "mockserver", "validate", "kling/omni-image", "broken.json", status=1)
    tree.test("tests/contract/test_rules.py", "tests/contract/test_keywords.py", "-k", "single-line or single_line")
    tree.test("tests/kit/generation/test_invalid.py", "-k", "kling/omni-image")


@pytest.mark.torture
def test_a_gateway_is_served_and_judged(follow: Callable[[str], Tree]) -> None:
    tree = follow("A gateway's service")
    with served(tree) as url:
        words = ("--service", "acme", "--only", "credentials", "--only", "lifecycle")
        told = tree.run("-m", "mockserver", "check", "server", url, *words)
    assert " 0 findings" in told
    tree.test("tests/contract/test_catalog.py", "tests/contract/test_soundness.py")
