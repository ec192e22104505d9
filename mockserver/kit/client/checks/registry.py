"""Every check of a client by its id, in the order in which reports list them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from mockserver.kit.checks import Check
from mockserver.kit.client.checks import callbacks, outcomes, results, retries, waiting, wire
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.verdict import Finding

ClientCheck = Check[Evidence, str]

_NAME = re.compile(r"\w+")
_LONGEST = 120
_SHOWN = 60
"""Of a quoted text in the words of a finding that is longer, so many characters are shown: its length says more."""

FAMILIES = (wire.WIRE, waiting.WAITING, outcomes.OUTCOMES, results.RESULTS, retries.RETRIES, callbacks.CALLBACKS)


def findings(check: ClientCheck, evidence: Evidence) -> Iterator[Finding]:
    """Yield what a check finds in an evidence. Raises ``NothingToJudge``."""
    for received in check.find(evidence):
        yield Finding(
            check=check.id,
            subject=f"{evidence.product} {evidence.scenario.id} {evidence.reading}".rstrip(),
            received=_shortened(received),
            documented=check.documented,
            source=check.source,
            payload=dict(evidence.payload),
            scene=evidence.scenario.description,
            cause=_cause(check, evidence, received),
            transcript=evidence.transcript,
        )


def _cause(check: ClientCheck, evidence: Evidence, received: str) -> str:
    """Return what is to blame, if that shows in several checks: what is done to a field, or how the testee ended."""
    if evidence.fault is not None and str(evidence.fault) in received:
        return f"the testee {evidence.fault.kind}"
    field = _NAME.match(received)
    is_about_field = check.family == wire.WIRE.name and field is not None and field[0] in evidence.payload
    return _without_values(received) if is_about_field else ""


def _shortened(received: str) -> str:
    """Cut what is quoted, where it is long."""
    parts = received.split("'")
    cut = (f"{part[:_SHOWN]}… ({len(part)} characters)" if len(part) > _LONGEST else part for part in parts[1::2])
    parts[1::2] = cut
    return "'".join(parts)


def _without_values(received: str) -> str:
    """Leave out what another payload would change: whatever is quoted or has a digit."""
    words = " … ".join(received.split("'")[::2]).split()
    return " ".join("…" if any(letter.isdecimal() for letter in word) else word for word in words)


def _resolved(check: ClientCheck) -> ClientCheck:
    """Replace the names of groups by the scenarios in them."""
    ids: dict[str, None] = {}
    for name in check.scenarios:
        named = [scenario.id for scenario in SCENARIOS.values() if name in (scenario.id, scenario.group)]
        if not named:
            raise ValueError(f"the check {check.id!r} names {name!r}, which is no scenario and no group of scenarios")
        ids |= dict.fromkeys(named)
    return replace(check, scenarios=tuple(ids))


CHECKS: Mapping[str, ClientCheck] = MappingProxyType(
    {id: _resolved(check) for family in FAMILIES for id, check in family.checks.items()}
)
