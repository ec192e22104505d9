"""The ledger of an account: what its tasks have cost, and what is left of its packs. All of it is told by the tasks.

A pack is there for some days of the fake's clock, and then there is another one of the same name. A task is paid for
when it is over, out of the pack of its product; one that failed costs nothing (kling 2.2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from mockserver.contract.service import Operation, Service
from mockserver.fake.call import Call
from mockserver.fake.lifecycle import Source, Task
from mockserver.fake.media import plan
from mockserver.fake.world import World
from mockserver.types import Millis, value

_DAY_MILLIS: Millis = 24 * 3600 * 1000
_NOTHING = Decimal(0)


@value
class Pack:
    """What an account has bought: so many units of a product, from a moment until before another; and their price."""

    id: str
    name: str
    product: str
    units: Decimal
    price: Decimal
    begin: Millis
    end: Millis


@value
class Deduction:
    """What a task has cost: so many units of a product, paid at a moment."""

    task: Task
    product: str
    units: Decimal
    at: Millis


@value
class Entry:
    """A deduction from a pack, of which so many units had been paid ``before`` it."""

    deduction: Deduction
    pack: Pack
    before: Decimal


def packs(service: Service, account: str, at: Millis) -> list[Pack]:
    """Return the packs that an account has at a moment."""
    from hashlib import blake2b  # most never need it, and it brings OpenSSL

    found = []
    for name, pack in service.packs.items():
        span = pack["days"] * _DAY_MILLIS
        begin = at - at % span
        id = blake2b(f"{account}/{name}/{begin}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        units, price = Decimal(pack["units"]), Decimal(pack["price"])
        found.append(Pack(id, name, pack["product"], units, price, begin, begin + span))
    return found


def entries(world: World, call: Call, now: Millis) -> list[Entry]:
    """Return what the account of a call has paid for tasks that are over, the latest first."""
    ended = (task for task in list(world.owned(call).latest()) if task.state(now).status == "succeed")
    found = sorted((_deduction(world, task, now) for task in ended), key=lambda each: -each.at)
    return [*_paid(call.service, call.account, reversed(found))][::-1]


def left(pack: Pack, paid: Iterable[Entry]) -> Decimal:
    """Return how many units of a pack are left; it never has fewer than none."""
    return max(pack.units - sum(each.deduction.units for each in paid if each.pack.id == pack.id), _NOTHING)


def can_pay(world: World, call: Call, source: Source | None) -> bool:
    """Whether the pack of a call's product has room for one more task, when all that may still cost something did."""
    product = _product(call.operation)
    pack = next((each for each in packs(call.service, call.account, call.now) if each.product == product), None)
    if pack is None:
        return True
    tasks = list(world.owned(call).latest())
    costs = (_deduction(world, task, call.now) for task in tasks if task.timeline[-1][1] != "failed")
    taken = sum((each.units for each in costs if each.product == product and each.at >= pack.begin), _NOTHING)
    return taken + Decimal(plan.units(call.operation, call.payload, source)) <= pack.units


def _paid(service: Service, account: str, found: Iterable[Deduction]) -> Iterator[Entry]:
    before: dict[str, Decimal] = defaultdict(Decimal)
    for each in found:
        pack = next((pack for pack in packs(service, account, each.at) if pack.product == each.product), None)
        if each.units and pack is not None:
            yield Entry(each, pack, before[pack.id])
            before[pack.id] += each.units


def _deduction(world: World, task: Task, now: Millis) -> Deduction:
    operation = world.operation(task)
    units = Decimal(plan.units(operation, world.payload(task), task.source))
    return Deduction(task, _product(operation), units, task.state(now).updated_at)


def _product(operation: Operation) -> str:
    """Return whose units a task takes; what is no picture takes units of films (family R10, W4)."""
    return "image" if operation.task["media"] == "image" else "video"
