"""Accounts: what a request says of whom it is for, and what names in it nobody else may have."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.contract.catalog import Operation
from mockserver.kit.server.probe import Probe
from mockserver.types import JSON

_FACT = "email"


def fields(probe: Probe, operation: Operation) -> dict[str, JSON]:
    """Return the fields that each payload of an operation needs at this server: an email, if it knows any."""
    if _FACT not in operation.schema.get("properties", {}):
        return {}
    if _FACT not in probe.facts:
        probe.facts[_FACT] = _configured(probe)
    return {_FACT: probe.facts[_FACT]} if probe.facts[_FACT] else {}


def renamed(probe: Probe, payload: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return a payload under a name of its own: one that was used already would be refused for that alone."""
    layout = probe.terms.layout
    name = payload.get(layout.external_id_field)
    if not layout.finds_external_id or not isinstance(name, str) or not name:
        return dict(payload)
    return {**payload, layout.external_id_field: f"{name}-{probe.name()}"}


def _configured(probe: Probe) -> JSON:
    for operation in probe.terms.service.operations.values():
        if operation.does == "accounts":
            found = probe.ask(operation).exchange.received
            return next(iter(found), None) if isinstance(found, dict) else None
    return None
