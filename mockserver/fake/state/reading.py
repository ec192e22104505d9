"""Reading: from the JSON of a snapshot to the state that a world takes, or to the place of what is wrong in it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema_rs

from mockserver.contract.description.control import description
from mockserver.errors import BadSetting, MockserverError
from mockserver.fake.faults import line
from mockserver.fake.faults.fault import Happening
from mockserver.fake.faults.prompt import Prompt
from mockserver.fake.library.possessions import Possession
from mockserver.fake.lifecycle import Task
from mockserver.fake.limits import Limit, Rate
from mockserver.fake.media.uploads import Measure, Upload
from mockserver.fake.state.refusal import cut, refuse
from mockserver.fake.state.tasks import Tasks
from mockserver.fake.world import World
from mockserver.suggestions import quoted
from mockserver.types import JSON, Millis, pointer, value

VERSION = 1


@value
class State:
    """A snapshot that was read and found right; each part is what the world takes."""

    now: Millis
    is_frozen: bool
    ids: Mapping[str, int]
    tasks: tuple[tuple[Task, int], ...]
    uploads: tuple[tuple[Upload, bytes | None], ...]
    possessions: tuple[Possession, ...]
    faults: tuple[Happening, ...]
    prompts: tuple[Prompt, ...]
    limits: tuple[tuple[str, Limit | None, tuple[float, Millis] | None], ...]


def read(world: World, state: JSON) -> State:
    """Read all of a snapshot. Raises ``BadSetting``."""
    state = _json(state)
    for error in _form().iter_errors(state):
        refuse(pointer(tuple(error.instance_path)), f"it does not fit version {VERSION}: {cut(error.message)}.")
    return State(
        now=state["now"],
        is_frozen=state["is_frozen"],
        ids=state.get("ids", {}),
        tasks=tuple(Tasks(world).read(state["tasks"])),
        uploads=tuple(_uploads(world, state.get("uploads", ()))),
        possessions=tuple(_possessions(world, state.get("possessions", ()))),
        faults=tuple(_faults(world, "/faults", state["faults"])),
        prompts=tuple(_prompts(world, state.get("prompts", ()))),
        limits=tuple(_limits(state.get("limits", ()))),
    )


def _json(state: object) -> JSON:
    """Return a state as JSON has it; a whole number that was written as 5.0 is 5."""

    def number(text: str) -> float:
        value = float(text)
        return int(value) if value.is_integer() else value

    try:
        text = json.dumps(state, ensure_ascii=False, allow_nan=False)
        text.encode()
        return json.loads(text, parse_float=number)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        text = "a snapshot is JSON without infinite numbers and halves of letters. Write what `snapshot` returned."
        raise BadSetting("snapshot", text) from error


def _uploads(world: World, items: list[dict[str, Any]]) -> Iterator[tuple[Upload, bytes | None]]:
    ids: set[str] = set()
    for index, item in enumerate(items):
        at = f"/uploads/{index}"
        fields = {name: value for name, value in item.items() if name != "content"}
        upload = Upload(**{**fields, "measure": Measure(**item["measure"])})
        if upload.service not in world.catalog.services:
            refuse(f"{at}/service", f"there is no service {quoted(upload.service)}.")
        if upload.id in ids:
            refuse(f"{at}/id", f"there is another upload {upload.id!r}.")
        ids.add(upload.id)
        yield upload, _content(f"{at}/content", item["content"])


def _possessions(world: World, items: list[dict[str, Any]]) -> Iterator[Possession]:
    for index, item in enumerate(items):
        if item["service"] not in world.catalog.services:
            refuse(f"/possessions/{index}/service", f"there is no service {quoted(item['service'])}.")
        yield Possession(**item)


def _content(at: str, text: str | None) -> bytes | None:
    try:
        return None if text is None else b64decode(text, validate=True)
    except ValueError:
        refuse(at, "it is not Base64.")


def _faults(world: World, at: str, items: list[dict[str, Any]]) -> Iterator[Happening]:
    for index, item in enumerate(items):
        try:
            # A service that this fake does not serve may be served later.
            fault = line.fault(item["fault"], world.catalog.services, item.get("origin", "control"))
        except MockserverError as error:
            refuse(f"{at}/{index}/fault", cut(str(error)))
        scoped = replace(fault, account=item["account"], path=item.get("path"), where=item.get("where", {}))
        yield Happening(scoped, item.get("possible", 0), item.get("happened", 0))


def _prompts(world: World, items: list[dict[str, Any]]) -> Iterator[Prompt]:
    for index, item in enumerate(items):
        faults = tuple(_faults(world, f"/prompts/{index}/faults", item["faults"]))
        yield Prompt(item["service"], item["account"], item["prompt"], faults)


def _limits(items: list[dict[str, Any]]) -> Iterator[tuple[str, Limit | None, tuple[float, Millis] | None]]:
    for index, item in enumerate(items):
        own, at = item["own"], f"/limits/{index}"
        if (item["left"] is None) != (item["at"] is None):
            refuse(at, "left and at are both a number, or both null.")
        if own is not None and (own["requests"] is None) != (own["span"] is None):
            refuse(f"{at}/own", "requests and span are both a number, or both null.")
        rate = None if own is None or own["span"] is None else Rate(own["requests"], own["span"])
        limit = None if own is None else Limit(own["slots"], rate)
        yield item["account"], limit, None if item["at"] is None else (item["left"], item["at"])


@cache
def _form() -> Any:
    whole = {"$ref": "#/components/schemas/Snapshot", "components": description()["components"]}
    return jsonschema_rs.validator_for(whole)
