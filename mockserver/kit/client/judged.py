"""What was judged: an evidence, and what the checks of its scenario made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from mockserver.contract.catalog import load
from mockserver.kit.checks import NothingToJudge
from mockserver.kit.client.checks.registry import ClientCheck, findings
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.plan import PlannedScenario
from mockserver.kit.client.settings import Settings
from mockserver.kit.verdict import Finding

_SLOW_SECONDS = 2.0
"""A play that takes longer is slow: the pauses of a client that tries again, not the work of one that does not."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One evidence, and what the checks of its scenario made of it.

    * ``made``: the ids of the checks that could judge it
    * ``unjudged``: why the others could not, by id
    """

    evidence: Evidence
    made: frozenset[str]
    unjudged: Mapping[str, str]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, evidence: Evidence, checks: Iterable[ClientCheck], settings: Settings) -> Self:
        """Let the checks of its scenario look at an evidence, unless the testee does not support the request."""
        made, unjudged, found = set[str](), dict[str, str](), list[Finding]()
        for check in checks if evidence.outcome != "unsupported" else ():
            if evidence.scenario.id in check.scenarios:
                repeat = _repetition(evidence, check.id, settings)
                try:
                    if evidence.gap is not None:
                        raise NothingToJudge(evidence.gap)
                    found += [replace(finding, repeat=repeat) for finding in findings(check, evidence)]
                    made.add(check.id)
                except NothingToJudge as nothing:
                    unjudged[check.id] = str(nothing)
        return cls(evidence, frozenset(made), unjudged, tuple(found))

    @property
    def is_slow(self) -> bool:
        """Whether the client took so long that a few such plays must be enough."""
        return self.evidence.seconds > _SLOW_SECONDS


def seconds(judged: Iterable[Judged], checks: Iterable[ClientCheck]) -> Mapping[str, float]:
    """Return how long the scenarios of each check took, by its id."""
    spent: dict[str, float] = {}
    for each in judged:
        spent[each.evidence.scenario.id] = spent.get(each.evidence.scenario.id, 0.0) + each.evidence.seconds
    return {check.id: round(sum(spent.get(id, 0.0) for id in check.scenarios), 3) for check in checks}


def _repetition(evidence: Evidence, check: str, settings: Settings) -> str:
    """Return what plays a scenario again as it was played, and no other."""
    catalog = load()
    operation = catalog.operation(evidence.operation)
    usual = PlannedScenario(catalog.services[operation.service], operation, evidence.scenario)
    payload = usual.service.layout.unheard(evidence.payload)  # the testee says where it listens
    return settings.repetition(
        check,
        evidence.product,
        evidence.scenario.id,
        reading=evidence.reading,
        payload=None if payload == usual.payload and not evidence.scenario.is_generated else payload,
    )
