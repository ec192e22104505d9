"""Answers that are not what the contract has."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import Any

from mockserver.types import Request, Response
from tests.mutants.servers.harness import Ask, Wrong
from tests.mutants.servers.mutant import VIDEO, Mutants, doing

ANSWERS = Mutants()

HTML = Response(502, b"<html><body>Bad Gateway</body></html>", {"content-type": "text/html"})


def _data(name: str, value: Any) -> Any:
    return lambda body: body["data"].__setitem__(name, value)


def _each(name: str, change: Any) -> Any:
    return lambda body: body["data"].__setitem__(name, change(body["data"][name]))


ANSWERS.answer("numeric-task-id", "task-id-type", "create", _each("task_id", int), told=r"create /data/task_id \d{9,}")
ANSWERS.answer(
    "numeric-task-id-in-query", "task-id-type", "get", _each("task_id", int), told=r"get /data/task_id \d{9,}"
)
ANSWERS.answer(
    "text-id-at-useapi",
    "task-id-type",
    "get",
    lambda body: body["task"].update(id=str(body["task"]["id"])),
    service="useapi",
    operation=None,
    told='/task/id "',
)
ANSWERS.answer(
    "succeeded",
    "status-words",
    "get",
    _each("task_status", lambda state: "succeeded" if state == "succeed" else state),
    told='/data/task_status "succeeded"',
)
ANSWERS.answer(
    "upper-case-state", "status-words", "get", _each("task_status", str.upper), told='get /data/task_status "SUBMITTED"'
)
ANSWERS.answer(
    "queued", "status-words", "create", _data("task_status", "queued"), told='create /data/task_status "queued"'
)
ANSWERS.answer(
    "born-processing",
    "status-words",
    "create",
    _data("task_status", "processing"),
    told='create /data/task_status "processing"',
)
ANSWERS.answer("null-data", "absent-not-null", "get", lambda body: body.update(data=None), told="get /data null")
ANSWERS.answer("null-task-info", "absent-not-null", "create", _data("task_info", None), told="/data/task_info null")
ANSWERS.answer(
    "null-result-before-end",
    "absent-not-null",
    "get",
    lambda body: body["data"].setdefault("task_result", None),
    told="/data/task_result null",
)
ANSWERS.answer(
    "times-in-seconds",
    "times-are-millis",
    "get",
    _each("created_at", lambda at: at // 1000),
    told=r"/data/created_at \d{10} at",
)
ANSWERS.answer(
    "times-in-words", "times-are-millis", "create", _each("created_at", str), told=r'/data/created_at "\d{13}"'
)
ANSWERS.answer(
    "no-request-id", "envelope", "any", lambda body: body.pop("request_id"), told=r"nothing at /request_id \(HTTP 200\)"
)
ANSWERS.answer(
    "no-request-id-in-refusals",
    "envelope",
    "any",
    lambda body: body.pop("request_id"),
    refusals=True,
    told=r"nothing at /request_id \(HTTP 40[014]\)",
)
ANSWERS.answer("code-as-text", "envelope", "list", lambda body: body.update(code="0"), told='list /code "0"')
ANSWERS.answer(
    "no-message", "envelope", "get", lambda body: body.pop("message"), told="get /message nothing at /message"
)
ANSWERS.answer(
    "no-envelope", "envelope", "create", lambda body: body["data"], anew=True, told="create /code nothing at /code"
)
ANSWERS.answer(
    "one-request-id",
    "request-ids-differ",
    "any",
    lambda body: body.update(request_id="the-same"),
    told="the-same, as in the answer to ",
)
ANSWERS.answer(
    "status-as-code",
    "refusal-code",
    "any",
    lambda body: body.update(code=400),
    refusals=True,
    told=r"/code 400 at /code \(HTTP 401\)",
)
ANSWERS.answer(
    "numeric-units",
    "body-keeps-schema",
    "get",
    lambda body: "final_unit_deduction" in body["data"] and _each("final_unit_deduction", float)(body),
    told=r"/data/final_unit_deduction \d+\.0",
)
ANSWERS.answer(
    "wrapped-list",
    "body-keeps-schema",
    "list",
    lambda body: body.update(data={"list": body["data"]}),
    told=r'list /data \{"list"',
)
ANSWERS.answer(
    "no-updated-at",
    "times-are-millis",
    "get",
    lambda body: body["data"].pop("updated_at"),
    told="get /data/updated_at nothing",
)


def _films(body: Any) -> None:
    for film in body["data"].get("task_result", {}).get("videos", ()):
        film["duration"] = float(film["duration"])


def _pictures(body: Any) -> None:
    for picture in body["data"].get("task_result", {}).get("images", ()):
        picture["index"] = str(picture["index"])


ANSWERS.answer(
    "numeric-duration", "body-keeps-schema", "get", _films, operation=VIDEO, told=r"videos/0/duration 3\.041"
)
ANSWERS.answer("index-as-text", "body-keeps-schema", "get", _pictures, told='images/0/index "0"')


@ANSWERS.respond("answer-status", told="create 201")
def created_201(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, status=201) if doing(request) == "create" and response.status == 200 else response


@ANSWERS.respond("answer-status", told="200 with a refusal")
def refusals_with_200(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, status=200) if response.status == 400 else response


@ANSWERS.respond("answer-status", told=r"^kling/omni-image\.create 418")
def a_teapot(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, status=418) if response.status == 400 else response


@ANSWERS.respond("answer-is-json", told="<html>.*HTTP 404")
def html_for_refusals(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(HTML, status=404) if response.status == 404 else response


@ANSWERS.respond("answer-is-json", told="get EOF while parsing an object")
def cut_answers(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, body=response.body[:-2]) if doing(request) == "get" else response


@ANSWERS.respond("answer-is-json", told="EOF while parsing a value at line 1 column 0: .*HTTP 401")
def empty_refusals(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, body=b"") if response.status == 401 else response


@ANSWERS.respond("answer-media-type", told="list text/html")
def json_as_html(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, headers={"content-type": "text/html"}) if doing(request) == "list" else response


@ANSWERS.make("no-server-errors", told="get 502")
def fails_now_and_then() -> Wrong:
    numbers = count()

    def respond(ask: Ask, request: Request) -> Response:
        return HTML if doing(request) == "get" and next(numbers) == 5 else ask(request)

    return Wrong(respond)


@ANSWERS.respond("no-server-errors", told="create 500 .*duplicate key")
def fails_at_names(ask: Ask, request: Request) -> Response:
    response = ask(request)
    is_taken = response.status == 400 and b"already exists" in response.body
    body = json.dumps({"code": 5000, "message": "duplicate key", "request_id": "r"}).encode()
    return replace(response, status=500, body=body) if is_taken else response


@ANSWERS.respond("always-answers", told="list no answer: ReadTimeout")
def hangs_at_lists(ask: Ask, request: Request) -> Response:
    return Response(0) if doing(request) == "list" and "pageNum=2" in request.query else ask(request)
