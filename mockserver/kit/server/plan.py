"""The outlay: which tasks a run will make, and what they cost by the contract's prices. It is shown beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.catalog import Operation
from mockserver.kit.server.boundary import bundles
from mockserver.kit.server.probe import Target
from mockserver.kit.server.scenarios.burst import SIZE
from mockserver.kit.server.scenarios.malformed import READABLE
from mockserver.kit.server.scenarios.random_walk import TASKS
from mockserver.kit.server.watched_tasks import base_payload, orders, units


@dataclass(frozen=True, slots=True)
class Item:
    """Tasks that an act makes of one operation: at most so many, and what they cost in units."""

    act: str
    operation: str
    tasks: int
    units: Decimal


def outlay(target: Target, acts: Iterable[str], most: int) -> tuple[Item, ...]:
    """Return what some acts make at most, in the order in which they are played: no more than ``most`` tasks in all.

    What a server should refuse is not counted: it costs nothing, unless the server is wrong.
    """
    found: dict[tuple[str, str], Item] = {}
    left = most
    for item in _wanted(target, tuple(acts)):
        tasks = min(item.tasks, left)
        left -= tasks
        if tasks:
            key = item.act, item.operation
            before = found.get(key, Item(*key, 0, Decimal(0)))
            found[key] = Item(*key, before.tasks + tasks, before.units + item.units * tasks / item.tasks)
    return tuple(found.values())


def lines(items: tuple[Item, ...], most: int) -> Iterator[str]:
    """Word a plan for a person."""
    tasks, total = sum(item.tasks for item in items), sum((item.units for item in items), Decimal(0))
    price = f"{_written(total)} units by the contract's prices"
    yield f"The plan: at most {tasks} tasks (--max-creates {most}), about {price}."
    for item in items:
        yield f"  {item.act}: {item.tasks} × {item.operation}, {_written(item.units)} units"
    yield "  What has to be refused costs nothing, unless the server does not refuse it; that counts, too."


def _wanted(target: Target, acts: tuple[str, ...]) -> Iterator[Item]:
    for name, items in _ACTS.items():
        if name in acts:
            yield from items(target)


def _lives(target: Target) -> Iterator[Item]:
    for maker in target.operations:
        prices = [units(maker, order.payload) for order in orders(target.terms, maker)]
        yield Item("lives", maker.id, len(prices), sum(prices, Decimal(0)))


def _burst(target: Target) -> Iterator[Item]:
    maker = target.operations[0]
    yield Item("burst", maker.id, SIZE, SIZE * _simplest(target, maker))


def _any_order(target: Target) -> Iterator[Item]:
    dearest = max(target.operations, key=lambda maker: _simplest(target, maker))
    yield Item("any order", dearest.id, TASKS, TASKS * _simplest(target, dearest))


def _noise(target: Target) -> Iterator[Item]:
    for maker in target.operations:
        yield Item("noise", maker.id, READABLE, READABLE * _simplest(target, maker))


def _acceptance(target: Target) -> Iterator[Item]:
    found = [(maker, bundles(target.terms, maker, {}, target.seed, target.largest)) for maker in target.operations]
    for turn in range(max(len(some) for _, some in found)):
        for maker, some in found:
            if turn < len(some):
                yield Item("acceptance", maker.id, 1, units(maker, some[turn].payload))


_ACTS: dict[str, Callable[[Target], Iterator[Item]]] = {
    "lives": _lives,
    "burst": _burst,
    "any order": _any_order,
    "noise": _noise,
    "acceptance": _acceptance,
}


def _simplest(target: Target, maker: Operation) -> Decimal:
    return units(maker, base_payload(target.terms, maker))


def _written(amount: Decimal) -> str:
    return f"{amount.quantize(Decimal('0.1')).normalize():f}"
