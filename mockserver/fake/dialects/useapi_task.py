"""The model of a task at useapi: what was asked for in Kling's own terms, the works, and how long it will take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mockserver.contract.catalog import Operation
from mockserver.contract.readings import Readings, defaults
from mockserver.fake.intake.auth import user
from mockserver.fake.lifecycle import FINAL, Status, Task
from mockserver.fake.media import plan, results
from mockserver.fake.media.artifacts import Drawn, Made
from mockserver.fake.world import World
from mockserver.types import JSON, Millis, Payload

TYPE = "mmu_omni_image"
SCENE = "NORMAL_CREATION"
IMAGES = tuple(f"image_{number}" for number in range(1, 11))

_ARGUMENTS = {
    "omni_version": "kolors_version",
    "resolution": "img_resolution",
    "aspect_ratio": "aspect_ratio",
    "imageCount": "imageCount",
}
_NUMBERS = {"processing": "processing-number", "failed": "failed-number"}
_REFERENCE = re.compile(r"@image_([0-9]+)")
_BLANK: JSON = {"resource": "", "height": 1, "width": 1, "duration": 0, "resourceKey": ""}


def created(world: World, task: Task, readings: Readings) -> dict[str, JSON]:
    """Return the answer to a create: the task as it was when it began, and what the account has (useapi 1.3)."""
    shown = _shown(world, task, "submitted", task.created_at, readings)
    return {
        **shown,
        "works": [],
        "message": "",
        "limitation": {"type": TYPE, "remaining": 10000, "limit": 10000},
        "userPoints": {"points": [], "total": 0},
        "userTickets": {"ticket": []},
        "editProject": None,
    }


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


def work_ids(world: World, task: Task) -> list[int]:
    """Return the ids of a task's works; no other task has them."""
    return [int(task.id) * 10 + index for index in range(plan.count(world.operation(task), world.payload(task)))]


def _shown(world: World, task: Task, status: Status, updated_at: Millis, readings: Readings) -> dict[str, JSON]:
    """Return what all answers with a task share. The status stands twice, and cannot differ."""
    operation, is_final = world.operation(task), status in FINAL
    usual = world.catalog.services[operation.service].statuses[status]
    number = readings[_NUMBERS[status]] if status in _NUMBERS else usual
    said: dict[str, JSON] = {"status": int(number), "status_name": status, "status_final": is_final}
    usual = defaults(world.catalog.services[operation.service].questions, readings)
    info = _info(operation, world.payload(task), usual, readings)
    return {
        "task": {
            "id": int(task.id),
            "userId": user(task.account),
            "type": TYPE,
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


def _info(operation: Operation, payload: Payload, usual: Payload, readings: Readings) -> dict[str, JSON]:
    """Return what was asked for, in Kling's own terms (useapi 1.2); ``usual`` is what the readings make of the rest."""
    sent = [name for name in IMAGES if payload.get(name)]
    return {
        "type": TYPE,
        "inputs": [
            {
                "name": name,
                "inputType": "URL",
                "token": None,
                "blobStorage": None,
                "url": payload[name],
                "cover": None,
                "fromWorkId": None,
            }
            for name in sent
        ],
        "arguments": list(_arguments(operation, payload, usual, sent, readings)),
        "extraArgs": {},
        "callbackPayloads": [],
        "scene": SCENE,
    }


def _arguments(
    operation: Operation, payload: Payload, usual: Payload, sent: list[str], readings: Readings
) -> Iterator[JSON]:
    """Yield name and value in the order of the example; every value is text, numbers too."""
    said = {name: value for name, value in payload.items() if value not in (None, "")}
    meant = {**usual, **said}
    yield {"name": "prompt", "value": rewritten(payload["prompt"], sent, "Image{}")}
    yield {"name": "rich_prompt", "value": rewritten(payload["prompt"], sent, "<<<image_{}>>>")}
    for field, name in _ARGUMENTS.items():
        if field in said or field == "omni_version" or readings["defaults-in-arguments"] == "yes":
            value = meant[field] if field in meant else operation.default(field, meant)
            yield {"name": name, "value": str(plan.count(operation, payload)) if field == "imageCount" else value}


def rewritten(prompt: str, sent: list[str], form: str) -> str:
    """Put a form in the place of each ``@image_N`` that was sent; the longest name counts, so 10 is not 1 and a 0."""

    def replaced(found: re.Match[str]) -> str:
        return form.format(found[1]) if f"image_{found[1]}" in sent else found[0]

    return _REFERENCE.sub(replaced, prompt)


def _works(
    world: World, task: Task, said: dict[str, JSON], info: dict[str, JSON], at: Millis, readings: Readings
) -> list[JSON]:
    """Return an item for each image of a task that is done, or under a reading the places for them (useapi 2.4)."""
    status = said["status_name"]
    is_done = status == "succeed"
    if status == "failed" or not (is_done or readings["works-before-end"] == "placeholders"):
        return []
    operation = world.operation(task)
    found = plan.artifacts(operation, task, world.payload(task))
    urls = [results.url(task, item) for item in found]
    inputs = [{**item, "fromUploadId": None} for item in info["inputs"]]
    return [
        {
            "workId": id,
            "workItemId": 0,
            "taskId": int(task.id),
            "userId": user(task.account),
            "type": TYPE,
            **said,
            "contentType": operation.task["media"],
            "resource": _resource(item, url) if is_done else _BLANK,
            "cover": _resource(item, url) if is_done and readings["image-cover"] == "picture" else _BLANK,
            "starNum": 0,
            "cloneCount": 0,
            "reportNum": 0,
            "createTime": at,
            "taskInfo": {**info, "inputs": inputs},
            "selfAttitude": "unknown",
            "selfComment": {"rate": 0, "tags": [], "content": ""},
        }
        for id, item, url in zip(work_ids(world, task), found, urls, strict=True)
    ]


def _resource(item: Made, url: str) -> JSON:
    """Return a file with its pixels, 0 for a sound; ``duration`` is in milliseconds, and 0 for an image."""
    width, height = (item.width, item.height) if isinstance(item, Drawn) else (0, 0)
    return {"resource": url, "height": height, "width": width, "duration": 0, "resourceKey": ""}
