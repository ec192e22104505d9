"""The reference client for Kling's newer standard, and mutants of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from tests.mutants.clients.mutant import mutant
from tests.mutants.clients.reference import Answer, Reference

_STATES = {"succeeded": "succeed"}


class Newer(Reference):
    """A client without faults: the path of a create names the model, and one query is for the tasks of all."""

    paths: Mapping[str, str] = {
        "kling-2/omni-video-3.0": "/omni-video/kling-3.0-omni",
        "kling-2/omni-video-o1": "/omni-video/kling-o1",
    }

    def hello(self) -> Answer:
        return {"name": "reference-newer", "operations": list(self.paths), "callbacks": True, "big_numbers": True}

    def place(self) -> str:
        return "/tasks"

    def query(self) -> dict[str, str]:
        return {"task_ids": self.task_id} if self.task_id else {}

    def callback_url(self, payload: Answer) -> Any:
        options = payload.get("options")
        return options.get("callback_url") if isinstance(options, dict) else None

    def called_back(self, data: Answer) -> None:
        super().called_back(self.as_older(data))

    def data(self, response: httpx.Response) -> Answer | None:
        """Return the task: a create shows it alone, and a query in a list, which is empty where there is none."""
        found: Any = super().data(response)
        tasks = found if isinstance(found, list) else [found]
        return next((self.as_older(task) for task in tasks if task and self.task_id in (None, task["id"])), None)

    def as_older(self, task: Answer) -> Answer:
        """Write a task as the older standard does, as far as the reference reads it."""
        videos = [{"url": each["url"]} for each in self.made(task)]
        return {
            "task_id": task["id"],
            "task_status": _STATES.get(task["status"], task["status"]),
            "task_status_msg": task.get("message", ""),
            "task_result": {"videos": videos},
        }

    def made(self, task: Answer) -> list[Answer]:
        return list(task.get("outputs", ()))


def _flattened(self: Newer, payload: Answer) -> Answer:
    """Write the prompt where the older standard has it."""
    (prompt,) = (item["text"] for item in payload["contents"] if item["type"] == "prompt")
    return {"prompt": prompt, **{name: value for name, value in payload.items() if name != "contents"}}


def _with_sound(self: Newer, payload: Answer) -> Answer:
    return {**payload, "settings": {**payload.get("settings", {}), "audio": "native"}}


def _named_as_before(self: Newer, payload: Answer) -> Answer:
    return {**payload, "external_task_id": "mine"}


def _marked(self: Newer, task: Answer) -> list[Answer]:
    return [{"url": each.get("watermark_url") or each["url"]} for each in task.get("outputs", ())]


def _believes_the_body(self: Newer, data: Answer) -> None:
    """Take a callback for true."""
    if data.get("status") == "succeeded" and "data" not in vars(self):
        self.data = lambda _: self.as_older(data)  # type: ignore[method-assign, assignment]
        self.ended.add(self.task_id or data["id"])
        self.bell.set()


def _in_a_list(self: Newer, response: httpx.Response) -> Answer | None:
    """Read the answer to a create as that to a query."""
    found: Any = Reference.data(self, response)
    return self.as_older(found[0]) if found else None


class _OneModel(Newer):
    """Asked for O1 first; it knows one path only in its mutant."""

    paths: Mapping[str, str] = {"kling-2/omni-video-o1": "/omni-video/kling-o1"}


_PATH = "polls-the-right-path"

NEWER = (
    mutant(
        "polls-where-older-films-are",
        _PATH,
        base=Newer,
        told=r"a task of kling-2/omni-video-3\.0 at /v1/videos/omni-video/\d+, a path of kling/omni-video",
        place=lambda self: f"/v1/videos/omni-video/{self.task_id}",
    ),
    mutant(
        "polls-a-path-of-the-task",
        _PATH,
        base=Newer,
        told=r"GET /tasks/\d+ is not a path of the service",
        place=lambda self: f"/tasks/{self.task_id}",
        query=lambda self: {},
    ),
    mutant(
        "names-the-task-by-another-parameter",
        _PATH,
        base=Newer,
        told=r"asked for /tasks\?task_id=\d+, but created \d+",
        query=lambda self: {"task_id": self.task_id} if self.task_id else {},
    ),
    mutant(
        "creates-where-older-films-are",
        "creates-at-the-right-path",
        base=Newer,
        told=r"asked for kling-2/omni-video-3\.0, and created at /v1/videos/omni-video, a path of kling/omni-video",
        create=lambda self, body: self.send("POST", "/v1/videos/omni-video", self.written(body)),
    ),
    mutant(
        "creates-with-one-model-only",
        "creates-at-the-right-path",
        base=_OneModel,
        told="asked for kling-2/omni-video-o1, and created at /omni-video/kling-3.0-omni",
        create=lambda self, body: self.send("POST", "/omni-video/kling-3.0-omni", self.written(body)),
    ),
    mutant(
        "waits-for-the-older-word",
        "waits-for-the-end",
        base=Newer,
        told="'timeout', but the task succeeded",
        limit=lambda self: min(2.0, Reference.limit(self)),
        as_older=lambda self, task: {**Newer.as_older(self, task), "task_status": task["status"]},
    ),
    mutant(
        "writes-the-prompt-as-before",
        "payload-arrives-unchanged",
        base=Newer,
        told="contents was .+ and is missing",
        body=_flattened,
    ),
    mutant(
        "turns-the-sound-on",
        "payload-arrives-unchanged",
        base=Newer,
        told=r"settings\.audio was not given and arrived as .?native",
        body=_with_sound,
    ),
    mutant(
        "names-its-task-where-it-was",
        "nothing-is-invented",
        base=Newer,
        told="the body also has external_task_id",
        body=_named_as_before,
    ),
    mutant(
        "returns-the-marked-film",
        "all-results-in-order",
        base=Newer,
        told="returned the watermarked twin",
        made=_marked,
    ),
    mutant(
        "believes-the-body-of-any-caller",
        "a-stranger-is-not-believed",
        base=Newer,
        told="returned https://forged.example.com/.+, which only the forged callback promised",
        called_back=_believes_the_body,
    ),
    mutant(
        "reads-a-create-as-a-query",
        "waits-for-the-end",
        base=Newer,
        told="KeyError",
        data=_in_a_list,
    ),
)
