"""Suggestions: what to do about a name that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

_OFFERED = 3
"""Names in a suggestion: more would be a list to read, and there is a command for that."""

_LONGEST_LETTERS = 100
"""A longer name is cut where it is quoted, and near to none: ours are shorter, and a prompt may have megabytes."""

_MOST_EDITS = 2
"""Letters of a name that may be wrong, in a short one fewer: with more, a short word would be near to every other."""

_WORD = re.compile(r"[-_/.=]")
"""What stands between the words of a name: ``keeps-the-task-id``."""

_SEPARATOR = re.compile(r"[/.=]")
"""What stands between the parts of a name: ``kling/omni-image.create``, ``missing-task=404-1203``."""


_LARGEST_SHOWN = 10**18
"""A larger number is not repeated in an error: it may have thousands of digits, which Python refuses to write."""


def quoted(name: str) -> str:
    """Return a name in quotes; a long one is cut."""
    return repr(name if len(name) <= _LONGEST_LETTERS else name[:_LONGEST_LETTERS] + "…")


def suggestion(name: str, known: Iterable[str], command: str) -> str:
    """Return what to do about an unknown name: which near ones are meant, or three examples and what lists all.

    The end of a sentence, to follow ``no operation 'omni-imag';``. ``command`` prints every name in ``known``.
    """
    names = tuple(dict.fromkeys(known))
    if near := near_names(name, names):
        return f"did you mean {_either(near)}?"
    if not names:
        return "none is known here"
    return f"try {_either(names[:_OFFERED])} (`{command}` lists all)"


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that somebody who wrote ``name`` may have meant, the nearest first, three at most.

    Near is a name in another case or with a letter or two wrong; only if there is none, one with a part or a word
    missing; only if there is none, one with a part wrong. A suggestion that is further off sends people astray.
    """
    if len(name) > _LONGEST_LETTERS:
        return []
    ranks = {each: rank for each in known if (rank := _rank(name.casefold(), each.casefold())) is not None}
    best = min((sort for sort, _ in ranks.values()), default=0)
    return sorted((each for each in ranks if ranks[each][0] == best), key=lambda each: ranks[each])[:_OFFERED]


def _rank(name: str, known: str) -> tuple[int, int] | None:
    """Return the sort of nearness of two names (letters, a part missing, a part wrong) and how far it goes."""
    if name.isdigit() and known.isdigit():
        return (0, 0) if name == known else None  # a code with another digit is another code
    if (edits := _edits(name, known)) is not None:
        return 0, edits
    _, slash, rest = known.partition("/")
    start = known[: _last_part(known)]
    missing = [edits for part in (rest, start.rstrip("/.=")) if part and (edits := _edits(name, part)) is not None]
    if missing:
        return 1, min(missing)
    if _lacks_a_word(_WORD.split(name), _WORD.split(known)):
        return 1, _MOST_EDITS
    if (start and name.startswith(start)) or (slash and rest == name.partition("/")[2]):
        # The longer the beginning that both share, the likelier it is meant: 404 may stand for 404-1203.
        return 2, -sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, known, strict=False)))
    return None


def _lacks_a_word(words: list[str], known: list[str]) -> bool:
    """Return whether a name of several words is a known one without one of its words: ``keeps-task-id``."""
    return 2 <= len(words) == len(known) - 1 and any(words == known[:at] + known[at + 1 :] for at in range(len(known)))


def _last_part(name: str) -> int:
    """Return where the last part of a name begins: 17 for ``kling/omni-image.create``."""
    return max((found.end() for found in _SEPARATOR.finditer(name)), default=0)


def _edits(name: str, known: str) -> int | None:
    """Count the letters to drop, add or change, or the neighbours to swap, between two names (Damerau 1964).

    ``None`` if there are more than may be wrong.
    """
    most = 0 if len(known) < 3 else 1 if len(known) < 6 else _MOST_EDITS
    if abs(len(name) - len(known)) > most:
        return None
    before: list[int] = []
    row = list(range(len(known) + 1))
    for i, letter in enumerate(name, start=1):
        earlier, before, row = before, row, [i, *[most + 2] * len(known)]
        for j in range(max(1, i - most), min(i + most, len(known)) + 1):  # further apart, there are more already
            wanted = known[j - 1]
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == known[j - 2] and name[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row[j] = cost
        if min(row) > most + 1:  # a swap may still take one back
            return None
    return row[-1] if row[-1] <= most else None


def _either(names: Iterable[str]) -> str:
    """Write names as alternatives: ``'a', 'b' or 'c'``."""
    *first, last = (repr(name) for name in names)
    return f"{', '.join(first)} or {last}" if first else last


def shown(value: object) -> str:
    """Return a value as an error shows it: on one line, and not all of it if it is long."""
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < _LARGEST_SHOWN):
        return repr(value)
    return f"a value of type {type(value).__name__}"
