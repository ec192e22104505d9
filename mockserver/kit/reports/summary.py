"""The summary: what every report says about a verdict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mockserver.kit.checks import AnyCheck, Check
from mockserver.kit.reports.text import excerpt, json_text
from mockserver.kit.verdict import ExitStatus, Finding, Verdict

_UNSAFE = re.compile(r"[^a-z0-9-]+")
"""What the name of a file is better without; the ids of checks have none of it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A finding and the check that found it.

    ``documented`` and ``source`` are the finding's own, or else those of the check. ``script`` is the path of its
    script in the folder of ``--report``.
    """

    finding: Finding
    check: AnyCheck
    script: str | None = None

    @property
    def promise(self) -> str:
        """The promise that is broken, which is the heading of the finding."""
        return self.check.documented or self.documented or self.check.id

    @property
    def documented(self) -> str:
        """What should have come: the promise, unless the finding is more exact."""
        return self.finding.documented or self.check.documented

    @property
    def source(self) -> str:
        """Where the promise comes from."""
        return self.finding.source or self.check.source


@dataclass(frozen=True, slots=True)
class Line:
    """The outcome of one check that was made; ``found`` and ``accepted`` count findings."""

    check: AnyCheck
    found: int
    accepted: int

    @property
    def outcome(self) -> str:
        """The outcome in one word."""
        if self.found:
            return "broken" if self.check.severity == "error" else "warned"
        return "accepted" if self.accepted else "kept"


def lines(verdict: Verdict) -> tuple[Line, ...]:
    """Return a line for each check that was made, family by family in the order in which they were made."""
    found = Counter(finding.check for finding in verdict.findings)
    accepted = Counter(finding.check for finding in verdict.accepted)
    families = list(dict.fromkeys(check.family for check in verdict.made))
    return tuple(
        Line(check, found[check.id], accepted[check.id])
        for check in sorted(verdict.made, key=lambda check: families.index(check.family))
    )


def cases(verdict: Verdict, findings: Iterable[Finding]) -> Iterator[Case]:
    """Yield findings with their checks. A finding of an unknown check, from an older record, gets one of its own."""
    checks, scripts = {check.id: check for check in verdict.made}, _scripts(verdict)
    for finding in findings:
        unknown: AnyCheck = Check(finding.check, "other", "error", finding.documented, "", finding.source)
        yield Case(finding, checks.get(finding.check, unknown), scripts.get(id(finding)))


def _scripts(verdict: Verdict) -> Mapping[int, str]:
    """Return the path of each script in the folder of ``--report``, by the ``id()`` of its finding."""
    names, paths = Counter[str](), dict[int, str]()
    for finding in (*verdict.findings, *verdict.accepted):
        if finding.script is not None and id(finding) not in paths:
            name = _UNSAFE.sub("-", finding.check)
            names[name] += 1
            paths[id(finding)] = f"repeat/{name}-{names[name]}.sh"
    return paths


def sentence(verdict: Verdict) -> str:
    """Return the verdict in one sentence."""
    if verdict.status is ExitStatus.UNJUDGED:
        return f"{verdict.target} could not be judged: {verdict.obstacle or 'no check was made'}."
    severities = Counter(case.check.severity for case in cases(verdict, verdict.findings))
    told = [
        count(len(verdict.made), "check"),
        count(severities["error"], "finding"),
        *([count(severities["warning"], "warning")] if severities["warning"] else []),
        *([f"{len(verdict.accepted)} accepted"] if verdict.accepted else []),
        *([f"{len(verdict.skipped)} not checked"] if verdict.skipped else []),
        *([f"{count(len(verdict.stale), 'line')} of the baseline to remove"] if verdict.stale else []),
    ]
    does = "breaks" if severities["error"] else "keeps"
    return f"{verdict.target} {does} the contract: {', '.join(told)}."


def in_words(case: Case, verdict: Verdict) -> str:
    """Return a finding in words, for a reader who sees no other."""
    payload = None if case.finding.payload is None else json_text(excerpt(case.finding.payload))
    told = (
        ("promise", case.promise),
        ("documented", case.documented if case.documented != case.promise else ""),
        ("scenario", case.finding.scene),
        ("received", case.finding.received),
        ("rule", case.finding.rule),
        ("source", case.source),
        ("why it matters", case.check.why),
        ("payload", payload),
        ("repeat", case.finding.repeat),
        ("script", case.script),
        ("before", " ".join(verdict.notes) if case.finding.repeat else ""),
    )
    return "\n".join(f"{label}: {value}" for label, value in told if value)


def count(amount: int, noun: str) -> str:
    """Return ``1 check`` or ``2 checks``."""
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"
