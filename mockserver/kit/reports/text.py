"""Text: what a server or a client sent, made safe to show: nothing invisible, no control of a terminal, no end."""

from __future__ import annotations

import json
from math import isfinite

from mockserver.types import JSON

_LONGEST_VALUE = 120
"""Characters of a text within a payload that a report shows; what is wrong with a longer one is its length."""

_MOST_ITEMS = 8
"""Items of a list within a payload that a report shows."""

_DEEPEST_LEVELS = 100
"""Many JSON readers give up soon after; Python's own does near 1000."""


def visible(text: str, most: int | None = None) -> str:
    r"""Escape invisible characters as JSON does, ``\u001b``, and cut a text after ``most`` characters.

    Line breaks stay. A JSON text means the same afterwards, unless it is cut.
    """
    if most is not None and len(text) > most:
        text = f"{text[:most]}… ({len(text)} characters)"
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in text)


def json_text(value: JSON, indent: int | None = None) -> str:
    """Return a value as JSON for people: letters stay as they are, invisible characters are escaped."""
    return visible(json.dumps(value, ensure_ascii=False, indent=indent))


def excerpt(value: JSON, depth: int = 0) -> JSON:
    """Return a value as a report shows it: long texts and lists are cut, and their lengths told. It is ``sound``."""
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        return f"{value[: _LONGEST_VALUE // 2]}… ({len(value)} characters)"
    if depth > _DEEPEST_LEVELS:
        return sound(value, depth)
    if isinstance(value, dict):
        return {str(name): excerpt(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        shown = [excerpt(item, depth + 1) for item in value[: _MOST_ITEMS if len(value) > _MOST_ITEMS + 1 else None]]
        return [*shown, f"… ({len(value)} items)"] if len(shown) < len(value) else shown
    return sound(value, depth)


def sound(value: JSON, depth: int = 0) -> JSON:
    """Return a value that any JSON reader can read: no NaN, no infinity, and at most a hundred levels."""
    if depth > _DEEPEST_LEVELS:
        return "… (too deep for this report)"
    if isinstance(value, dict):
        return {str(name): sound(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [sound(item, depth + 1) for item in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _escaped(letter: str) -> str:
    """Escape a character by its UTF-16 units; a lone surrogate is one itself."""
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
