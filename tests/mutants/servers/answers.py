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


ANSWERS.answer("numeric-task-id", "task-id-type", "create", _each("task_id", int))
ANSWERS.answer("numeric-task-id-in-query", "task-id-type", "get", _each("task_id", int))
ANSWERS.answer(
    "text-id-at-useapi",
    "task-id-type",
    "get",
    lambda body: body["task"].update(id=str(body["task"]["id"])),
    service="useapi",
    operation=None,
)
ANSWERS.answer(
    "succeeded", "status-words", "get", _each("task_status", lambda state: "succeeded" if state == "succeed" else state)
)
ANSWERS.answer("upper-case-state", "status-words", "get", _each("task_status", str.upper))
ANSWERS.answer("queued", "status-words", "create", _data("task_status", "queued"))
ANSWERS.answer("born-processing", "status-words", "create", _data("task_status", "processing"))
ANSWERS.answer("null-data", "absent-not-null", "get", lambda body: body.update(data=None))
ANSWERS.answer("null-task-info", "absent-not-null", "create", _data("task_info", None))
ANSWERS.answer(
    "null-result-before-end", "absent-not-null", "get", lambda body: body["data"].setdefault("task_result", None)
)
ANSWERS.answer("times-in-seconds", "times-are-millis", "get", _each("created_at", lambda at: at // 1000))
ANSWERS.answer("times-in-words", "times-are-millis", "create", _each("created_at", str))
ANSWERS.answer("no-request-id", "envelope", "any", lambda body: body.pop("request_id"))
ANSWERS.answer("no-request-id-in-refusals", "envelope", "any", lambda body: body.pop("request_id"), refusals=True)
ANSWERS.answer("code-as-text", "envelope", "list", lambda body: body.update(code="0"))
ANSWERS.answer("no-message", "envelope", "get", lambda body: body.pop("message"))
ANSWERS.answer("no-envelope", "envelope", "create", lambda body: body["data"], anew=True)
ANSWERS.answer("one-request-id", "request-ids-differ", "any", lambda body: body.update(request_id="the-same"))
ANSWERS.answer("status-as-code", "refusal-code", "any", lambda body: body.update(code=400), refusals=True)
ANSWERS.answer(
    "numeric-units",
    "body-keeps-schema",
    "get",
    lambda body: "final_unit_deduction" in body["data"] and _each("final_unit_deduction", float)(body),
)
ANSWERS.answer("wrapped-list", "body-keeps-schema", "list", lambda body: body.update(data={"list": body["data"]}))
ANSWERS.answer("no-updated-at", "times-are-millis", "get", lambda body: body["data"].pop("updated_at"))


def _films(body: Any) -> None:
    for film in body["data"].get("task_result", {}).get("videos", ()):
        film["duration"] = float(film["duration"])


def _pictures(body: Any) -> None:
    for picture in body["data"].get("task_result", {}).get("images", ()):
        picture["index"] = str(picture["index"])


ANSWERS.answer("numeric-duration", "body-keeps-schema", "get", _films, operation=VIDEO)
ANSWERS.answer("index-as-text", "body-keeps-schema", "get", _pictures)


@ANSWERS.respond("answer-status")
def created_201(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, status=201) if doing(request) == "create" and response.status == 200 else response


@ANSWERS.respond("answer-status")
def refusals_with_200(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, status=200) if response.status == 400 else response


@ANSWERS.respond("answer-status")
def a_teapot(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, status=418) if response.status == 400 else response


@ANSWERS.respond("answer-is-json")
def html_for_refusals(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(HTML, status=404) if response.status == 404 else response


@ANSWERS.respond("answer-is-json")
def cut_answers(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, body=response.body[:-2]) if doing(request) == "get" else response


@ANSWERS.respond("answer-is-json")
def empty_refusals(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, body=b"") if response.status == 401 else response


@ANSWERS.respond("answer-media-type")
def json_as_html(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, headers={"content-type": "text/html"}) if doing(request) == "list" else response


@ANSWERS.make("no-server-errors")
def fails_now_and_then() -> Wrong:
    numbers = count()

    def respond(ask: Ask, request: Request) -> Response:
        return HTML if doing(request) == "get" and next(numbers) == 5 else ask(request)

    return Wrong(respond)


@ANSWERS.respond("no-server-errors")
def fails_at_names(ask: Ask, request: Request) -> Response:
    response = ask(request)
    is_taken = response.status == 400 and b"already exists" in response.body
    body = json.dumps({"code": 5000, "message": "duplicate key", "request_id": "r"}).encode()
    return replace(response, status=500, body=body) if is_taken else response


@ANSWERS.respond("always-answers")
def hangs_at_lists(ask: Ask, request: Request) -> Response:
    return Response(0) if doing(request) == "list" and "pageNum=2" in request.query else ask(request)
