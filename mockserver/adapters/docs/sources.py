"""Sources: what rules, readings and errors quote, as the table in ``schemas/README.md`` explains it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from mockserver.adapters.docs import places
from mockserver.resources import folder
from mockserver.types import value

_HEADING, _CONFIDENCE = "\n## What a source says\n", "\nConfidence:"
_ROW = re.compile(r"^\| (?P<tags>`.+`) \| (?P<what>.+) \|$", re.MULTILINE)
_DOCUMENT = re.compile(r"seed [0-9]+|[a-z ]+", re.ASCII)


@value
class Explained:
    """A group of tags, ``kling 1.1`` to ``1.6``, and what they stand for."""

    tags: str
    what: str


@value
class Quoted:
    """A part of a source: its text, and the path where it is explained; ``None`` if nobody explains it."""

    text: str
    place: str | None


def quoted(source: str) -> tuple[Quoted, ...]:
    """Take the text of a source apart, ``kling 1.2; seed 002 S2-8``: a part for each document that it names."""
    return tuple(Quoted(part, _place(part)) for part in source.split("; "))


def _place(part: str) -> str | None:
    name = document(part)
    return places.source(name) if name in explained() else None


def document(text: str) -> str:
    """Return the document that a text names first: ``kling`` for ``kling 1.2, 4.3``."""
    found = _DOCUMENT.match(text)
    return found[0].strip() if found else ""


@cache
def explained() -> Mapping[str, tuple[Explained, ...]]:
    """Return what is known of each document, in the order of the table."""
    found: dict[str, tuple[Explained, ...]] = {}
    for row in _ROW.finditer(_section()):
        name = document(row["tags"].strip("`"))
        found[name] = (*found.get(name, ()), Explained(row["tags"], row["what"]))
    return found


@cache
def confidences() -> str:
    """Return the sentence that says what the words for confidence mean."""
    return " ".join(_section().partition(_CONFIDENCE)[2].split())


def _section() -> str:
    """Return the section that explains sources."""
    text = (folder("schemas") / "README.md").read_text(encoding="utf-8")
    return text.partition(_HEADING)[2].partition("\n## ")[0]
