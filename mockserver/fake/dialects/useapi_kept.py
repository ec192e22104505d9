"""Elements and avatars at useapi: made at once, kept by an account, and shown as the service writes them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from zlib import crc32

from mockserver.contract.service import Operation
from mockserver.contract.template import MISSING, Found, Scope, filled
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.dialects.filling import of_answer, of_call, written
from mockserver.fake.dialects.useapi_accounts import meant
from mockserver.fake.intake.auth import user
from mockserver.fake.library.possessions import Possession
from mockserver.fake.world import World
from mockserver.types import JSON

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LETTERS = 5


def add(world: World, call: Call) -> bytes:
    """Keep something, and show it."""
    keeps = call.operation.keeps
    id = f"{keeps.get('prefix', '')}{world.ids.integer()}"
    data = {name: value for name, value in call.payload.items() if name != "email"}
    email = meant(world, call)
    kept = Possession(id, call.service.id, call.account, keeps["kind"], email, call.now, data)
    world.possessions.put(kept)
    return written(filled(call.operation.shows, _of_possession(world, call, kept)))


def items(world: World, call: Call) -> bytes:
    """Show a page of what is kept, the newest first unless the request wants it the other way round."""
    keeps, asked = call.operation.keeps, {**call.operation.defaults, **call.payload}
    email = meant(world, call)
    filters = {name: asked[name] for name in keeps.get("filters", ()) if name in asked}
    found = [
        kept
        for kept in world.possessions.of(call.service.id, call.account, keeps["kind"])
        if kept.email in ("", email) and all(kept.data.get(name, False) == value for name, value in filters.items())
    ]
    ordered = found[::-1] if asked.get("sortDirection") == "ASC" else found
    size, number = asked.get("pageSize", len(found)), asked.get("pageNum", 1)
    shown = [_of_possession(world, call, kept) for kept in ordered[(number - 1) * size : number * size]]
    values: dict[str, Callable[[str], Found]] = {
        "count": lambda _: len(found),
        "payload": lambda name: asked.get(name, MISSING),
    }
    return written(
        filled(call.operation.shows, Scope(values, {"kept": lambda: shown}, of_answer(world, call.service.id)))
    )


def item(world: World, call: Call) -> bytes:
    """Show one of what is kept."""
    return written(filled(call.operation.shows, _of_possession(world, call, _found(world, call))))


def remove(world: World, call: Call) -> bytes:
    """Forget one of what is kept."""
    kept = _found(world, call)
    world.possessions.drop(kept)
    return written(filled(call.operation.shows, _of_possession(world, call, kept)))


def answer(world: World, call: Call) -> bytes:
    """Answer at once; nothing is kept."""
    meant(world, call)
    return written(filled(call.operation.shows, of_call(world, call)))


def _found(world: World, call: Call) -> Possession:
    id, kind, email = call.parameters[call.operation.finds], call.operation.keeps["kind"], meant(world, call)
    found = world.possessions.get(call.service.id, call.account, kind, id)
    if found is None or found.email not in ("", email):
        raise Refused("missing-thing", id=id)
    return found


def _of_possession(world: World, call: Call, kept: Possession) -> Scope:
    maker = _maker(call, kept.kind)
    values: Mapping[str, Callable[[str], Found]] = {
        "id": lambda _: kept.id,
        "created_at": lambda _: kept.created_at,
        "user": lambda _: user(kept.account),
        "code": lambda _: _code(kept.id),
        "payload": partial(_sent, maker, kept),
    }
    return Scope(values, around=of_answer(world, call.service.id))


def _maker(call: Call, kind: str) -> Operation:
    operations = call.service.operations.values()
    return next(each for each in operations if each.does == "keep" and each.keeps["kind"] == kind)


def _sent(maker: Operation, kept: Possession, name: str) -> Found:
    value: JSON = kept.data.get(name, maker.defaults.get(name))
    return MISSING if value is None else value


def _code(id: str) -> str:
    """Return five letters by which things of one name are told apart (family U17)."""
    number, letters = crc32(id.encode()), ""
    for _ in range(_CODE_LETTERS):
        number, rest = divmod(number, len(_LETTERS))
        letters += _LETTERS[rest]
    return letters
