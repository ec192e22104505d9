"""A scenario: something that is done to a server, with what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.service import Operation
from mockserver.kit.server.evidence import Purpose
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.settings import Target
from mockserver.kit.server.spending.budget import Budget
from mockserver.kit.server.spending.prices import units
from mockserver.kit.server.watched_tasks import base_payload


@dataclass(frozen=True, slots=True)
class Cost:
    """Tasks of one price that a scenario creates of one operation: at most so many, and what each costs in units.

    0 units are a price that the contract does not have.
    """

    operation: str
    tasks: int
    each: Decimal

    @classmethod
    def of_simplest(cls, target: Target, operation: Operation, tasks: int) -> Cost:
        """Return the cost of so many of the simplest tasks of an operation."""
        return cls(operation.id, tasks, units(operation, base_payload(target.expectations, operation)))

    @property
    def units(self) -> Decimal:
        """What all of them cost."""
        return self.tasks * self.each

    def is_within(self, budget: Budget) -> bool:
        """Whether a budget allows all of them."""
        return budget.affords(self.tasks, self.units)


def _nothing(_: Target) -> Iterable[Cost]:
    return ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that is done to a server.

    * ``name``: what checks and the plan of a run call it
    * ``play``: does it; raises ``Spent`` when the budget does not allow all of it
    * ``purposes``: those of its attempts
    * ``cost``: the tasks that it creates, in the order in which it creates them. What a server should refuse is not
      counted: it costs nothing, unless the server is wrong
    """

    name: str
    play: Callable[[Probe], None]
    purposes: frozenset[Purpose]
    cost: Callable[[Target], Iterable[Cost]] = _nothing

    @property
    def sentence(self) -> str:
        """What it does, as ``play`` says it first."""
        return " ".join((self.play.__doc__ or "").split()).partition(". ")[0].rstrip(".") + "."
