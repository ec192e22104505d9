"""The account at Kling: its packs, and what was taken from them or from its balance (family 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from mockserver.contract import places
from mockserver.fake import ledger
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.dialects.kling_pages import Row, page
from mockserver.fake.ledger import Entry, Pack
from mockserver.fake.lifecycle import Source
from mockserver.fake.media import plan
from mockserver.fake.media.artifacts import Film, Made, Picture
from mockserver.fake.world import World
from mockserver.types import JSON, Millis

_LAG_MILLIS: Mapping[str, Millis] = {"none": 0, "12h": 12 * 3600 * 1000}

_SECOND_MILLIS: Millis = 1000

_FIRST_BALANCE = Decimal(1000)
"""What an account without packs begins with, in US dollars: ours."""

_RESOLUTIONS = {720: "720p", 1080: "1080p", 2160: "4k"}
"""How a film of such a shorter side is called."""


def costs(world: World, call: Call) -> JSON:
    """Return the packs of an account that are there within the times that are asked for."""
    if call.readings["costs-rate"] == "refused" and _was_just_asked(world, call):
        raise Refused("too-fast", reading="costs-rate")
    start, end = call.payload.get("start_time", 0), call.payload.get("end_time", call.now)
    wanted = call.payload.get("resource_pack_name") or None
    found = _packs(call)
    shown = [pack for pack in found if pack.begin <= end and start < pack.end and wanted in (None, pack.name)]
    paid = ledger.entries(world, call, call.now - _LAG_MILLIS[call.readings["pack-lag"]])
    listed = {"resource_pack_subscribe_infos": [_pack(pack, paid) for pack in shown]} if found else {}
    return {"code": 0, "msg": "success", **listed}


def balance(world: World, call: Call) -> JSON:
    """Return a page of what was taken from the balance: all that was paid, for an account without packs."""
    return page(call, () if _packs(call) else _of_balance(world, _paid(world, call)))


def package(world: World, call: Call) -> JSON:
    """Return a page of what was taken from packs."""
    return page(call, _of_packs(world, _paid(world, call)) if _packs(call) else ())


def charge(world: World, call: Call, source: Source | None) -> None:
    """Refuse a create that the account's pack has no units for. Raises ``Refused``."""
    if _packs(call) and not ledger.can_pay(world, call, source):
        raise Refused("no-balance", reading="empty-pack")


def _packs(call: Call) -> list[Pack]:
    has_packs = call.readings["resource-packs"] == "trial"
    return ledger.packs(call.service, call.account, call.now) if has_packs else []


def _paid(world: World, call: Call) -> list[Entry]:
    return ledger.entries(world, call, call.now)


def _was_just_asked(world: World, call: Call) -> bool:
    """Whether the last second has an answer to the same account."""
    for entry in world.journal:
        if entry.at <= call.now - _SECOND_MILLIS:
            return False
        if (entry.operation, entry.account, entry.response.status) == (call.operation.id, call.account, 200):
            return True
    return False


def _pack(pack: Pack, paid: Iterable[Entry]) -> JSON:
    left = ledger.left(pack, paid)
    return {
        "resource_pack_name": pack.name,
        "resource_pack_id": pack.id,
        "resource_pack_type": "decreasing_total",
        "total_quantity": float(pack.units),
        "remaining_quantity": float(left),
        "purchase_time": pack.begin,
        "effective_time": pack.begin,
        "invalid_time": pack.end,
        "status": "online" if left else "runOut",
    }


def _of_balance(world: World, paid: list[Entry]) -> Iterator[Row]:
    left = _FIRST_BALANCE - sum(each.deduction.units * each.pack.price for each in paid)
    for each in paid:
        amount = each.deduction.units * each.pack.price
        said: JSON = {
            "cash_type": "balance",
            "balance_before_deduction": float(left + amount),
            "deduction_amount": float(amount),
            "balance_after_deduction": float(left),
            "list_price": float(amount),
            "currency": "USD",
        }
        yield Row(each.deduction.at, _task(world, each) | said)
        left += amount


def _of_packs(world: World, paid: Iterable[Entry]) -> Iterator[Row]:
    for each in paid:
        before = max(each.pack.units - each.before, Decimal(0))
        amount = min(each.deduction.units, before)
        said: JSON = {
            "package_id": each.pack.id,
            "product_type": each.pack.product,
            "unit_before_deduction": float(before),
            "deduction_amount": float(amount),
            "unit_after_deduction": float(before - amount),
        }
        yield Row(each.deduction.at, _task(world, each) | said, {"package_name": each.pack.name})


def _task(world: World, entry: Entry) -> dict[str, JSON]:
    """Return what a row says of its task. Keys have no names here, so all are called alike."""
    task = entry.deduction.task
    operation, payload = world.operation(task), world.payload(task)
    made = next(iter(plan.artifacts(operation, task, payload)), None)
    videos = operation.task.get("videos")
    is_changed = task.source is not None or (videos is not None and places.first(videos, payload) is not None)
    return {
        "task_id": task.id,
        "api_key_name": "default",
        "product_function": operation.product,
        "model_name": task.model,
        **_size(made, plan.size(operation, payload)),
        "refer_video_input": is_changed,
        "video_sound": "native" if isinstance(made, Film) and made.sound else "off",
        "voice_control": False,
        "deduction_time": str(entry.deduction.at),
    }


def _size(made: Made | None, name: str) -> dict[str, JSON]:
    if isinstance(made, Film):
        short = min(made.width, made.height)
        return {"resolution": _RESOLUTIONS.get(short, f"{short}p"), "duration": made.duration}
    return {"resolution": name} if isinstance(made, Picture) else {}
