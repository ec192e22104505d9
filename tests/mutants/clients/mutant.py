"""A mutant: the reference client with one method changed, and the check that has to catch it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.mutants.clients.reference import Reference


@dataclass(frozen=True, slots=True)
class Mutant:
    """A client that is wrong in one way; ``check`` is the id of the one that has to catch it.

    ``fields``: if it is wrong with some payloads only, the fewest fields that show it.
    """

    id: str
    check: str
    changes: dict[str, Any]
    base: type[Reference]
    fields: frozenset[str]

    def client(self) -> Reference:
        kind: type[Reference] = type("Mutant", (self.base,), self.changes)
        return kind()


def mutant(
    id: str, check: str, *, base: type[Reference] = Reference, fields: Iterable[str] = (), **changes: Any
) -> Mutant:
    assert all(hasattr(base, name) for name in changes), f"{id} changes a method that the reference does not have"
    return Mutant(id, check, changes, base, frozenset(fields))
