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
from mockserver.kit.server.spending.prices import amount, in_units


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
        known = in_units(self.units)
        return f"{known} without {self.unpriced} of them, whose price it does not have" if self.unpriced else known

    @property
    def sentence(self) -> str:
        """How many there are of which operation, and what they cost, in words."""
        return f"{_count(self.tasks, 'task')} of {self.operation}, {self.cost}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does, in the order in which it does: its scenarios, and the tasks that they create at most.

    There are no more than ``max_creates`` tasks in all, and they cost no more than ``max_units``, if that is a number.
    Then no tasks of the ``unpriced_operations`` are created: the contract does not have their prices.
    """

    scenarios: tuple[Scenario, ...]
    items: tuple[Item, ...]
    max_creates: int
    max_units: Decimal | None = None
    unpriced_operations: tuple[str, ...] = ()

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

    def whole(self) -> Iterator[str]:
        """Yield the plan in words, with what each scenario does."""
        head, *_, foot = self.lines()
        yield head
        for scenario in self.scenarios:
            yield f"  {scenario.name}: {scenario.sentence}"
            yield from (f"    {item.sentence}" for item in self.items if item.scenario == scenario.name)
        yield foot
        yield "Nothing was sent."

    def lines(self) -> Iterator[str]:
        """Yield the plan in words: what it costs, and for which scenario."""
        if not self.items:
            yield "The plan: this run creates no tasks."
        else:
            limits = f"--max-creates {self.max_creates}"
            limits += "" if self.max_units is None else f", --max-units {amount(self.max_units)}"
            rest = f", and {self.unpriced} of them at prices that it does not have" if self.unpriced else ""
            most = f"at most {_count(self.tasks, 'task')} ({limits}) for about {in_units(self.units)}"
            yield f"The plan: {most}, by the contract's prices{rest}."
        for item in self.items:
            yield f"  {item.scenario}: {item.sentence}"
        if self.unpriced_operations:
            names = ", ".join(self.unpriced_operations)
            yield f"  --max-units leaves out what the contract has no price of: {names}. --max-creates alone allows it."
        if self.unpriced_operations:
            names = ", ".join(self.unpriced_operations)
            yield f"  --max-units leaves out what the contract has no price of: {names}. --max-creates alone allows it."
        yield "  Requests that the server should refuse cost nothing. If it accepts one, that counts as a task, too."


def scenarios_for(checks: Iterable[AnyCheck]) -> tuple[Scenario, ...]:
    """Return the scenarios that some checks need, in the order in which they are played."""
    wanted = {name for check in checks for name in check.scenarios}
    return tuple(scenario for name, scenario in SCENARIOS.items() if name in wanted)


def plan(target: Target, scenarios: Iterable[Scenario], max_creates: int, max_units: Decimal | None = None) -> Plan:
    """Return what some scenarios create, cut off after ``max_creates`` tasks, and where ``max_units`` are spent."""
    played, items = tuple(scenarios), dict[tuple[str, str], Item]()
    left, rest, unpriced_operations = max_creates, max_units, dict[str, None]()
    for scenario in played:
        for cost in scenario.cost(target):
            tasks = min(cost.tasks, left, _affordable(cost, rest))
            units = tasks * cost.each
            left, rest = left - tasks, None if rest is None else rest - units
            if max_units is not None and not cost.each:
                unpriced_operations[cost.operation] = None
            if max_units is not None and not cost.each:
                unpriced_operations[cost.operation] = None
            if tasks:
                key = scenario.name, cost.operation
                item = items.get(key, Item(*key, 0, Decimal(0)))
                unpriced = item.unpriced + (0 if units else tasks)
                items[key] = Item(*key, item.tasks + tasks, item.units + units, unpriced)
    return Plan(played, tuple(items.values()), max_creates, max_units, tuple(unpriced_operations))


def _affordable(cost: Cost, units: Decimal | None) -> int:
    """Return how many of the tasks of a cost so many units pay for; ``None`` pays for all, and nothing for no price."""
    if units is None:
        return cost.tasks
    return int(min(units // cost.each, Decimal(cost.tasks))) if cost.each else 0


def _count(amount: int, noun: str) -> str:
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"
