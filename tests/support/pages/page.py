"""A page as blocks of code, each with what the text around it says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[3]


class When(Enum):
    """When a block is run. The comment before it, which no reader sees, begins with these words, and says why."""

    NEVER = "not run"
    """What it needs is nowhere at hand: Docker, a real host that costs money, the network."""
    FRESH = "run on an empty machine"
    """It installs. .ci/run plays the page from a clone, with an empty HOME and an empty cache."""
    LONG = "run by make torture"
    """It takes long, and so does its page: ``make test`` plays the others."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code.

    * ``kind``: the word behind its fence: sh, console, python …
    * ``file``: the file that the sentence before it names: "Save this as `testee.py`:"
    * ``when`` and ``reason``: what the comment before it says
    * ``goes_on``: whether the comment says that its command goes on; the player knows the commands of ours that do
    """

    line: int
    kind: str
    text: str
    file: str | None
    when: When
    reason: str
    goes_on: bool


_GOES_ON = "<!-- in a terminal of its own -->"
_COMMENT = re.compile(r"<!-- (not run|run on an empty machine|run by make torture): (.+?) -->", re.DOTALL)
_FILE = re.compile(r"`([\w./-]+\.[a-z]+)`[^`]*:$")


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a page, in order."""
    said, comment, goes_on = "", None, False
    for token in MarkdownIt().parse(text):
        if token.type == "inline":
            said = token.content
        elif token.type == "html_block":
            comment = _COMMENT.match(token.content)
            goes_on = token.content.startswith(_GOES_ON)
        elif token.type == "fence":
            assert token.map is not None
            file = _FILE.search(said)
            when, reason = (When(comment[1]), " ".join(comment[2].split())) if comment else (When.ALWAYS, "")
            line = token.map[0] + 1
            yield Block(line, token.info, token.content, file[1] if file else None, when, reason, goes_on)
            said, comment, goes_on = "", None, False


def pages() -> list[Path]:
    """The pages that are run."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def needs(text: str) -> list[str]:
    """Return the programs that a page needs beside a shell, Python and curl: its comment says so."""
    return [program for found in re.findall(r"<!-- needs (.+?) -->", text) for program in found.split()]
