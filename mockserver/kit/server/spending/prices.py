"""What a task costs, by the prices of the contract: ``units`` and its neighbours in the ``task`` of an operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from mockserver.contract.service import Operation
from mockserver.kit.server.watched_tasks import chosen, in_role, watched_task
from mockserver.types import JSON


def units(operation: Operation, payload: JSON) -> Decimal:
    """Return what a task costs by the contract's prices; 0 where it has none.

    The payload may be any that a server could accept, also by mistake: what is no number, or no size, counts as unsaid.
    """
    said = payload if isinstance(payload, dict) else {}
    task, size = operation.task, in_role(operation, said, "size")
    if not isinstance(size, str) or size not in task.get("sizes", ()):
        size = task.get("usual_size", "each")
    price = Decimal(_prices(operation, said).get(size, "0"))
    each = task.get("units_each", 1 if task["media"] == "video" else "result")
    if each == "task":
        return price
    if each == "result":
        return price * _paid_results(operation, said)
    seconds = watched_task(operation, said, "").seconds or 1
    return price * int(-(-seconds // each))


def in_units(price: Decimal) -> str:
    """Write a price as a sentence has it: ``96 units``, ``0.6 units``, ``1 unit``."""
    return f"{amount(price)} unit" if price == 1 else f"{amount(price)} units"


def amount(price: Decimal) -> str:
    """Write the number of units of a price, without zeros at its end."""
    return f"{price:.2f}".rstrip("0").rstrip(".")


def _prices(operation: Operation, payload: Mapping[str, JSON]) -> Mapping[str, str]:
    """Return the price of each size: that of the model, and for what else the payload asks for, if that counts."""
    model = in_role(operation, payload, "model")
    task = operation.task | operation.task.get("by_model", {}).get(model if isinstance(model, str) else None, {})
    cases: Iterator[Mapping[str, str]] = (
        case["units"]
        for case in task.get("units_when", ())
        if all(_is_wanted(chosen(operation, payload, place), wanted) for place, wanted in case["when"].items())
    )
    return next(cases, task.get("units", {}))


def _is_wanted(value: JSON, wanted: JSON) -> bool:
    """Whether a value counts for a price; ``True`` wants any that is not empty."""
    return bool(value) if wanted is True else value == wanted


def _paid_results(operation: Operation, payload: Mapping[str, JSON]) -> int:
    """Return how many results are paid for; the sounds beside a film are not."""
    task, watched = operation.task, watched_task(operation, payload, "")
    if watched.count is None:
        return int(task["series"]["auto"] if watched.series else task.get("usual_count", 1))
    return max(watched.count - int(task.get("sounds", 0)), 1)
