"""The refusal of a snapshot: the place of what is wrong, and a sentence."""

from __future__ import annotations

from typing import NoReturn

from mockserver.errors import BadSetting

_MOST_LETTERS = 200
"""As much of what a validator says is repeated: it shows the whole value, which may have megabytes."""


def refuse(at: str, sentence: str) -> NoReturn:
    """Raise ``BadSetting`` for what is at a pointer."""
    raise BadSetting("snapshot", f"{at or '/'}: {sentence}")


def cut(text: str) -> str:
    """Return a text of others as it is repeated: on one line, and not all of it."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_LETTERS else f"{line[:_MOST_LETTERS]}…"
