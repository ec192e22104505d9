"""CONTRIBUTING.md, followed word for word in a copy of the tree: each worked change touches only what its row names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = {
    change.strip(): re.findall(r"`([^`]+)`", files)
    for change, files in re.findall(r"^\| ([a-z][^|]+)\| (.+) \|$", PAGE, re.MULTILINE)
}
"""The files that the table names, by the change."""

CHANGES = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE))
"""The worked changes, by their headings."""

STEP = re.compile(
    r"^(?:New file|At the end of|After (?P<tick>`{1,2})(?P<anchor>.+?)(?P=tick) in) `(?P<file>[^`]+)`:\n\n"
    r"```\w+\n(?P<text>.*?)```$",
    re.DOTALL | re.MULTILINE,
)
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
            file.write_text(_edited(old, step["anchor"], step["text"]), encoding="utf-8")
        return Tree(root, frozenset(step["file"] for step in steps))

    return made


def _edited(old: str, anchor: str | None, text: str) -> str:
    if anchor is None:
        return old + text
    before, found, after = old.partition(f"{anchor}\n")
    assert found, f"there is no line that ends in {anchor!r}"
    return before + found + text + after


def _is_named(file: str, row: str) -> bool:
    return any(file == name or (name.endswith("/") and file.startswith(name)) for name in ROWS[row])


def test_every_file_and_folder_that_a_row_names_is_there() -> None:
    assert len(ROWS) >= 12
    for row, names in ROWS.items():
        assert names, row
        for name in names:
            place = re.sub(r"<\w+>", "kling", name)
            assert "/" not in name or (ROOT / place).exists() or name.startswith("x-"), f"{row}: {name}"
