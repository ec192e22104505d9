"""A client without faults that finds a task again whose create was not answered, and mutants of it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.mutants.clients.mutant import mutant
from tests.mutants.clients.reference import Answer, Reference


class Finding(Reference):
    """It repeats a create that has an id of its own: the service then makes no second task, and shows the first."""

    def is_worth_it(self, method: str, response: httpx.Response | None) -> bool:
        is_lost = response is None and method == "POST"
        return bool(self.own_id()) if is_lost else super().is_worth_it(method, response)

    def own_id(self) -> str:
        return str(self.request["payload"].get("external_task_id", ""))

    def create(self, body: Answer) -> httpx.Response:
        answer = super().create(body)
        is_known = answer.status_code == 400 and "already exists" in self.read(answer).get("message", "")
        return self.found() if is_known else answer

    def found(self) -> httpx.Response:
        return self.send("GET", f"{self.path}/{self.own_id()}")


class Named(Finding):
    """It gives each create an id of its own, if the user has not."""

    def body(self, payload: Answer) -> Answer:
        return {"external_task_id": "named-by-the-client", **payload}

    def own_id(self) -> str:
        return super().own_id() or "named-by-the-client"


def _looks_into_the_list(self: Finding) -> httpx.Response:
    return self.send("GET", self.path)


def _creates_under_another_id(self: Finding) -> httpx.Response:
    body: dict[str, Any] = {**self.request["payload"], "external_task_id": "another"}
    return self.send("POST", self.path, self.written(body))


_FOUND = "a-lost-task-is-found-again"
_LOST = r"repeated its create, was told 'External_task_id .+ already exists', and lost the task"

FINDING = (
    mutant(
        "takes-a-task-that-exists-for-a-refusal",
        _FOUND,
        base=Finding,
        create=Reference.create,
        told=_LOST + ".+reported 'error'",
    ),
    mutant(
        "loses-what-it-named-itself",
        _FOUND,
        base=Named,
        create=Reference.create,
        told=_LOST,
    ),
    mutant(
        "reads-the-list-as-a-task",
        _FOUND,
        base=Finding,
        found=_looks_into_the_list,
        told="TypeError.+after the answer to its create was lost",
    ),
    mutant(
        "makes-a-known-task-again",
        "a-lost-answer-makes-no-second-task",
        base=Finding,
        found=_creates_under_another_id,
        told="there are 2 tasks.+repeated a create whose answer was lost",
    ),
    mutant(
        "dies-of-a-lost-answer",
        _FOUND,
        lost=lambda self, error: self.request["lost"],
        told="KeyError.+after the answer to its create was lost",
    ),
)
