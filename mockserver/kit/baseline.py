"""The baseline: findings that are known and accepted, one a line, each with its reason.

    # a comment; empty lines are ignored, too
    task-id-is-text kling/omni-image.create  # their gateway answers with numbers; we keep them as text

A line is the check, the subject and, after ``#``, why the finding is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mockserver.errors import MockserverError
from mockserver.kit.verdict import Verdict

_REASON = re.compile(r"(?:^|\s)#")


class BadBaseline(MockserverError):
    """A baseline has a mistake, or cannot be read. ``line`` counts from 1; 0 means the file as a whole."""

    def __init__(self, file: str, line: int, fact: str) -> None:
        super().__init__(f"{file}:{line}: {fact}" if line else f"{file}: {fact}")
        self.file, self.line, self.fact = file, line, fact


@dataclass(frozen=True, slots=True)
class Accepted:
    """One line: the ``key`` of an accepted finding, the reason, and the place in the file."""

    key: str
    reason: str
    file: str
    line: int

    @property
    def check(self) -> str:
        """The check that finds it."""
        return self.key.partition(" ")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}  # {self.reason}"


Baseline = tuple[Accepted, ...]


def read(path: Path) -> Baseline:
    """Read a file. Raises ``BadBaseline``, also for a file that cannot be read."""
    try:
        return parse(path.read_text(encoding="utf-8-sig"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        fact = error.strerror if isinstance(error, OSError) else f"not UTF-8: {error.reason}"
        raise BadBaseline(str(path), 0, str(fact)) from error


def parse(text: str, file: str = "baseline") -> Baseline:
    """Read the lines of a text. Raises ``BadBaseline``."""
    found: dict[str, Accepted] = {}
    for entry in _entries(text, file):
        if entry.key in found:
            raise BadBaseline(file, entry.line, f"{entry.key!r} is also in line {found[entry.key].line}")
        found[entry.key] = entry
    return tuple(found.values())


def apply(verdict: Verdict, baseline: Baseline) -> Verdict:
    """Return the verdict after the findings in the baseline were accepted, with the stale lines of the baseline.

    A line is stale if nothing was found for it. A line about a skipped check may still be needed, so it is never
    stale; and if nothing was judged, no line is.
    """
    keys = {entry.key for entry in baseline}
    accepted = tuple(finding for finding in verdict.findings if _key(finding.key) in keys)
    found = {_key(finding.key) for finding in accepted}
    unjudged = {skipped.check for skipped in verdict.skipped}
    stale = [
        str(entry)
        for entry in baseline
        if entry.key not in found and not {entry.check, entry.key} & unjudged and verdict.obstacle is None
    ]
    return replace(
        verdict,
        findings=tuple(finding for finding in verdict.findings if _key(finding.key) not in keys),
        accepted=(*verdict.accepted, *accepted),
        stale=(*verdict.stale, *stale),
    )


def _entries(text: str, file: str) -> Iterator[Accepted]:
    for number, line in enumerate(text.split("\n"), start=1):
        told, *reason = _REASON.split(line, maxsplit=1)
        key = _key(told)
        if not key:
            continue
        if " " not in key:
            raise BadBaseline(file, number, f"{key!r} names no subject; write: check subject  # reason")
        if not reason or not reason[0].strip():
            raise BadBaseline(file, number, f"{key!r} has no reason; write: {key}  # why it is accepted")
        yield Accepted(key, reason[0].strip(), file, number)


def _key(text: str) -> str:
    return " ".join(text.split())
