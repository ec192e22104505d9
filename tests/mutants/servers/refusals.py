"""Servers in which a refused create leaves something behind, and servers that check a rule on one side of its edge."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mockserver.types import Request, Response
from tests.mutants.servers.harness import NOON, Ask, Wrong
from tests.mutants.servers.mutant import VIDEO, Mutants, doing, payload, refusal, with_body, with_field

REFUSALS = Mutants()

_BUSY = refusal(429, 1303, "parallel task over resource pack limit")

Remembered = dict[str, str]
"""The paths of refused creates, by the client's own names."""


def _remembers(
    id: str, check: str, answer: Callable[[Remembered, Ask, Request], Response], *, by: str = "external_task_id",
    is_kept: Callable[[Response], bool] = lambda _: True, **about: Any,
) -> None:  # fmt: skip
    """Add a mutant that remembers the names of the creates that it refused, if ``is_kept`` says so of the refusal."""

    def make() -> Wrong:
        refused: Remembered = {}

        def respond(ask: Ask, request: Request) -> Response:
            response = answer(refused, ask, request)
            name = payload(request).get(by) if doing(request) == "create" else None
            if isinstance(name, str) and name and 400 <= response.status < 500 and is_kept(response):
                refused[name] = request.path
            return response

        return Wrong(respond)

    REFUSALS.add(id, check, make, **about)


def _is_across_fields(response: Response) -> bool:
    """Whether a refusal is for a rule across fields, by what the fake says of it."""
    rule = response.headers.get("mockserver-rule", "")
    return bool(rule) and "." not in rule


def _record(name: str) -> dict[str, Any]:
    times = {"created_at": NOON, "updated_at": NOON}
    return {"task_id": "7", "task_status": "failed", "task_info": {"external_task_id": name}, **times}


def _listing(refused: Remembered, ask: Ask, request: Request) -> Response:
    response = ask(request)
    if doing(request) != "list" or response.status != 200:
        return response
    body = json.loads(response.body)
    more = [_record(name) for name, path in refused.items() if path == request.path]
    return with_body(response, {**body, "data": [*more[:3], *body["data"]]})


def _finding(refused: Remembered, ask: Ask, request: Request) -> Response:
    name = request.path.rpartition("/")[2]
    if doing(request) != "get" or name not in refused:
        return ask(request)
    body = json.dumps({"code": 0, "message": "SUCCEED", "request_id": name, "data": _record(name)}).encode()
    return Response(200, body, {"content-type": "application/json"})


def _taken(refused: Remembered, ask: Ask, request: Request) -> Response:
    name = payload(request).get("external_task_id") if doing(request) == "create" else None
    is_taken = isinstance(name, str) and name in refused
    return refusal(400, 1201, f"External_task_id {name} already exists") if is_taken else ask(request)


_LISTED = "refused, but .*list has its task"
_FOUND = "refused, but a query for its name shows task 7"
_TAKEN = "with the name of a refused create: 400 .*already exists"

_remembers("refused-create-is-listed", "refused-create-is-not-listed", _listing, told=_LISTED)
_remembers(
    "refused-film-is-listed", "refused-create-is-not-listed", _listing, operation=VIDEO, is_kept=_is_across_fields,
    told=_LISTED,
)  # fmt: skip
_remembers("refused-create-is-found", "refused-create-is-not-found", _finding, told=_FOUND)
_remembers(
    "refused-film-is-found", "refused-create-is-not-found", _finding, operation=VIDEO, is_kept=_is_across_fields,
    told=_FOUND,
)  # fmt: skip
_remembers("name-of-refused-create-is-taken", "refused-create-leaves-its-name", _taken, told=_TAKEN)
_remembers(
    "name-of-refused-film-is-taken", "refused-create-leaves-its-name", _taken, operation=VIDEO,
    is_kept=_is_across_fields, told=_TAKEN,
)  # fmt: skip


def _running(refused: Remembered, ask: Ask, request: Request) -> Response:
    response = ask(request)
    if doing(request) != "running":
        return response
    job = {"id": 7, "email": "first@example.com", "started": "2026-11-20T12:00:00Z", "elapsed": "00:01"}
    jobs = [{**job, "replyRef": name} for name in list(refused)[:2]]
    return with_body(response, [*json.loads(response.body), *jobs])


_remembers(
    "refused-create-runs", "refused-create-is-not-listed", _running, by="replyRef", service="useapi", operation=None,
    told="refused, but useapi/scheduler.list has its task",
)  # fmt: skip


@REFUSALS.make(
    "refused-create-is-not-listed", service="yutoai", operation=None, chosen={"gateway-query": "same-path"},
    told=r"refused, but yutoai/omni-image.list has \d+ tasks more",
)  # fmt: skip
def refused_creates_are_tasks_without_names() -> Wrong:
    """Each create that breaks a rule becomes a task that a list shows, failed at once."""
    count = 0

    def respond(ask: Ask, request: Request) -> Response:
        nonlocal count
        response = ask(request)
        count += doing(request) == "create" and response.status == 400
        if doing(request) != "list" or response.status != 200:
            return response
        body = json.loads(response.body)
        more = [{**_record(""), "task_id": f"7{number}", "task_info": {}} for number in range(count)]
        return with_body(response, {**body, "data": [*more, *body["data"]]})

    return Wrong(respond)


def _leaks(id: str, slots: int, **about: Any) -> None:
    """Add a mutant in which each refused create takes one of so many slots, for good."""

    def make() -> Wrong:
        taken = 0

        def respond(ask: Ask, request: Request) -> Response:
            nonlocal taken
            if doing(request) != "create":
                return ask(request)
            if taken >= slots:
                return _BUSY
            response = ask(request)
            taken += response.status == 400
            return response

        return Wrong(respond)

    told = r"429 .*1303.*, after \d+ refused creates, with no task of ours running"
    REFUSALS.add(id, "refused-create-takes-no-slot", make, told=told, **about)


_leaks("refused-creates-take-slots", 20)
_leaks("refused-creates-take-few-slots", 5)
_leaks("refused-films-take-slots", 100, operation=VIDEO)


def _seconds(value: Any) -> int | None:
    return int(value) if str(value).isdecimal() else None


def _sums(id: str, is_accepted: Callable[[dict[str, Any], int, int], bool]) -> None:
    """Add a mutant that accepts some films whose shots do not add up: it makes them as long as its shots are."""

    def respond(ask: Ask, request: Request) -> Response:
        sent = payload(request) if doing(request) == "create" and "omni-video" in request.path else {}
        shots = sent["multi_prompt"] if isinstance(sent.get("multi_prompt"), list) else []
        parts = [_seconds(shot.get("duration")) if isinstance(shot, dict) else None for shot in shots]
        total = _seconds(sent.get("duration") or "5")
        if not parts or None in parts or total is None:
            return ask(request)
        whole = sum(part for part in parts if part is not None)
        if whole == total or not is_accepted(sent, whole, total):
            return ask(request)
        mended = ask(with_field(request, "duration", str(whole)))
        if mended.status == 200 or not shots:
            return mended
        return ask(with_field(request, "multi_prompt", [{**shots[0], "duration": str(total)}]))

    told = "shots-add-up accepted: 200"
    REFUSALS.add(id, "refuses-broken-rules", lambda: Wrong(respond), operation=VIDEO, told=told)


_sums("shots-may-be-shorter", lambda _, whole, total: whole < total)
_sums("shots-may-be-longer", lambda _, whole, total: whole > total)
_sums("shots-may-be-longer-where-that-is-legal", lambda _, whole, total: 15 >= whole > total)
_sums("shots-may-be-a-second-shorter", lambda _, whole, total: total - whole == 1)
_sums("shots-may-be-a-second-longer", lambda _, whole, total: whole - total == 1)
_sums("shots-decide-where-no-length-was-sent", lambda sent, _, __: "duration" not in sent)
_sums(
    "shots-need-not-fill-a-film-that-says-its-length", lambda sent, whole, total: "duration" in sent and whole < total
)


def _total(id: str, rule: str, counted: str, most: int, **about: Any) -> None:
    """Add a mutant that looks at one of the lists that share a maximum: what is over it in the others is left out."""

    def respond(ask: Ask, request: Request) -> Response:
        sent = payload(request) if doing(request) == "create" else {}
        lists = {name: value for name, value in sent.items() if name.endswith("_list") and isinstance(value, list)}
        others = sum(len(value) for name, value in lists.items() if name != counted)
        response = ask(request)
        if response.status == 200 or len(lists.get(counted, ())) > most or not others:
            return response
        return ask(with_field(request, counted, lists.get(counted, [])[: max(0, most - others)] or None))

    REFUSALS.add(id, "refuses-broken-rules", lambda: Wrong(respond), told=f"{rule} accepted: 200", **about)


_total("elements-do-not-count", "ten-references", "element_list", 10)
_total("elements-of-films-do-not-count", "seven-references", "element_list", 7, operation=VIDEO)


def _fixes(id: str, rule: str, change: Callable[[dict[str, Any]], dict[str, Any]], **about: Any) -> None:
    """Add a mutant that mends a payload which breaks a rule across fields, instead of refusing it."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if doing(request) != "create" or response.status != 400 or response.headers.get("mockserver-rule") != rule:
            return response
        return ask(replace(request, body=json.dumps(change(payload(request))).encode()))

    REFUSALS.add(id, "refuses-broken-rules", lambda: Wrong(respond), told=f"{rule} accepted: 200", **about)


_fixes(
    "o1-draws-4k", "o1-up-to-2k", lambda sent: {**sent, "resolution": "2k"}, chosen={"o1-abilities": "refused"}
)  # fmt: skip
_fixes(
    "films-of-any-ratio-from-text", "aspect-ratio-required", lambda sent: {**sent, "aspect_ratio": "16:9"},
    operation=VIDEO,
)  # fmt: skip
_fixes("o1-films-twelve-seconds", "o1-up-to-ten-seconds", lambda sent: {**sent, "duration": "10"}, operation=VIDEO)
_fixes(
    "sound-beside-a-video", "video-without-sound", lambda sent: {**sent, "sound": "off"}, operation=VIDEO
)  # fmt: skip
