"""Servers that are right in the order of a tutorial, and wrong in another order."""

from __future__ import annotations

import json
from dataclasses import replace

from mockserver.types import Request, Response
from tests.mutants.servers.harness import Ask, Wrong
from tests.mutants.servers.mutant import Mutants, doing, refusal, with_body

STATEFUL = Mutants()


def _created(response: Response) -> str | None:
    """Return the id of the task that an answer says was made."""
    return json.loads(response.body)["data"]["task_id"] if response.status == 200 else None


@STATEFUL.make("any-order", told="look refused with 400, after ")
def only_the_last_is_there() -> Wrong:
    """A task is not found any more once another one was created."""
    ids: list[str] = []

    def respond(ask: Ask, request: Request) -> Response:
        id = request.path.rpartition("/")[2]
        if doing(request) == "get" and id in ids[:-1]:
            return refusal(400, 1201, "Task not found")
        response = ask(request)
        if doing(request) == "create" and (made := _created(response)) is not None:
            ids.append(made)
        return response

    return Wrong(respond)


@STATEFUL.make("any-order", told="list (submitted|processing) after (processing|succeed)")
def lists_lag_behind() -> Wrong:
    """A list shows each task as it was when it was first listed."""
    shown: dict[str, object] = {}

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if doing(request) != "list" or response.status != 200:
            return response
        body = json.loads(response.body)
        items = [shown.setdefault(item["task_id"], item) for item in body["data"]]
        return with_body(response, {**body, "data": items})

    return Wrong(respond)


@STATEFUL.make("any-order", told=r"list a list without \d{9,}, after .*create")
def a_new_task_hides_in_lists() -> Wrong:
    """The newest task is not listed until a query asked for it."""
    hidden: set[str] = set()

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if doing(request) == "create" and (made := _created(response)) is not None:
            hidden.add(made)
        if doing(request) == "get":
            hidden.discard(request.path.rpartition("/")[2])
        if doing(request) == "list" and response.status == 200:
            body = json.loads(response.body)
            return with_body(response, {**body, "data": [i for i in body["data"] if i["task_id"] not in hidden]})
        return response

    return Wrong(respond)


@STATEFUL.make("any-order", service="useapi", operation=None, told="look refused with 404, after .*look")
def a_list_ends_the_task() -> Wrong:
    """At useapi, a task that was listed is gone afterwards."""
    listed: set[str] = set()

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if doing(request) == "get" and request.path.rpartition("/")[2] in listed:
            return replace(response, status=404, body=b'{"error":"not found"}')
        if doing(request) == "list" and response.status == 200:
            listed.update(str(item["task"]["id"]) for item in json.loads(response.body)["history"])
        return response

    return Wrong(respond)
