"""The reference client for Kling's newer standard, and mutants of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

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
