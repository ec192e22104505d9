"""The plan of a run: which scenarios are played, which tasks they create, and what those cost.

It is shown before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from mockserver.kit.checks import AnyCheck
from mockserver.kit.server.scenarios.registry import SCENARIOS
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.settings import Target


@dataclass(frozen=True, slots=True)
class Item:
    """The tasks that a scenario creates of one operation: at most so many, and what they cost in units.

    The contract does not know the price of the ``unpriced`` ones.
    """

    scenario: str
    operation: str
    tasks: int
    units: Decimal
    unpriced: int = 0

    @property
    def cost(self) -> str:
        """What they cost, in words."""
        if self.unpriced == self.tasks:
            return "at a price that the contract does not have"
        known = f"{_amount(self.units)} units"
        return f"{known} without {self.unpriced} of them, whose price it does not have" if self.unpriced else known


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run creates at most, in the order in which it does; no more than ``max_creates`` tasks in all."""

    items: tuple[Item, ...]
    max_creates: int

    @property
    def tasks(self) -> int:
        """How many tasks at most."""
        return sum(item.tasks for item in self.items)

    @property
    def units(self) -> Decimal:
        """What they cost by the contract's prices."""
        return sum((item.units for item in self.items), Decimal(0))

    @property
    def unpriced(self) -> int:
        """How many of the tasks have a price that the contract does not have."""
        return sum(item.unpriced for item in self.items)

    def lines(self) -> Iterator[str]:
        """Yield the plan in words, for a person."""
        if not self.items:
            yield "The plan: this run creates no tasks."
        else:
            tasks = f"at most {_count(self.tasks, 'task')} (--max-creates {self.max_creates})"
            rest = f", and {self.unpriced} of them at prices that it does not have" if self.unpriced else ""
            yield f"The plan: {tasks} for about {_amount(self.units)} units, by the contract's prices{rest}."
        for item in self.items:
            yield f"  {item.scenario}: {_count(item.tasks, 'task')} of {item.operation}, {item.cost}"
        yield "  Requests that the server should refuse cost nothing. If it accepts one, that counts as a task, too."


def scenarios_for(checks: Iterable[AnyCheck]) -> tuple[Scenario, ...]:
    """Return the scenarios that some checks need, in the order in which they are played."""
    wanted = {name for check in checks for name in check.scenarios}
    return tuple(scenario for name, scenario in SCENARIOS.items() if name in wanted)


def plan(target: Target, scenarios: Iterable[Scenario], max_creates: int) -> Plan:
    """Return what some scenarios create, cut off after ``max_creates`` tasks."""
    items: dict[tuple[str, str], Item] = {}
    left = max_creates
    for scenario in scenarios:
        for cost in scenario.cost(target):
            tasks = min(cost.tasks, left)
            left -= tasks
            if tasks:
                key = scenario.name, cost.operation
                items[key] = _added(items.get(key, Item(*key, 0, Decimal(0))), cost, tasks)
    return Plan(tuple(items.values()), max_creates)


def _added(item: Item, cost: Cost, tasks: int) -> Item:
    """Return an item with so many of the tasks of a cost."""
    share = cost.units * tasks / cost.tasks
    unpriced = 0 if cost.units else tasks
    return Item(item.scenario, item.operation, item.tasks + tasks, item.units + share, item.unpriced + unpriced)


def _count(amount: int, noun: str) -> str:
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"


def _amount(units: Decimal) -> str:
    return f"{units.quantize(Decimal('0.1')).normalize():f}"
