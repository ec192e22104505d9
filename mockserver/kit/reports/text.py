"""Text: what strangers sent, as it can be shown: nothing invisible, nothing that steers a terminal, nothing endless."""

from __future__ import annotations

import json
from math import isfinite

from mockserver.types import JSON

_DEEPEST = 100


def visible(text: str, most: int | None = None) -> str:
    r"""Spell what cannot be seen as JSON would, ``\u001b``, and cut what is longer than ``most`` characters.

    New lines stay. What was JSON before is the same JSON after.
    """
    if most is not None and len(text) > most:
        text = f"{text[:most]}… ({len(text)} characters)"
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in text)


def document(value: JSON, indent: int | None = None) -> str:
    """Return a value as JSON for people: with its letters as they are, and what cannot be seen escaped."""
    return visible(json.dumps(value, ensure_ascii=False, indent=indent))


def sound(value: JSON, depth: int = 0) -> JSON:
    """Return a value that any JSON reader takes: no NaN, no infinity, and not deeper than a hundred levels."""
    if depth > _DEEPEST:
        return "… (deeper than this report)"
    if isinstance(value, dict):
        return {str(name): sound(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [sound(item, depth + 1) for item in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _escaped(letter: str) -> str:
    """Spell a letter in UTF-16 units; a lone surrogate is one itself."""
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
