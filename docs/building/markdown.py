"""Markdown that is written by a program: tables, and texts that mean nothing else in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def plain(text: str) -> str:
    """Return a text so that it is shown as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Return a text as code; one with backticks in it gets longer ones around it."""
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks, space = "`" * (longest + 1), " " if longest else ""
    return f"{ticks}{space}{text}{space}{ticks}".replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; without rows there is none."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if lines:
        yield from ("| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *lines, "")


def section(heading: str, *texts: str, depth: int = 2) -> Iterator[str]:
    """Yield the lines of a heading and of the paragraphs below it."""
    for text in ("#" * depth + " " + heading, *filter(None, texts)):
        yield from (text, "")
