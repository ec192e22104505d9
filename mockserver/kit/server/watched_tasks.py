"""Orders: the few tasks that are watched to their end, made so that as much as possible can be told from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from mockserver.contract.catalog import Operation
from mockserver.contract.vectors import picture
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.kit.server.evidence import Order
from mockserver.kit.server.expectations import Terms
from mockserver.types import JSON

_PROMPT = "A red bicycle in the rain"
_RATIOS = ("9:16", "3:4", "16:9")


def orders(terms: Terms, operation: Operation, extra: Mapping[str, JSON] | None = None) -> Iterator[Order]:
    """Yield the orders of an operation, the simplest first; ``extra`` fields are in each that can have them."""
    task, base = operation.task, {**base_payload(terms, operation), **(extra or {})}
    wishes: list[dict[str, JSON]] = [{}, _rich(operation)]
    if task["media"] == "video":
        wishes = [_rich(operation), {**_rich(operation), **_field(task, "sound", "on")}]
    if "series" in task:
        wishes.append(_series(operation))
    seen: list[JSON] = []
    for number, wish in enumerate(wishes):
        payload = _fitting(terms, operation, base, wish)
        if payload is not None and payload not in seen:
            seen.append(payload)
            yield order(operation, payload, f"{operation.id}.{number}".replace("/", "-"))


def order(operation: Operation, payload: Mapping[str, JSON], name: str) -> Order:
    """Return an order of a payload, with what must come of it."""
    task = operation.task
    is_series = "series" in task and payload.get(task["series"]["field"]) == task["series"]["is"]
    count = payload.get(task["series"]["count"]) if is_series else _said(operation, payload, "count")
    ratio = _said(operation, payload, "ratio")
    is_film = task["media"] == "video"
    size = _said(operation, payload, "size")
    return Order(
        name=name,
        operation=operation,
        payload=payload,
        media=task["media"],
        count=int(count) if isinstance(count, int) else 1,
        ratio=ratio if isinstance(ratio, str) and ":" in ratio else None,
        seconds=int(_said(operation, payload, "duration") or task["usual_duration"]) if is_film else None,
        side=task["sizes"].get(size or task["usual_size"]) if is_film else None,
        sound=_said(operation, payload, "sound") == "on" if is_film and "sound" in task else None,
        watermark=bool((payload.get("watermark_info") or {}).get("enabled")),
    )


def base_payload(terms: Terms, operation: Operation) -> dict[str, JSON]:
    """Return the simplest payload that nothing is wrong with, and that needs nothing from outside."""
    source = ValidPayloads.of(operation, terms.chosen, is_strict=True)
    found = [source.simplest(branch) for branch in source.branches]
    fitting = [payload for payload in found if terms.is_accepted(operation, payload) and not borrows(payload)]
    simplest: dict[str, JSON] = dict(fitting[0] if fitting else found[0])
    return {name: _PROMPT if name == operation.task["prompt"] else value for name, value in simplest.items()}


def borrows(payload: JSON) -> bool:
    """Whether a payload speaks of something outside: a file at a URL, or an element of the account's."""
    if isinstance(payload, dict):
        return any(
            name == "element_id" or name.startswith("element_") or borrows(value) for name, value in payload.items()
        )
    if isinstance(payload, list):
        return any(map(borrows, payload))
    return isinstance(payload, str) and payload.startswith(("http://", "https://"))


def units(operation: Operation, payload: Mapping[str, JSON]) -> Decimal:
    """Return what a task costs by the contract's prices; 0 where it has none."""
    task, about = operation.task, order(operation, payload, "")
    price = Decimal(task.get("units", {}).get(_said(operation, payload, "size") or task["usual_size"], "0"))
    return price * (about.count if about.seconds is None else about.seconds)


def _said(operation: Operation, payload: Mapping[str, JSON], role: str) -> Any:
    field = operation.task.get(role)
    value = payload.get(field) if field else None
    return operation.defaults.get(field) if field and value in (None, "") else value


def _rich(operation: Operation) -> dict[str, JSON]:
    """Ask for more than one result, of a ratio and a size that are not the usual, with a watermark."""
    task, fields = operation.task, operation.schema["properties"]
    ratios = fields.get(task.get("ratio"), {}).get("enum", ())
    wish: dict[str, JSON] = {**_field(task, "count", 2)}
    wish |= _field(task, "ratio", next((ratio for ratio in _RATIOS if ratio in ratios), None))
    wish |= _field(task, "duration", min(_lengths(fields.get(task.get("duration"), {})), key=int, default=None))
    wish |= _field(task, "size", next(iter(task["sizes"])))
    if "watermark_info" in fields:
        wish["watermark_info"] = {"enabled": True}
    return {name: value for name, value in wish.items() if value is not None}


def _series(operation: Operation) -> dict[str, JSON]:
    task, fields = operation.task, operation.schema["properties"]
    holder, _, field = task.get("images", "").partition("[].")
    images: dict[str, JSON] = {holder: [{field: picture(300, 300)}]} if holder in fields else {}
    return {task["series"]["field"]: task["series"]["is"], task["series"]["count"]: 2, **images}


def _fitting(
    terms: Terms, operation: Operation, base: Mapping[str, JSON], wish: Mapping[str, JSON]
) -> dict[str, JSON] | None:
    """Fulfil a wish, with whichever model can; if none can, leave out what stands in the way."""
    field = operation.task.get("model")
    models = operation.schema["properties"].get(field, {}).get("enum", ()) if field else ()
    for model in (None, *models):
        named = {**base, **wish}
        if field and model:
            named[field] = model
        if terms.is_accepted(operation, named):
            return named
    for name in wish:
        less = {key: value for key, value in wish.items() if key != name}
        if terms.is_accepted(operation, {**base, **less}):
            return {**base, **less}
    return None


def _field(task: Mapping[str, Any], role: str, value: JSON) -> dict[str, JSON]:
    return {task[role]: value} if role in task and value is not None else {}


def _lengths(schema: Mapping[str, Any]) -> list[JSON]:
    return [value for value in schema.get("enum", ()) if str(value).isdecimal()]
