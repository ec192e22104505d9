"""A mutant: the reference client with one method changed, and the check that has to catch it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mockserver.kit.verdict import Finding
from tests.mutants.clients.reference import Reference


@dataclass(frozen=True, slots=True)
class Mutant:
    """A client that is wrong in one way; ``check`` is the id of the one that has to catch it.

    * ``fields``: if it is wrong with some payloads only, the fewest fields that show it
    * ``told``: a pattern that the words of a finding must have, so that it names the fault and not only the check
    """

    id: str
    check: str
    changes: dict[str, Any]
    base: type[Reference]
    fields: frozenset[str]
    told: str

    def client(self) -> Reference:
        kind: type[Reference] = type("Mutant", (self.base,), self.changes)
        return kind()

    def is_told(self, findings: Iterable[Finding]) -> bool:
        """Whether a finding of the check meant for it names the fault."""
        return any(each.check == self.check and re.search(self.told, each.received) for each in findings)


def mutant(
    id: str,
    check: str,
    *,
    base: type[Reference] = Reference,
    fields: Iterable[str] = (),
    told: str,
    **changes: Any,
) -> Mutant:
    assert all(hasattr(base, name) for name in changes), f"{id} changes a method that the reference does not have"
    return Mutant(id, check, changes, base, frozenset(fields), told)
