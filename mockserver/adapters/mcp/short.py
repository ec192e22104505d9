"""Short answers: whatever a fake has to tell, an assistant reads a page of it at most."""

from __future__ import annotations

import json

from mockserver.kit.reports.text import visible
from mockserver.types import JSON

ROOM_LETTERS = 6_000
"""The longest JSON in an answer, some 2000 tokens: assistants cut what is several times as long, or refuse it."""

MOST_ITEMS = 100
"""Items of a list in an answer, at most."""

_LIMITS = ((ROOM_LETTERS, MOST_ITEMS), (2_000, 50), (500, 20), (120, 8), (40, 3))
"""Letters of a text and items of a list that are shown; the first that leave the whole short enough count."""

_DEEPEST_LEVELS = 20
"""Deeper levels are left out: no answer of ours has so many, and a client's payload may have any number."""

_LONGEST_LINE = 400
"""Letters of a line in a list."""


def short(value: JSON, room: int = ROOM_LETTERS) -> JSON:
    """Return a value with its texts and lists cut, each with its length, until it takes no more than ``room``.

    What cannot be seen in a text is escaped, as ``visible`` does: nobody shall read what another cannot see.
    """
    for letters, items in _LIMITS:
        found = _cut(value, letters, items, 0)
        if len(json.dumps(found, ensure_ascii=False)) <= room:
            return found
    return f"… (too long to show: {type(value).__name__} of {len(value)} items)"


def line(text: str) -> str:
    """Return a text on one line, without what cannot be seen; it is cut if it is long."""
    return visible(" ".join(filter(None, map(str.strip, text.splitlines()))), _LONGEST_LINE)


def _cut(value: JSON, letters: int, items: int, depth: int) -> JSON:
    if isinstance(value, str):
        return visible(value, letters)
    if depth > _DEEPEST_LEVELS:
        return "… (too deep to show)"
    if isinstance(value, dict):
        kept = [*value.items()][: 2 * items]
        rest = {"…": f"{len(value)} fields"} if len(kept) < len(value) else {}
        return {_cut(name, letters, items, 0): _cut(item, letters, items, depth + 1) for name, item in kept} | rest
    if isinstance(value, list):
        shown = [_cut(item, letters, items, depth + 1) for item in value[:items]]
        return shown if len(shown) == len(value) else [*shown, f"… ({len(value)} items)"]
    return value
