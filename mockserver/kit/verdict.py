"""A verdict: the findings of one run, and what was not checked and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from types import MappingProxyType

from mockserver.kit.checks import AnyCheck, Skipped
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.secrecy.mask import Mask
from mockserver.types import JSON


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise, with the smallest case that shows it.

    * ``check``: the id of the check that found it
    * ``subject``: where it was found: an operation, or a rule of an operation
    * ``received`` and ``documented``: what came, and what should have come
    * ``rule``: the rule of the contract that was broken or wrongly enforced, if it is about one
    * ``source``: where the promise comes from
    * ``payload`` and ``repeat``: the smallest request that shows it, and a shell command that shows it again
    * ``scene``: what the fake did meanwhile, in a sentence, if it misbehaved on purpose; the name is ``verdict.json``'s
    * ``cause``: what is to blame, if the check knows: findings of one cause are one group, whatever their checks
    * ``script``: a shell script that shows it again, where that takes more than one request
    * ``transcript``: what went over the wire, for people
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
    cause: str = ""
    script: str | None = field(default=None, repr=False)
    transcript: Transcript = field(default=Transcript(), repr=False)

    @property
    def key(self) -> str:
        """Its name in a baseline: the check and the subject."""
        return f"{self.check} {self.subject}"

    def masked(self, mask: Mask, known: dict[int, Exchange] | None = None) -> Finding:
        """Return it without secrets; its key stays, because baselines have it.

        ``known`` has the exchanges that are masked already, by ``id()``, and gets the others.
        """
        return replace(
            self,
            received=mask.text(self.received),
            payload=mask.json(self.payload),
            repeat=self.repeat and mask.text(self.repeat),
            script=self.script and mask.text(self.script),
            transcript=self.transcript.shown(mask, {} if known is None else known),
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
    * ``notes``: what must be known or done before a line or a script is repeated, in sentences
    * ``seconds``: how long the scenarios of each check took, by its id; checks share scenarios
    * ``took``: how long the whole run took, in seconds
    """

    target: str
    made: tuple[AnyCheck, ...]
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    accepted: tuple[Finding, ...] = ()
    stale: tuple[str, ...] = ()
    obstacle: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    took: float = 0.0

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
        mask, exchanges = Mask(known), dict[int, Exchange]()
        return replace(
            self,
            target=mask.text(self.target),
            findings=tuple(finding.masked(mask, exchanges) for finding in self.findings),
            skipped=tuple(replace(each, reason=mask.text(each.reason)) for each in self.skipped),
            obstacle=self.obstacle and mask.text(self.obstacle),
            facts=tuple((name, mask.text(value)) for name, value in self.facts),
        )

    def of(self, check: str) -> Iterator[Finding]:
        """Yield the findings of a check."""
        return (finding for finding in self.findings if finding.check == check)
