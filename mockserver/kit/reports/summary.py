"""The summary: what every report says about a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mockserver.kit.checks import AnyCheck, Check
from mockserver.kit.verdict import ExitStatus, Finding, Verdict


@dataclass(frozen=True, slots=True)
class Case:
    """A finding and the check that found it.

    ``documented`` and ``source`` are the finding's own, or else those of the check.
    """

    finding: Finding
    check: AnyCheck

    @property
    def documented(self) -> str:
        """The promise."""
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
    checks = {check.id: check for check in verdict.made}
    for finding in findings:
        unknown: AnyCheck = Check(finding.check, "other", "error", finding.documented, "", finding.source)
        yield Case(finding, checks.get(finding.check, unknown))


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


def count(amount: int, noun: str) -> str:
    """Return ``1 check`` or ``2 checks``."""
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"
