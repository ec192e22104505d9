"""Figures: what a test has seen, kept in the folder of artifacts until the page is written."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "destruction.md"
COMMAND = "python -m tests.slow.destruction"
BEGIN, END = f"<!-- what follows is written by {COMMAND} -->", "<!-- end of what is written -->"


def folder() -> Path:
    """Return the folder of the figures."""
    return ROOT / os.environ.get("ARTIFACTS", "artifacts") / "destruction"


def note(subject: str, seen: str) -> None:
    """Keep what a test of a subject has seen, in a sentence, and print it."""
    print(f"\n{subject}: {seen}")  # noqa: T201 - the figures are what these tests are for
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / f"{subject}.json").write_text(json.dumps({"subject": subject, "seen": seen}), encoding="utf-8")


def block() -> str:
    """Return all figures as Markdown."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder().glob("*.json"))]
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    rows = [f"| {each['subject']} | {each['seen']} |" for each in found]
    return "\n".join([f"Seen on {machine}.", "", "| what | what was seen |", "|---|---|", *rows])


def updated(text: str, written: str) -> str:
    """Return a page with other figures."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{written}\n\n{END}{rest.partition(END)[2]}"
