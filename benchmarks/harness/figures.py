"""Figures: what was measured several times, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self


@dataclass(frozen=True, slots=True)
class Figure:
    """The middle of some measurements, with the lowest and the highest."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Sum up measurements; there must be at least one."""
        found = sorted(values)
        return cls(median(found), found[0], found[-1])

    def __format__(self, spec: str) -> str:
        """Print the middle and the spread, if there is any, each as ``spec`` says."""
        if self.low == self.high:
            return f"{self.middle:{spec}}"
        return f"{self.middle:{spec}} ({self.low:{spec}} to {self.high:{spec}})"


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` of all values, from 0 to 1, do not exceed."""
    found = sorted(values)
    return found[min(int(len(found) * share), len(found) - 1)]


def ratios(ours: Sequence[float], floors: Sequence[float]) -> Figure:
    """Compare measurements that were taken in turn, each with the one beside it."""
    return Figure.of(our / floor for our, floor in zip(ours, floors, strict=True))


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a plain table: the first column flush left, the others flush right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]

    def spelt(line: Sequence[str]) -> str:
        first = line[0].ljust(widths[0])
        return "  ".join([first, *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))])

    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join(["", title, rule, spelt(lines[0]), rule, *map(spelt, lines[1:])])


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure of the page: what it is about, what was measured, the target, and whether that was reached.

    ``is_met`` is ``None`` for what was not measured; ``measured`` then gives the reason.
    """

    subject: str
    measured: str
    target: str
    is_met: bool | None

    @classmethod
    def least(cls, subject: str, found: Figure, target: float, spec: str = ".2f", unit: str = "") -> Self:
        """Return a goal that is reached from ``target`` on."""
        return cls(subject, f"{found:{spec}}{unit}", f"≥ {target:,g}{unit}", found.middle >= target)

    @classmethod
    def most(cls, subject: str, found: Figure, target: float, spec: str = ".2f", unit: str = "") -> Self:
        """Return a goal that is reached up to ``target``."""
        return cls(subject, f"{found:{spec}}{unit}", f"≤ {target:,g}{unit}", found.middle <= target)

    @classmethod
    def missing(cls, subject: str, target: str, reason: str) -> Self:
        """Return a goal that nothing was measured for."""
        return cls(subject, f"left out: {reason}", target, None)

    @property
    def verdict(self) -> str:
        """The word for ``is_met``."""
        return {True: "yes", False: "no", None: ""}[self.is_met]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that is printed, and written into the page."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def plain(self) -> str:
        """The table for a terminal."""
        return table(self.title, self.head, self.rows)

    @property
    def markdown(self) -> str:
        """The table for the page, where each column is named: a screen reader says the name before each cell."""
        lines = [[self.head[0] or "what", *self.head[1:]], ["---"] + ["---:"] * (len(self.head) - 1), *self.rows]
        return "\n".join([f"{self.title}:", "", *("| " + " | ".join(line) + " |" for line in lines)])


def goals(title: str, found: Iterable[Goal]) -> Sheet:
    """Return a table of goals."""
    rows = [(goal.subject, goal.measured, goal.target, goal.verdict) for goal in found]
    return Sheet(title, ["", "measured", "target", "met"], rows)
