"""A verdict: the findings of one run, and what was not checked and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from mockserver.kit.checks import AnyCheck, Skipped
from mockserver.secrecy import Mask
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

    def masked(self, mask: Mask) -> Finding:
        """Return it without secrets; its key stays, because baselines have it."""
        return replace(
            self,
            received=mask.text(self.received),
            payload=mask.json(self.payload),
            repeat=self.repeat and mask.text(self.repeat),
        )


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

    def masked(self, known: Iterable[str] = ()) -> Verdict:
        """Return it as it may be shown: without secrets, the ``known`` ones and those that names and forms tell."""
        mask = Mask(known)
        return replace(
            self,
            target=mask.text(self.target),
            findings=tuple(finding.masked(mask) for finding in self.findings),
            skipped=tuple(replace(each, reason=mask.text(each.reason)) for each in self.skipped),
            obstacle=self.obstacle and mask.text(self.obstacle),
            facts=tuple((name, mask.text(value)) for name, value in self.facts),
        )

    def of(self, check: str) -> Iterator[Finding]:
        """Yield the findings of a check."""
        return (finding for finding in self.findings if finding.check == check)
