"""Notes: what an import has mended, mined or guessed, and what it could not decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mockserver.errors import MockserverError

_MOST_WORDS = 200
"""Letters of a document that a note or an error shows."""


class CannotImport(MockserverError):
    """A document of which no service can be made: what is wrong, where, and what to do."""

    def __init__(self, place: str, sentence: str) -> None:
        super().__init__(f"{place}: {sentence}")
        self.place, self.sentence = place, sentence


class Kind(StrEnum):
    """What became of some words of a document."""

    UNDECIDED = "undecided"
    GUESSED = "guessed"
    MINED = "mined"
    MENDED = "mended"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Note:
    """What became of some ``words`` of a document at a ``place``, and what to ``do`` about it."""

    kind: Kind
    place: str
    words: str
    do: str

    def line(self) -> str:
        """Return it as one line."""
        said = f" {self.words!r}:" if self.words else ""
        return f"{self.kind}: {self.place}:{said} {self.do}"


class Notes:
    """The notes of one import, in the order in which they were made; each once."""

    def __init__(self) -> None:
        self._all: dict[Note, None] = {}

    def add(self, kind: Kind, place: str, words: str, do: str) -> None:
        """Note something."""
        self._all[Note(kind, place, excerpt(words), do)] = None

    def __iter__(self) -> Iterator[Note]:
        return iter(self._all)

    def of(self, kind: Kind) -> list[Note]:
        """Return the notes of a kind."""
        return [note for note in self._all if note.kind is kind]


def excerpt(text: str) -> str:
    """Return a text in one line, cut where it is long; what is no letter is written as a number."""
    line = " ".join(text.split())
    printable = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)
    return printable if len(printable) <= _MOST_WORDS else f"{printable[:_MOST_WORDS]}…"
