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
        """Print the middle and the spread, each as ``spec`` says."""
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
