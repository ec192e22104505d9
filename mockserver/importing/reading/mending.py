"""Mending: a text with an unquoted colon is put into quotes, which is what its writer meant.

``description: Model name Enumeration value: o1`` is no YAML, and pages that export OpenAPI write it all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mockserver.importing.reading.nodes import BadYaml, Lines, parsed
from mockserver.types import JSON

_FIELD = re.compile(r"(?P<before>\s*(?:- +)*(?:[\w$.-]+|'[^']*'|\"[^\"]*\")\s*:\s+)(?P<text>[^\s'\"|>&*!{\[#].*?)\s*\Z")
_CONTINUED = re.compile(r"\s*(?:- +)*")
_MEANT = ("mapping values are not allowed", "found character")
"""How the parser tells of a colon that is not quoted, and of a text that begins with a letter such as @."""

_MOST_BYTES = 16 << 20
"""How much is parsed in all: each line that is mended is a parse more."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A line, from 1, whose text was put into quotes, and the words of that line."""

    line: int
    words: str


def read(text: str) -> tuple[JSON, Lines, list[Mended]]:
    """Read YAML whose texts may have unquoted colons. Raises ``BadYaml``."""
    found: list[Mended] = []
    left = _MOST_BYTES
    while True:
        try:
            return (*parsed(text), found)
        except BadYaml as error:
            left -= len(text)
            if not error.fact.startswith(_MEANT):
                raise
            mended = _quoted(text.split("\n"), error.line - 1)
            if mended is None:
                raise
            text, at, words = mended
            if any(each.line == at + 1 for each in found):
                raise
            if left < 0:
                raise BadYaml(error.line, f"more than {len(found)} texts have an unquoted colon. Quote them") from error
            found.append(Mended(at + 1, words))


def _quoted(lines: list[str], at: int) -> tuple[str, int, str] | None:
    """Put the text that a line belongs to into quotes; ``None`` if it belongs to no plain text."""
    if at >= len(lines):
        return None
    start = at
    indent = _indent(lines[at])
    while (field := _FIELD.match(lines[start])) is None or (start == at and not _has_mistake(field["text"])):
        start -= 1
        while start >= 0 and (not lines[start].strip() or _indent(lines[start]) >= indent):
            start -= 1
        if start < 0 or at - start > _MOST_LINES:
            return None
    end = start + 1
    inside = _indent(lines[start])
    while end < len(lines) and end - start <= _MOST_LINES and lines[end].strip() and _indent(lines[end]) > inside:
        end += 1
    if end <= at:
        return None
    words = " ".join([field["text"], *(line.strip() for line in lines[start + 1 : end])])
    quoted = field["before"] + "'" + words.replace("'", "''") + "'"
    told = lines[at].strip()
    return "\n".join([*lines[:start], quoted, *[""] * (end - start - 1), *lines[end:]]), at, told


_MOST_LINES = 200
"""Of one text."""


def _has_mistake(text: str) -> bool:
    return ": " in text or text.endswith(":") or text[0] in "@`%"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
