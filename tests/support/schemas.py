"""Operations that differ: gateways have the requests of another service, and one sweep over those is enough."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.kit.generation.valid import rule_levels

OWNERS = {id(schema): file.partition("/")[0] for file, schema in load().documents.items()}
"""The service in whose folder a schema is."""


def different(operations: Iterable[Operation]) -> list[Operation]:
    """Return operations without those whose schema is another service's, and means nothing else than there.

    It means the same where its rules have the same levels, and null the same: then no payload is another one.
    """
    every = list(operations)
    own = [each for each in every if OWNERS.get(id(each.schema)) == each.service]
    found = {_meaning(each) for each in own}
    for each in every:
        if OWNERS.get(id(each.schema)) != each.service and _meaning(each) not in found:
            found.add(_meaning(each))
            own.append(each)
    return own


def _meaning(operation: Operation) -> object:
    asked = load().services[operation.service].questions.get("null-field")
    levels = frozenset(rule_levels(operation, None).items())
    return id(operation.schema), operation.method, levels, asked.default if asked is not None else None
