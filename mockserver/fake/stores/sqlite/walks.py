"""Walks over tasks in SQLite, the newest first: a few are read at a time, so that others do not wait."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from operator import itemgetter

from mockserver.fake.lifecycle import Task
from mockserver.fake.stores import codec
from mockserver.fake.stores.sqlite.connection import Connection
from mockserver.fake.stores.sqlite.schema import LIVE, NEVER
from mockserver.fake.stores.store import Owner

_READ_AT_ONCE = 256
"""Tasks that are read in one go where all are: many, and few enough that others do not wait."""

_READ_OF_A_LINE = 32
"""The same of one operation, where those of some twenty are merged and often only the first page is wanted."""


def newest(connection: Connection) -> Iterator[Task]:
    """Yield all tasks; those that come while it runs are missing."""
    before = NEVER
    sql = f"SELECT sequence, record FROM tasks {LIVE} WHERE sequence < ? ORDER BY sequence DESC LIMIT ?"  # noqa: S608
    while found := connection.rows(sql, (before, _READ_AT_ONCE)):
        yield from (codec.read_task(record) for _, record in found)
        before = found[-1][0]


def latest(connection: Connection, owner: Owner) -> Iterator[Task]:
    """Yield an account's tasks; those that come while it runs are missing."""
    service, account = owner
    sql = "SELECT lines.id FROM owners JOIN lines ON lines.owner = owners.id WHERE account = ? AND service = ?"
    lines = (_line(connection, id) for (id,) in connection.rows(sql, (account, service)))
    for _, _, record in merge(*lines, key=itemgetter(0), reverse=True):
        yield codec.read_task(record)


def _line(connection: Connection, id: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield the place among all, the place in its line and the record of each task of an account and operation."""
    before = NEVER
    sql = (
        f"SELECT sequence, position, record FROM tasks {LIVE} WHERE line = ? AND position < ?"  # noqa: S608
        " ORDER BY position DESC LIMIT ?"
    )
    while found := connection.rows(sql, (id, before, _READ_OF_A_LINE)):
        yield from found
        before = found[-1][1]
