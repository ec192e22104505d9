"""A snapshot: tasks, uploads, time and faults as JSON, to be restored later or in another fake.

It leaves out what is past (callbacks that were sent, the journal), and the credentials of ``--key``.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import deque
from dataclasses import asdict
from functools import cache
from typing import Any

import jsonschema_rs

from mockserver.errors import BadSetting
from mockserver.fake.lifecycle import Task
from mockserver.fake.media.uploads import Measure, Upload
from mockserver.fake.world import World
from mockserver.resources import folder
from mockserver.types import JSON, pointer

_VERSION = 1


def taken(world: World) -> dict[str, JSON]:
    """Return the state of a world."""
    return {
        "version": _VERSION,
        "now": world.clock.now(),
        "is_frozen": world.clock.is_frozen,
        "tasks": [{**asdict(task), "document": task.document.decode()} for task in world.store],
        "uploads": [_upload_as_json(world, upload) for upload in reversed(list(world.uploads))],
        "faults": [{"fault": str(fault), "account": fault.account} for _, fault, _ in world.faults],
    }


def restored(world: World, state: JSON) -> None:
    """Replace the state of a world. Raises ``BadSetting``, and then nothing has changed."""
    for error in _form().iter_errors(state):
        at = pointer(tuple(error.instance_path)) or "/"
        raise BadSetting("snapshot", f"{at} does not fit version {_VERSION} of a snapshot: {error.message}.")
    tasks = [_task(item) for item in state["tasks"]]
    unknown = {task.operation for task in tasks} - {
        id for service in world.catalog.services.values() for id in service.operations
    }
    if unknown:
        raise BadSetting(
            "snapshot", f"a task was made by {min(unknown)!r}, an operation that this contract does not have."
        )
    faults = [world.read_fault(item["fault"], item["account"]) for item in state["faults"]]
    forgotten = world.reset()
    if state["is_frozen"]:
        world.clock.freeze()
    world.clock.set(state["now"])
    for task in tasks:
        world.store.add(task, state["now"])
        following = [index for index, (start, _) in enumerate(task.timeline) if task.created_at + start > state["now"]]
        if following:
            world.callbacks.plan(task, following[0])
    for item in state.get("uploads", ()):
        fields = {**item, "measure": Measure(**item["measure"])}
        content = fields.pop("content")
        world.uploads.add(Upload(**fields), None if content is None else b64decode(content))
    for fault in faults:
        world.faults.add(fault)
    deque(forgotten, maxlen=0)


def _upload_as_json(world: World, upload: Upload) -> dict[str, JSON]:
    content = world.uploads.content(upload)
    text = None if content is None else b64encode(content).decode()
    return {**asdict(upload), "measure": upload.measure._asdict(), "content": text}


def _task(item: dict[str, Any]) -> Task:
    timeline = tuple((start, status) for start, status in item["timeline"])
    return Task(**{**item, "timeline": timeline, "document": item["document"].encode()})


@cache
def _form() -> Any:
    description = json.loads((folder("schemas") / "control.json").read_text(encoding="utf-8"))
    whole = {"$ref": "#/components/schemas/Snapshot", "components": description["components"]}
    return jsonschema_rs.validator_for(whole)
