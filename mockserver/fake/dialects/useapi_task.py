"""The model of a task at useapi: what was asked for in Kling's own terms, the works, and how long it will take.

What of a request is repeated, and under which names, is ``info`` of the operation that made the task.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from mockserver.contract.readings import Readings, defaults
from mockserver.contract.service import Operation
from mockserver.fake.intake.auth import user
from mockserver.fake.lifecycle import FINAL, Status, Task
from mockserver.fake.media import plan, results
from mockserver.fake.media.artifacts import Drawn, Film, Made, Picture
from mockserver.fake.world import World
from mockserver.types import JSON, Millis, Payload

SCENE = "NORMAL_CREATION"
BLANK: JSON = {"resource": "", "height": 1, "width": 1, "duration": 0, "resourceKey": ""}
"""A resource without a file."""

_NUMBERS = {"processing": "processing-number", "failed": "failed-number"}
_WORKS = 10
"""The ids of works: as many for each id of a task."""


class Work(NamedTuple):
    """One work of a task that is kept; ``number`` counts from 0."""

    task: Task
    number: int

    @property
    def id(self) -> int:
        """Its id, which no other work has."""
        return int(self.task.id) * _WORKS + self.number


def work(world: World, service: str, account: str, id: int) -> Work | None:
    """Find a work that is done, by its id."""
    task = world.tasks.get(service, str(id // _WORKS), account)
    return None if task is None else work_of(world, task, id)


def work_of(world: World, task: Task, id: int | None) -> Work | None:
    """Return the work of a task that has an id, or its first; ``None`` if it has none, or is not done."""
    operation, now = world.operation(task), world.clock.now()
    if not operation.info or task.state(now).status != "succeed":
        return None
    found = (Work(task, number) for number in range(plan.count(operation, world.payload(task))))
    return next((each for each in found if id in (None, each.id)), None)


def source(world: World, operation: Operation, account: str, payload: Payload) -> Work | None:
    """Return the work that a payload names to go on with, if it is there."""
    named = operation.info["of"]
    task, id = (_number(payload.get(named.get(role))) for role in ("task", "work"))
    found = None if task is None else world.tasks.get(operation.service, str(task), account)
    is_unknown = found is None or ("work" in named and id is None)
    return None if found is None or is_unknown else work_of(world, found, id)


def _number(value: JSON) -> int | None:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else None


def created(world: World, task: Task, readings: Readings) -> dict[str, JSON]:
    """Return the answer to a create: the task as it was when it began, and what the account has (useapi 1.3)."""
    shown = _shown(world, task, "submitted", task.created_at, readings)
    return {
        **shown,
        "works": [],
        "message": "",
        "limitation": limitation(shown["task"]["type"]),
        "userPoints": {"points": [], "total": 0},
        "userTickets": {"ticket": []},
        "editProject": None,
    }


def limitation(type: str) -> JSON:
    """Return how many tasks of a type an account may make: more than anybody does."""
    return {"type": type, "remaining": 10000, "limit": 10000}


def model(world: World, task: Task, now: Millis, readings: Readings) -> dict[str, JSON]:
    """Return a task as a query shows it at a moment, without its times to go."""
    status, updated_at = task.state(now)
    shown = _shown(world, task, status, updated_at, readings)
    if status != "failed":
        return {**shown, "message": "success" if status == "succeed" else ""}
    row = world.catalog.services[world.operation(task).service].errors["moderation"].body
    return {**shown, "message": row["message"], "error": task.reason or row["error"]}


def times_to_go(task: Task, status: Status, now: Millis, readings: Readings) -> dict[str, JSON]:
    """Return the times to go, beside the model: whole numbers of an unknown unit, 0 at the end (useapi T-03, Q16)."""
    unit = 1000 if readings["eta-unit"] == "seconds" else 1
    age, end = now - task.created_at, task.timeline[-1][0]
    queued = next((start for start, following in task.timeline if following == "processing"), end)

    def left(span: Millis) -> int:
        return max(-(-span // unit), 1)

    return {
        "etaTime": 0 if status in FINAL else left(end - age),
        "etaTimeOverSla": False,
        "queuingEtaTime": left(queued - age) if status == "submitted" else 0,
        "originEtaTime": 0 if status in FINAL else left(end),
        "originQueuingEtaTime": 0 if status in FINAL else left(queued),
    }


def works(world: World, task: Task) -> list[Work]:
    """Return the works that a task has when it is done."""
    return [Work(task, number) for number in range(plan.count(world.operation(task), world.payload(task)))]


def type_of(operation: Operation, payload: Payload) -> str:
    """Return what Kling calls a task."""
    type = operation.info["type"]
    if isinstance(type, str):
        return type
    value = payload.get(type["field"]) or operation.default(type["field"], payload)
    return str(type["by_value"].get(value, type["else"]))


def _shown(world: World, task: Task, status: Status, updated_at: Millis, readings: Readings) -> dict[str, JSON]:
    """Return what all answers with a task share. The status stands twice, and cannot differ."""
    operation, is_final = world.operation(task), status in FINAL
    usual = world.catalog.services[operation.service].statuses[status]
    number = readings[_NUMBERS[status]] if status in _NUMBERS else usual
    said: dict[str, JSON] = {"status": int(number), "status_name": status, "status_final": is_final}
    info = _info(world, operation, task, readings)
    return {
        "task": {
            "id": int(task.id),
            "userId": user(task.account),
            "type": info["type"],
            "scene": SCENE,
            **said,
            "taskInfo": info,
            "favored": False,
            "deleted": False,
            "viewed": is_final,
            "createTime": task.created_at,
            "updateTime": updated_at,
            **({"viewTime": updated_at} if is_final else {}),
        },
        "works": _works(world, task, said, info, updated_at, readings),
        **said,
    }


def _info(world: World, operation: Operation, task: Task, readings: Readings) -> dict[str, JSON]:
    """Return what was asked for, in Kling's own terms (useapi 1.2)."""
    info, payload = operation.info, world.payload(task)
    before = source(world, operation, task.account, payload) if "of" in info else None
    usual = defaults(world.catalog.services[operation.service].questions, readings)
    said = {name: value for name, value in payload.items() if value not in (None, "")}
    return {
        "type": type_of(operation, payload),
        "inputs": list(_inputs(world, info, payload, before)),
        "arguments": list(_arguments(world, operation, said, usual, before, readings)),
        "extraArgs": {},
        "callbackPayloads": [],
        "scene": SCENE,
    }


def _inputs(world: World, info: Mapping[str, JSON], payload: Payload, before: Work | None) -> Iterator[JSON]:
    """Yield the files that were sent, in the order of the service, and the work of another task."""
    for field, name in info.get("inputs", {}).items():
        if payload.get(field):
            yield _input(name, payload[field])
    if before is not None:
        url = results.url(before.task, made(world, before))
        yield {**_input(info["of"]["input"], url), "fromWorkId": before.id}


def _input(name: str, url: str) -> dict[str, JSON]:
    nothing = {"token": None, "blobStorage": None}
    return {"name": name, "inputType": "URL", **nothing, "url": url, "cover": None, "fromWorkId": None}


def _arguments(
    world: World, operation: Operation, said: Payload, usual: Payload, before: Work | None, readings: Readings
) -> Iterator[JSON]:
    """Yield name and value in the order of the example; every value is text, numbers too. ``usual`` is of readings."""
    meant, shows_defaults = {**usual, **said}, readings["defaults-in-arguments"] == "yes"
    for each in operation.info["arguments"]:
        value = each.get("value")
        if "of" in each:
            value = None if before is None else _of_source(world, each["of"], before.task)
        elif "field" in each and (each["field"] in said or "always" in each or shows_defaults):
            value = meant.get(each["field"], operation.default(each["field"], meant))
        if value is not None:
            yield {"name": each["name"], "value": rewritten(_text(value), said, each.get("references", {}))}


def _of_source(world: World, what: str, task: Task) -> str:
    operation, payload = world.operation(task), world.payload(task)
    if what == "type":
        return type_of(operation, payload)
    return str(plan.value_of_role(operation, payload, "prompt") or "")


def rewritten(prompt: str, sent: Mapping[str, JSON], forms: Mapping[str, str]) -> str:
    """Put a form in the place of each reference to a field that was sent: ``{"@image_%": "Image%"}``.

    The longest name counts, so 10 is not 1 and a 0.
    """
    for reference, form in forms.items():

        def replaced(found: re.Match[str], reference: str = reference, form: str = form) -> str:
            field = reference.removeprefix("@").replace("%", found[1])
            return form.replace("%", found[1]) if field in sent else found[0]

        prompt = _pattern(reference).sub(replaced, prompt)
    return prompt


@cache
def _pattern(reference: str) -> re.Pattern[str]:
    return re.compile(re.escape(reference).replace("%", "([0-9]+)"))


def _text(value: JSON) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _works(
    world: World, task: Task, said: dict[str, JSON], info: dict[str, JSON], at: Millis, readings: Readings
) -> list[JSON]:
    """Return an item for each file of a task that is done, or under a reading the places for them (useapi 2.4)."""
    status = said["status_name"]
    is_done = status == "succeed"
    if status == "failed" or not (is_done or readings["works-before-end"] == "placeholders"):
        return []
    operation = world.operation(task)
    found = plan.artifacts(operation, task, world.payload(task))
    has_cover = is_done and (operation.task["media"] == "video" or readings["image-cover"] == "picture")
    inputs = [{**item, "fromUploadId": None} for item in info["inputs"]]
    return [
        {
            "workId": each.id,
            "workItemId": 0,
            "taskId": int(task.id),
            "userId": user(task.account),
            "type": info["type"],
            **said,
            "contentType": operation.task["media"],
            "resource": _resource(task, item) if is_done else BLANK,
            "cover": _cover(task, item) if has_cover else BLANK,
            "starNum": 0,
            "cloneCount": 0,
            "reportNum": 0,
            "createTime": at,
            "taskInfo": {**info, "inputs": inputs},
            "selfAttitude": "unknown",
            "selfComment": {"rate": 0, "tags": [], "content": ""},
        }
        for each, item in zip(works(world, task), found, strict=True)
    ]


def made(world: World, found: Work) -> Made:
    """Return the file of a work."""
    return plan.artifacts(world.operation(found.task), found.task, world.payload(found.task))[found.number]


def _resource(task: Task, item: Made) -> JSON:
    """Return a file with its pixels, 0 for a sound; ``duration`` is in milliseconds, and 0 for an image."""
    lasting = 0 if isinstance(item, Picture) else item.milliseconds
    return {"resource": results.url(task, item), **_pixels(item), "duration": lasting, "resourceKey": ""}


def _cover(task: Task, item: Made) -> JSON:
    """Return the picture that stands for a file: an image stands for itself."""
    url = results.cover_url(task, item) if isinstance(item, Film) else results.url(task, item)
    return {"resource": url, **_pixels(item), "duration": 0, "resourceKey": ""}


def _pixels(item: Made) -> dict[str, JSON]:
    width, height = (item.width, item.height) if isinstance(item, Drawn) else (0, 0)
    return {"height": height, "width": width}
