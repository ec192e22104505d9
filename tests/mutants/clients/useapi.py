"""The reference client for useapi, whose answers have another shape, and mutants of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from tests.mutants.clients.mutant import mutant
from tests.mutants.clients.reference import Answer, Reference


class Useapi(Reference):
    """A client without faults: it knows that a 500 at a create means moderation, and not a bad moment."""

    paths: Mapping[str, str] = {"useapi/omni-image": "/v1/kling/images/omni"}

    def hello(self) -> Answer:
        return {"name": "reference-useapi", "operations": list(self.paths), "big_numbers": True}

    def place(self) -> str:
        return f"/v1/kling/tasks/{self.task_id}"

    def query(self) -> dict[str, str]:
        """Name the account of the task: with several accounts, the service does not find it otherwise."""
        email = self.request["payload"].get("email")
        return {"email": email} if email and self.task_id else {}

    def is_worth_it(self, method: str, response: httpx.Response | None) -> bool:
        is_moderation = response is not None and response.status_code == 500 and method == "POST"
        return not is_moderation and super().is_worth_it(method, response)

    def data(self, response: httpx.Response) -> Answer | None:
        body = self.read(response)
        if response.status_code != 200 or "task" not in body:
            return None
        return {
            "task_id": str(body["task"]["id"]),
            "task_status": body["status_name"],
            "task_status_msg": body.get("error", ""),
            "task_result": {"images": [{"url": work["resource"]["resource"]} for work in body.get("works", [])]},
        }

    def refusal(self, response: httpx.Response) -> Answer:
        said = self.read(response).get("error")
        return {**super().refusal(response), **({"message": said} if said else {})}


def _repeated(self: Useapi, method: str, response: httpx.Response | None) -> bool:
    return Reference.is_worth_it(self, method, response)


def _repeated_unpaid(self: Useapi, method: str, response: httpx.Response | None) -> bool:
    return response is not None and response.status_code == 402


def _busy(self: Useapi, response: httpx.Response) -> dict[str, Any]:
    return Reference.refusal(self, response)


USEAPI = (
    mutant(
        "repeats-a-moderation",
        "a-moderation-500-is-not-repeated",
        told="3 creates were each refused by moderation",
        base=Useapi,
        is_worth_it=_repeated,
    ),
    mutant(
        "takes-a-moderation-for-being-busy",
        "a-moderation-500-is-not-repeated",
        told="'Service busy .+', but the service sent 'The content you uploaded",
        base=Useapi,
        refusal=_busy,
    ),
    mutant(
        "waits-for-a-moderation",
        "a-moderation-500-is-not-repeated",
        told="'timeout', but moderation had refused the create",
        base=Useapi,
        refusal=lambda self, response: {"outcome": "timeout"},
    ),
    mutant(
        "repeats-what-is-not-paid-for",
        "own-mistakes-are-not-repeated",
        told="3 creates were each refused with HTTP 402",
        base=Useapi,
        is_worth_it=_repeated_unpaid,
    ),
    mutant(
        "asks-where-kling-would",
        "polls-the-right-path",
        told=r"GET /v1/kling/images/omni/\d+ is not a path of the service",
        base=Useapi,
        place=lambda self: f"{self.path}/{self.task_id}",
    ),
)
