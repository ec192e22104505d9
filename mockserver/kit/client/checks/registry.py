"""Every check of a client, by its id, in the order in which a report lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.kit.checks import Check
from mockserver.kit.client.checks import callbacks, outcomes, polling, results, retries, wire
from mockserver.kit.client.evidence import Act

FAMILIES = (wire.WIRE, polling.POLLING, outcomes.OUTCOMES, results.RESULTS, retries.RETRIES, callbacks.CALLBACKS)

CHECKS: Mapping[str, Check[Act, str]] = MappingProxyType(
    {id: check for family in FAMILIES for id, check in family.checks.items()}
)
