"""Shots: a film of several, written out in its prompt."""

from __future__ import annotations

import re
from typing import NamedTuple

_SHOT = re.compile(r"shot\s++([0-9]{1,9})\s*+,\s*+([0-9]{1,9})\s*+,(.*+)", re.ASCII | re.DOTALL)


class Shot(NamedTuple):
    """One shot of a film, as a prompt writes it: ``shot 1, 2, a cat;``."""

    number: int
    seconds: int
    words: str


def shots_of(text: str) -> list[Shot]:
    """Return the shots that a text consists of; none if there is anything else in it."""
    *parts, rest = text.split(";")
    found = [_SHOT.fullmatch(part.strip()) for part in parts]
    if rest.strip() or None in found:
        return []
    return [Shot(int(match[1]), int(match[2]), match[3].strip()) for match in found if match is not None]
