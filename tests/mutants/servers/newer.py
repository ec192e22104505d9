"""Servers of Kling's newer standard that do what the older one did, or what their authors made of its pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.core import Fake
from mockserver.types import JSON, Request, Response
from tests.mutants.servers.harness import Ask, Wrong
from tests.mutants.servers.mutant import Mutants, payload, refusal, with_body

NEWER = Mutants()

ABOUT: dict[str, Any] = {"service": "kling-2", "operation": "kling-2/omni-video-3.0.create"}
MOST_IDS = 20


def _is_query(request: Request) -> bool:
    return (request.method, request.path) == ("GET", "/tasks")


def _ids(request: Request) -> list[str]:
    return [id for value in parse_qs(request.query).get("task_ids", []) for id in value.split(",")]


def _asking_for(request: Request, place: tuple[str, str], value: JSON) -> Request:
    """Return a create with another value of a field within an object."""
    holder, name = place
    sent = payload(request)
    inner = sent.get(holder, {})
    changed = {**sent, holder: {**inner, name: value}} if isinstance(inner, dict) else sent
    return replace(request, body=json.dumps(changed).encode())


def _records(id: str, check: str, change: Callable[[dict[str, Any]], object], **about: Any) -> None:
    """Add a mutant that shows each task otherwise, in the answers to queries."""

    def respond(ask: Ask, request: Request) -> Response:
        answer = ask(request)
        if not _is_query(request) or answer.status != 200:
            return answer
        body = json.loads(answer.body)
        for record in body["data"]:
            change(record)
        return with_body(answer, body)

    NEWER.add(id, check, lambda: Wrong(respond), **ABOUT, **about)


@NEWER.respond("refuses-broken-rules", **ABOUT, told=r"twenty-ids accepted: 200")
def shows_the_first_twenty_of_more(ask: Ask, request: Request) -> Response:
    ids = _ids(request) if _is_query(request) else []
    query = urlencode({"task_ids": ",".join(ids[:MOST_IDS])})
    return ask(replace(request, query=query) if len(ids) > MOST_IDS else request)


@NEWER.respond("refuses-broken-rules", **ABOUT, told=r"some-id accepted: 200")
def shows_nothing_where_nothing_is_named(ask: Ask, request: Request) -> Response:
    answer = ask(request)
    is_empty = _is_query(request) and answer.status == 400 and not request.query
    return (
        Response(200, b'{"code":0,"message":"SUCCEED","request_id":"1","data":[]}', answer.headers)
        if is_empty
        else answer
    )


@NEWER.respond("missing-task-refused", **ABOUT, told=r"404 .+1203")
def refuses_ids_that_it_does_not_know(ask: Ask, request: Request) -> Response:
    answer = ask(request)
    is_missing = _is_query(request) and answer.status == 200 and json.loads(answer.body)["data"] == []
    return refusal(404, 1203, "Task not found") if is_missing else answer


@NEWER.respond("body-keeps-schema", **ABOUT, told=r"tasks.get /data")
def shows_one_task_without_a_list(ask: Ask, request: Request) -> Response:
    answer = ask(request)
    body = json.loads(answer.body) if _is_query(request) and answer.status == 200 else {}
    return with_body(answer, {**body, "data": body["data"][0]}) if len(body.get("data", ())) == 1 else answer


@NEWER.respond("films-have-the-size", **ABOUT, told=r"1080")
def films_everything_in_1080p(ask: Ask, request: Request) -> Response:
    is_create = request.path == "/omni-video/kling-3.0-omni" and payload(request)
    return ask(_asking_for(request, ("settings", "resolution"), "1080p") if is_create else request)


def _say_the_older_word(record: dict[str, Any]) -> None:
    record["status"] = record["status"].replace("succeeded", "succeed")


def _count_seconds(record: dict[str, Any]) -> None:
    for output in record.get("outputs", ()):
        output["duration"] = float(output["duration"])


def _lose_the_name(record: dict[str, Any]) -> None:
    record.pop("external_id", None)


_records("says-the-older-word-for-success", "status-words", _say_the_older_word, told=r"succeed")
_records("tells-seconds-as-a-number", "body-keeps-schema", _count_seconds, told=r"duration")
_records("loses-the-name-of-the-client", "external-id-is-echoed", _lose_the_name, told=r"no name instead of")


@NEWER.make("callback-is-a-record", **ABOUT, told=r'\{"code": 0, "data": \{"id"')
def calls_back_with_an_answer() -> Wrong:
    def deliver(_: Fake, due: list[Delivery]) -> list[Delivery]:
        wrapped = [json.dumps({"code": 0, "data": json.loads(each.body)}).encode() for each in due]
        return [replace(each, body=body) for each, body in zip(due, wrapped, strict=True)]

    return Wrong(deliver=deliver)
