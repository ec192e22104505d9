"""A verdict: the findings of one run, and what was not checked and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from mockserver.kit.checks import AnyCheck, Skipped
from mockserver.types import JSON


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise, with the smallest case that shows it.

    * ``check``: the id of the check that found it
    * ``subject``: where it was found: an operation, or a rule of an operation
    * ``received`` and ``documented``: what came, and what should have come
    * ``rule``: the rule of the contract that was broken or wrongly enforced, if it is about one
    * ``source``: where the promise comes from
    * ``payload`` and ``repeat``: the smallest request that shows it, and a shell command that sends it again
    * ``scene``: what the fake did meanwhile, in a sentence, if it misbehaved on purpose; the name is ``verdict.json``'s
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
        """Its name in a baseline: the check and the subject."""
        return f"{self.check} {self.subject}"


class ExitStatus(IntEnum):
    """The exit status of a run: the contract was kept, it was broken, or nothing could be judged."""

    KEPT = 0
    BROKEN = 1
    UNJUDGED = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that a run found out.

    * ``target``: the server or client that was judged
    * ``made``: the checks that were made; ``skipped``: those that were not, or only in part, with the reason
    * ``findings``: what is wrong; ``accepted``: findings that the baseline lists
    * ``stale``: lines of the baseline that nothing was found for
    * ``obstacle``: why nothing could be judged at all; ``None`` if something could
    * ``facts``: names and values of further figures for the report: exchanges, tasks created, rules broken …
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
        """Whether the contract was kept. Warnings do not break it; a run without any check judged nothing."""
        if self.obstacle is not None or not self.made:
            return ExitStatus.UNJUDGED
        severities = {check.id: check.severity for check in self.made}
        broken = any(severities.get(finding.check, "error") == "error" for finding in self.findings)
        return ExitStatus.BROKEN if broken or self.stale else ExitStatus.KEPT

    def of(self, check: str) -> Iterator[Finding]:
        """Yield the findings of a check."""
        return (finding for finding in self.findings if finding.check == check)
