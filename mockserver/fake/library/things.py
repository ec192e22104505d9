"""Things: what tasks have made that is no file, and presets, found by their ids.

A thing made here is kept as the task that made it: what happens to a task happens to it. One that was deleted stays in
the record of its task, which says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mockserver.contract import places
from mockserver.contract.library import Library
from mockserver.fake.ids import maker_of
from mockserver.fake.lifecycle import Task
from mockserver.fake.world import World
from mockserver.types import JSON, Payload, value

_ID = re.compile(r"[1-9][0-9]{14}", re.ASCII)
"""Of a thing that was made here."""


@value
class Thing:
    """A preset, or what a ``task`` has made; ``counted_in`` is the list that rules count it in."""

    id: str
    counted_in: str | None
    preset: Mapping[str, Any] | None = None
    task: Task | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether the account has deleted it."""
        return self.task is not None and self.task.deleted_at is not None


def find(world: World, library: Library, account: str, id: str) -> Thing | None:
    """Return a thing that an account has, deleted or not."""
    if preset := library.presets_by_id.get(id):
        return Thing(id, library.list_of(preset["thing"]), preset=preset)
    if not _ID.fullmatch(id):
        return None
    now = world.clock.now()
    for service in dict.fromkeys(maker.partition("/")[0] for maker in library.makers):
        task = world.tasks.get(service, maker_of(int(id)), account)
        if task is None or task.operation not in library.makers:
            continue
        # Clocks of those who share a store differ by a little: what was made at once is there in any case.
        if task.state(max(now, task.created_at)).status == "succeed":
            return Thing(id, library.list_of(world.payload(task)), task=task)
    return None


def named(library: Library, payload: Payload) -> str | None:
    """Return the first id of a library that a payload names."""
    return next((id for place in library.named_by for id in ids(place, payload)), None)


def ids(place: str, payload: Payload) -> list[str]:
    """Return the ids at a place of a payload; an empty one counts as none."""
    return [text for each in places.values(place, payload) if (text := _text(each))]


def _text(id: JSON) -> str:
    """Write an id as text; 17 and "17" are one."""
    return str(id) if isinstance(id, int | str) and not isinstance(id, bool) else ""
