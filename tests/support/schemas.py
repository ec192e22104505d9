"""Operations that differ: gateways have the requests of another service, and one sweep over those is enough."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.contract.catalog import Operation, load
from mockserver.kit.generation.valid import rule_levels

OWN = {id(schema): file.partition("/")[0] for file, schema in load().documents.items()}
"""The service in whose folder a schema is."""


def different(operations: Iterable[Operation]) -> list[Operation]:
    """Return the operations without those that have the schema of another one, and the same levels and nulls.

    Of several the one stays in whose service's folder the schema is: no payload is another one at the rest.
    """
    found: dict[object, Operation] = {}
    for each in sorted(operations, key=lambda each: OWN.get(id(each.schema)) != each.service):
        found.setdefault(_meaning(each), each)
    return list(found.values())


def _meaning(operation: Operation) -> object:
    asked = load().services[operation.service].questions.get("null-field")
    levels = frozenset(rule_levels(operation, None).items())
    return id(operation.schema), operation.method, levels, asked.default if asked is not None else None
