"""How tasks and documents are named and written in Redis: what the scripts rely on, before what only we read."""

from __future__ import annotations

import struct
from functools import lru_cache
from math import inf
from typing import NamedTuple

from mockserver.fake.lifecycle import FINAL, Task
from mockserver.fake.stores import codec
from mockserver.fake.stores.memory.tasks import weight
from mockserver.fake.stores.store import Owner

STAMP_BYTES = 12
"""Each value begins with the stamp of the commit that wrote it, so that it can be told whether it is still the same."""

_TASK = struct.Struct("<dII")
_PAPER = struct.Struct("<dI")
_LENGTH = struct.Struct("<I")


class Held(NamedTuple):
    """A task as the server has it."""

    stamp: bytes
    task: Task


class Paper(NamedTuple):
    """A document as the server has it: whose it is, and its JSON."""

    stamp: bytes
    account: str | None
    data: bytes


def raw(text: str) -> bytes:
    """Return a text as bytes; half a surrogate pair is a text, too."""
    return text.encode("utf-8", "surrogatepass")


def text(data: bytes) -> str:
    """Return what was made ``raw``."""
    return data.decode("utf-8", "surrogatepass")


def service_of(operation: str) -> str:
    """Return the service of an operation, as all who name a task have to."""
    return operation.partition("/")[0]


def task_key(service: str, id: str) -> bytes:
    """Return the name of a task."""
    return raw(f"{service}:{id}")


@lru_cache(maxsize=4096)
def owner_key(owner: Owner) -> bytes:
    """Return the name of an owner."""
    return raw(":".join(owner))


@lru_cache(maxsize=4096)
def list_key(operation: str, account: str) -> bytes:
    """Return the name of the list of an account's tasks of one operation."""
    return raw(f"list:{operation}:{account}")


@lru_cache(maxsize=4096)
def flight_key(owner: Owner, model: str) -> bytes:
    """Return the name of what an account has in flight on one model; a model may have any name."""
    return raw(f"flight:{owner[0]}:{len(raw(model))}:{model}:{owner[1]}")


def over_at(task: Task) -> float:
    """Return when nothing more happens to a task: infinity if it waits for queries."""
    over = inf
    for start, status in reversed(task.timeline):
        if status not in FINAL:
            break
        over = task.created_at + start
    return over


def written_task(stamp: bytes, task: Task) -> bytes:
    """Write a task with its head."""
    external = b"" if task.external_id is None else b"=" + raw(task.external_id)
    head = _TASK.pack(over_at(task), task.slots, weight(task)) + _names(task.operation, task.model, task.account)
    head += _LENGTH.pack(len(external)) + external
    return b"%b%b%b%b" % (stamp, _LENGTH.pack(len(head)), head, codec.written_task(task))


def read_task(data: bytes) -> Held:
    """Read a task that was written so."""
    start = STAMP_BYTES + _LENGTH.size
    length = int.from_bytes(data[STAMP_BYTES:start], "little")
    return Held(data[:STAMP_BYTES], codec.read_task(data[start + length :]))


def written_paper(stamp: bytes, account: str | None, weight: int, data: bytes) -> bytes:
    """Write a document with its head."""
    whose = account_mark(account)
    return b"%b%b%b%b" % (stamp, _PAPER.pack(weight, len(whose)), whose, data)


def read_paper(data: bytes) -> Paper:
    """Read a document that was written so."""
    start = STAMP_BYTES + _PAPER.size
    _, length = _PAPER.unpack_from(data, STAMP_BYTES)
    whose = data[start : start + length]
    return Paper(data[:STAMP_BYTES], text(whose[1:]) if whose else None, data[start + length :])


def account_mark(account: str | None) -> bytes:
    """Return what stands for an account, or for none."""
    return b"" if account is None else b"=" + raw(account)


@lru_cache(maxsize=4096)
def _names(*names: str) -> bytes:
    return b"".join(_LENGTH.pack(len(name)) + name for name in map(raw, names))
