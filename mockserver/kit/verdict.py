"""A verdict: the findings of one run, and what was not checked and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from mockserver.kit.checks import AnyCheck, Skipped
from mockserver.types import JSON


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise that is broken, with the smallest case that shows it.

    * ``subject``: what it was found in: an operation, or an operation's rule
    * ``received``: what came instead of what is documented
    * ``rule``: the broken or wrongly enforced rule of the contract, if it is one
    * ``payload`` and ``repeat``: the smallest request that shows it, and a line for a shell that repeats it
    * ``scene``: what went on meanwhile, in a sentence, where something was made to
    """

    check: str
    subject: str
    received: str
    documented: str = ""
    rule: str | None = None
    source: str = ""
    payload: JSON = None
    repeat: str | None = None
    scene: str = ""

    @property
    def key(self) -> str:
        """The name by which a baseline accepts it."""
        return f"{self.check} {self.subject}"


class ExitStatus(IntEnum):
    """What a run ends with."""

    KEPT = 0
    BROKEN = 1
    UNJUDGED = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a run has to say.

    * ``target``: who was judged
    * ``made``: the checks that were made; ``skipped``: those that were not, with the reason
    * ``accepted``: findings that the baseline lists; ``stale``: lines of it that nothing was found for
    * ``obstacle``: why nothing could be judged at all, if so
    * ``facts``: further figures for the report: exchanges, seconds, rules touched
    """

    target: str
    made: tuple[AnyCheck, ...]
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    accepted: tuple[Finding, ...] = ()
    stale: tuple[str, ...] = ()
    obstacle: str | None = None
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> ExitStatus:
        """Kept, broken, or not judged; a run that made no check is never kept."""
        if self.obstacle is not None or not self.made:
            return ExitStatus.UNJUDGED
        severities = {check.id: check.severity for check in self.made}
        broken = any(severities.get(finding.check, "error") == "error" for finding in self.findings)
        return ExitStatus.BROKEN if broken or self.stale else ExitStatus.KEPT

    def of(self, check: str) -> Iterator[Finding]:
        """Yield what was found by a check."""
        return (finding for finding in self.findings if finding.check == check)
