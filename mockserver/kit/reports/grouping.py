"""Grouping: findings that have one cause are told together, the smallest in full and the others in a line each.

Two findings have one cause if their checks name the same one (``Finding.cause``). Otherwise they have if they are of
the same check, about the same field of an answer, and say the same, apart from what is another one each time: ids,
times and other numbers. The rule that a payload breaks does not count: a server that enforces none has one fault.

Nothing is lost: each finding stays one of its own in ``verdict.json``, JUnit, SARIF and baselines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mockserver.kit.reports.summary import Case, count
from mockserver.kit.reports.text import sound

_STATUS = re.compile(r"\d{3}(?= |$)")
"""An HTTP status at the beginning of what was received; a 500 and a 401 have two causes."""

_WORD = re.compile(r"[\w.-]+")
"""A word, a number, an id or a time."""


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one cause; the first has the smallest payload."""

    cases: tuple[Case, ...]

    @property
    def first(self) -> Case:
        """The one that is shown in full."""
        return self.cases[0]

    @property
    def others(self) -> tuple[Case, ...]:
        """Those that are named only."""
        return self.cases[1:]

    @property
    def extent(self) -> str:
        """How far it goes: ``in 14 places``, ``in 3 rules``; empty for a finding that is alone."""
        if not self.others:
            return ""
        findings = [case.finding for case in self.cases]
        rules, scenes = {each.rule for each in findings}, {each.scene for each in findings}
        if None not in rules:
            return f"in {count(len(rules), 'rule')}"
        return f"in {len(self.cases)} {'scenarios' if len(scenes) == len(findings) else 'places'}"


def groups(cases: Iterable[Case]) -> tuple[Group, ...]:
    """Return the groups of findings, in the order in which each group has its first."""
    found: dict[tuple[str, ...], list[Case]] = {}
    for case in cases:
        found.setdefault(_cause(case), []).append(case)
    return tuple(Group(tuple(sorted(group, key=_size))) for group in found.values())


def numbers(cases: Iterable[Case]) -> list[int]:
    """Return for each finding the number of its group, from 1."""
    known: dict[tuple[str, ...], int] = {}
    return [known.setdefault(_cause(case), len(known) + 1) for case in cases]


def _cause(case: Case) -> tuple[str, ...]:
    """Return what findings of one cause have in common."""
    finding = case.finding
    if finding.cause:
        return (case.check.severity, finding.cause)  # a warning does not stand for an error
    last = finding.subject.rpartition(" ")[2]
    place = last if last.startswith("/") else ""
    status = _STATUS.match(finding.received)
    words = finding.received[status.end() :] if status else finding.received
    return (finding.check, plain(place), status[0] if status else "", plain(words))


def plain(words: str) -> str:
    """Leave out of some words what is another one each time: ids, times and other numbers."""
    return _WORD.sub(lambda word: "…" if any(letter.isdecimal() for letter in word[0]) else word[0], words)


def _size(case: Case) -> int:
    payload = case.finding.payload
    return len(json.dumps(sound(payload))) if payload is not None else 0
