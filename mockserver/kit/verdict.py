"""Findings: what a judge says of a server or a client, and the verdict they add up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from mockserver.types import JSON

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Check:
    """One promise that is looked at.

    * ``id``: kebab-case, ``task-id-is-text``; what ``--only``, ``--skip`` and a baseline name
    * ``family``: what it belongs with in a report: wire, lifecycle, retry …
    * ``documented``: the promise, in one sentence
    * ``why``: what goes wrong for whom when it is broken
    * ``source``: where the promise comes from
    """

    id: str
    family: str
    severity: Severity
    documented: str
    why: str
    source: str


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


@dataclass(frozen=True, slots=True)
class Skipped:
    """A check that was not made, and why."""

    check: str
    reason: str


class Unseen(Exception):
    """There was nothing that a check could judge; the text says why."""


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
    made: tuple[Check, ...]
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
