"""What can go wrong before a request is answered, named for the fact.

* ``MockserverError``: the root; its text is one line for a person
    * ``BadContract``: a file under ``schemas/`` that we do not understand
    * ``NoSuchService``, ``NoSuchOperation``, ``NoSuchQuestion``, ``NoSuchReading``: a name that the contract lacks
    * ``NoSuchCheck``: a name that no check has
    * ``BadSetting``: an option with a value that it cannot take
    * ``MissingPackage``: something that comes only with an extra, which was not installed

What goes wrong with a request is no exception to the client: it is an answer of the service.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from itertools import takewhile

_OFFERED = 3
"""Names in a suggestion: more would be a list to read, and there is a command for that."""

_LONGEST_LETTERS = 100
"""A longer name is cut where it is quoted, and near to none: ours are shorter, and a prompt may have megabytes."""

_SEPARATOR = re.compile(r"[/.=]")
"""What stands between the parts of a name: ``kling/omni-image.create``, ``prompt.maxLength``, ``pace=fast``."""


class MockserverError(Exception):
    """Something that a person can put right; ``str()`` says what happened, where, and what to do."""


def unexpected(error: Exception, where: str) -> None:
    """Print to stderr an exception that nobody foresaw and that whoever calls this survives."""
    with suppress(OSError, ValueError):  # stderr may be closed, and that must not end what was to go on
        sys.stderr.write(f"mockserver: {where}\n{''.join(traceback.format_exception(error))}")


class BadContract(MockserverError):
    """A contract file that cannot be used: ``file`` and ``pointer`` say where."""

    def __init__(self, file: str, pointer: str, fact: str) -> None:
        super().__init__(f"{file}#{pointer}: {fact}")
        self.file, self.pointer, self.fact = file, pointer, fact


class NoSuchName(MockserverError):
    """A ``name`` that is not among the ``known`` ones; a subclass says of what ``kind``, and what lists them all."""

    kind = "name"
    command = ""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        shown = name if len(name) <= _LONGEST_LETTERS else name[:_LONGEST_LETTERS] + "…"
        super().__init__(f"no {self.kind} {shown!r}; {suggestion(name, self.known, self.command)}")


class NoSuchService(NoSuchName):
    """A service that has no folder under ``schemas/``."""

    kind = "service"
    command = "mockserver list services"


class NoSuchOperation(NoSuchName):
    """An operation that no service has."""

    kind = "operation"
    command = "mockserver list operations"


class NoSuchReading(NoSuchName):
    """A reading that no ``service.json`` lists: ``question=reading``."""

    kind = "reading"
    command = "mockserver readings"


class NoSuchQuestion(NoSuchReading):
    """An open question that no ``service.json`` lists."""

    kind = "question"


class NoSuchCheck(NoSuchName):
    """A check of servers or clients, or a family of them, that does not exist."""

    kind = "check"
    command = "mockserver list checks"


class BadSetting(MockserverError):
    """An ``option`` whose value it cannot take; the ``sentence`` says what is wrong and what to write instead."""

    def __init__(self, option: str, sentence: str) -> None:
        super().__init__(f"{option}: {sentence}")
        self.option, self.sentence = option, sentence


class MissingPackage(MockserverError):
    """Something, ``user``, that needs packages which an extra of ours brings."""

    def __init__(self, user: str, packages: str, extra: str) -> None:
        super().__init__(f"{user} needs {packages}: pip install 'kling-mockserver[{extra}]'")
        self.user, self.packages, self.extra = user, packages, extra


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

    Near is a name in another case or with a letter or two wrong; only if there is none, one with a part missing; only
    if there is none, one with a part wrong. A suggestion that is further off sends people astray.
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
    if (start and name.startswith(start)) or (slash and rest == name.partition("/")[2]):
        # The longer the beginning that both share, the likelier it is meant: 404 may stand for 404-1203.
        return 2, -sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, known, strict=False)))
    return None


def _last_part(name: str) -> int:
    """Return where the last part of a name begins: 17 for ``kling/omni-image.create``."""
    return max((found.end() for found in _SEPARATOR.finditer(name)), default=0)


def _edits(name: str, known: str) -> int | None:
    """Count the letters to drop, add or change, or the neighbours to swap, between two names (Damerau 1964).

    ``None`` if there are more than may be wrong: with more, a short word would be near to every other.
    """
    most = 0 if len(known) < 3 else 1 if len(known) < 6 else 2
    if abs(len(name) - len(known)) > most:
        return None
    before: list[int] = []
    row = list(range(len(known) + 1))
    for i, letter in enumerate(name, start=1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(known, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == known[j - 2] and name[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most + 1:  # a swap may still take one back
            return None
    return row[-1] if row[-1] <= most else None


def _either(names: Iterable[str]) -> str:
    """Write names as alternatives: ``'a', 'b' or 'c'``."""
    *first, last = (repr(name) for name in names)
    return f"{', '.join(first)} or {last}" if first else last
