"""Acceptance: valid payloads, first those on the edge of many rules at once."""

from __future__ import annotations

from mockserver.contract.catalog import Operation
from mockserver.kit.server.boundary import Bundle, bundles
from mockserver.kit.server.evidence import Trial
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.accounts import fields, renamed

CHECK = "accepts-valid-payloads"

_FEW = 3


def acceptance(probe: Probe) -> None:
    """Send valid payloads as long as the budget lasts, the operations in turn. Raises ``Spent``."""
    target = probe.target
    waiting = {
        maker.id: bundles(probe.terms, maker, fields(probe, maker), target.seed, target.largest)
        for maker in target.operations
    }
    makers = {maker.id: maker for maker in target.operations}
    while any(waiting.values()):
        for id, left in waiting.items():
            if left:
                if probe.budget.left < 1:
                    _note(probe, waiting)
                _send(probe, makers[id], left.pop(0))


def _send(probe: Probe, operation: Operation, bundle: Bundle) -> None:
    """Send a bundle; if it is refused, look for those of its edges that are refused alone."""
    trial = _tried(probe, operation, bundle, "accept")
    if trial.exchange.status is None or trial.is_accepted or trial.exchange.status >= 429:
        return
    for edge in bundle.edges if len(bundle.edges) > 1 else ():
        _tried(probe, operation, Bundle(edge.payload, (edge,)), "accept")


def _tried(probe: Probe, operation: Operation, bundle: Bundle, aim: str) -> Trial:
    rule = bundle.edges[0].rule if len(bundle.edges) == 1 else None
    case = "borrows" if bundle.borrows else ""
    return probe.create(operation, renamed(probe, bundle.payload), aim, rule=rule, case=case)


def _note(probe: Probe, waiting: dict[str, list[Bundle]]) -> None:
    for id, left in waiting.items():
        rules = sorted({edge.rule.id for bundle in left for edge in bundle.edges if edge.rule is not None})
        if rules:
            few = ", ".join(rules[:_FEW]) + (" …" if len(rules) > _FEW else "")
            probe.untried(CHECK, f"{id}: no task was left for the edges of {len(rules)} rules: {few}")
