"""Every check of a server, by its id, in the order in which a report lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.kit.checks import Check
from mockserver.kit.server.checks import (
    accounts,
    answers,
    callbacks,
    credentials,
    echoes,
    lifecycle,
    lists,
    queries,
    readings,
    refusals,
    requests,
    results,
    scheduler,
    stateful,
    uploads,
)
from mockserver.kit.server.evidence import Evidence
from mockserver.kit.verdict import Finding

FAMILIES = (
    answers.ANSWERS,
    requests.REQUESTS,
    refusals.REFUSALS,
    credentials.CREDENTIALS,
    lifecycle.LIFECYCLE,
    results.RESULTS,
    queries.QUERIES,
    lists.LISTS,
    callbacks.CALLBACKS,
    stateful.STATEFUL,
    readings.READINGS,
    accounts.ACCOUNTS,
    echoes.ECHOES,
    scheduler.SCHEDULER,
    uploads.UPLOADS,
)

CHECKS: Mapping[str, Check[Evidence, Finding]] = MappingProxyType(
    {id: check for family in FAMILIES for id, check in family.checks.items()}
)
