"""Servers like useapi.net whose answers repeat, count or take what they should not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mockserver.types import JSON, Request, Response
from tests.mutants.servers.harness import TOKEN, Ask, Wrong
from tests.mutants.servers.mutant import Mutants, doing, with_body

USEAPI = Mutants()

ABOUT: dict[str, Any] = {"service": "useapi", "operation": None}
SEVERAL = {"several-accounts": "several", "unknown-email": "404"}
ECHO = "request-is-repeated"


def _arguments(task: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = task["task"]["taskInfo"]["arguments"]
    return found


def _without(name: str) -> Callable[[Any], object]:
    def change(task: Any) -> None:
        task["task"]["taskInfo"]["arguments"] = [each for each in _arguments(task) if each["name"] != name]

    return change


def _saying(name: str, value: str) -> Callable[[Any], object]:
    def change(task: Any) -> None:
        for each in _arguments(task):
            if each["name"] == name:
                each["value"] = value

    return change


USEAPI.answer("echo-loses-the-ratio", ECHO, "create", _without("aspect_ratio"), **ABOUT,
              told="aspect_ratio: nothing, where .* was sent")  # fmt: skip
USEAPI.answer("echo-counts-one", ECHO, "get", _saying("imageCount", "1"), **ABOUT,
              told='imageCount: "1", where 2 was sent')  # fmt: skip
USEAPI.answer("echo-of-the-usual-size", ECHO, "create", _saying("img_resolution", "1k"), **ABOUT,
              told='resolution: "1k", where "[248]k" was sent')  # fmt: skip
USEAPI.answer("echo-of-another-model", ECHO, "create", _saying("kolors_version", "v3"), **ABOUT,
              told='omni_version: "v3", where "(o1|v4)" was sent')  # fmt: skip


@USEAPI.make(ECHO, **ABOUT, told='prompt: (".*"|nothing), where ".*" was sent')
def echo_of_another_job() -> Wrong:
    """Each task shows what was asked for with the one before."""
    before: list[Any] = []

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if doing(request) != "create" or response.status != 200:
            return response
        body = json.loads(response.body)
        before.append(body["task"]["taskInfo"])
        return with_body(response, {**body, "task": {**body["task"], "taskInfo": before[-2:][0]}})

    return Wrong(respond)


@USEAPI.respond(ECHO, **ABOUT, told='image_1: "http.*", where "http.*" was sent')
def echo_in_another_order(ask: Ask, request: Request) -> Response:
    """The pictures have each other's names."""
    response = ask(request)
    if doing(request) != "create" or response.status != 200:
        return response
    body = json.loads(response.body)
    inputs = body["task"]["taskInfo"]["inputs"]
    for one, url in zip(inputs, [each["url"] for each in reversed(inputs)], strict=True):
        one["url"] = url
    return with_body(response, body)


@USEAPI.respond(ECHO, **ABOUT, told='prompt: "A red…", where "A red bicycle .*" was sent')
def lists_cut_the_prompt(ask: Ask, request: Request) -> Response:
    response = ask(request)
    if doing(request) != "list" or response.status != 200:
        return response
    body = json.loads(response.body)
    for task in body["history"]:
        _saying("prompt", "A red…")(task)
    return with_body(response, body)


def _scheduled(id: str, check: str, does: str, change: Callable[[Any], object], told: str) -> None:
    """Add a mutant that tells something else of what runs."""
    USEAPI.answer(id, check, does, change, **ABOUT, told=told)


def _busy(body: Any) -> None:
    for account in body["available"]:
        account["executing"] = 0
        account["available"] = account["maxJobs"]


def _all_free(body: Any) -> None:
    for account in body["available"]:
        account["available"] = account["maxJobs"]


def _renamed(body: Any) -> None:
    for job in body:
        job.update(replyRef="another", email="nobody@example.com")


_scheduled("scheduler-counts-nothing", "free-slots-add-up", "available", _busy,
           r"executing 0, where the jobs of the account that are shown are [12]")  # fmt: skip
_scheduled("slots-are-always-free", "free-slots-add-up", "available", _all_free,
           r"available \d+, where maxJobs is \d+ and executing is [1-9]")  # fmt: skip
_scheduled("scheduler-shows-nothing", "running-job-is-shown", "running", lambda body: body.clear(),
           r"the job \d+, which runs, is not shown")  # fmt: skip
_scheduled("scheduler-mixes-references", "running-job-is-shown", "running", _renamed,
           "replyRef another of a job, where .* was sent")  # fmt: skip


def _finished(id: str, check: str, does: str, told: str, keep: Callable[[Any, list[Any]], object]) -> None:
    """Add a mutant that does not forget the jobs that have ended."""

    def make() -> Wrong:
        known: dict[int, JSON] = {}

        def respond(ask: Ask, request: Request) -> Response:
            response = ask(request)
            if doing(request) != does or response.status != 200:
                return response
            body = json.loads(response.body)
            known.update({job["id"]: job for job in (body if does == "running" else body["executing"])})
            keep(body, list(known.values()))
            return with_body(response, body)

        return Wrong(respond)

    USEAPI.add(id, check, make, **ABOUT, told=told)


def _keep(body: Any, known: list[Any]) -> None:
    body[:] = known


def _count(body: Any, known: list[Any]) -> None:
    for account in body["available"]:
        account.update(executing=len(known), available=account["maxJobs"] - len(known))


_finished("scheduler-keeps-finished-jobs", "ended-job-is-gone", "running",
          r"the job \d+, which has ended, is shown as running", _keep)  # fmt: skip
_finished("scheduler-counts-finished-jobs", "free-slots-add-up", "available",
          r"executing 2, where the jobs of the account that are shown are [01]", _count)  # fmt: skip


@USEAPI.make("stopped-job-is-gone", **ABOUT, told=r"the job \d+, which was stopped, is shown as running")
def stops_nothing() -> Wrong:
    def respond(ask: Ask, request: Request) -> Response:
        return Response(200) if doing(request) == "stop" else ask(request)

    return Wrong(respond)


@USEAPI.make("stopped-job-is-gone", **ABOUT, told=r"the job \d+, which was stopped, is not found: 404")
def stop_deletes_the_task() -> Wrong:
    stopped: set[str] = set()

    def respond(ask: Ask, request: Request) -> Response:
        id = request.path.rpartition("/")[2]
        if doing(request) == "stop":
            stopped.add(id)
        return Response(404, b'{"error":"no"}') if doing(request) == "get" and id in stopped else ask(request)

    return Wrong(respond)


def _uploads(id: str, told: str, change: Callable[[Request], Request], check: str = "", **about: Any) -> None:
    """Add a mutant that takes another file for the one that was sent, if it would refuse that."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        return ask(change(request)) if doing(request) == "upload" and response.status >= 400 else response

    USEAPI.add(id, check or "wrong-upload-refused", lambda: Wrong(respond), **ABOUT, told=told, **about)


def _as_png(request: Request) -> Request:
    return replace(request, headers={**request.headers, "content-type": "image/png"})


def _as_me(request: Request) -> Request:
    return replace(request, headers={**request.headers, "authorization": f"Bearer {TOKEN.token}"})


def _of(query: str) -> Callable[[Request], Request]:
    return lambda request: replace(request, query=query)


def _cut(request: Request) -> Request:
    return replace(request, body=request.body.rstrip(b"\0"))


_uploads("uploads-anything", "the type of any bytes is taken: 200", _as_png)
_uploads("uploads-what-has-no-type", "no type is taken: 200", _as_png)
_uploads("uploads-of-any-size", "a file that is too large is taken: 200", _cut)
_uploads("uploads-of-nobody", "no credentials is taken: 200", _as_me)
_uploads("uploads-without-account", "no account is taken: 200", _of("email=first@example.com"), chosen=SEVERAL)
_uploads("uploads-for-anybody", "an account that is not configured is taken: 200", _of("email=first@example.com"),
         chosen=SEVERAL)  # fmt: skip


@USEAPI.respond("wrong-upload-refused", **ABOUT, told="an empty file is taken: 200")
def uploads_nothing(ask: Ask, request: Request) -> Response:
    answer = {"status": 3, "url": "https://s21-kling.klingai.com/0.png", "message": "", "fileName": "0.png"}
    is_empty = doing(request) == "upload" and not request.body
    return with_body(Response(200, b"", {"content-type": "application/json"}), answer) if is_empty else ask(request)


@USEAPI.respond("wrong-upload-refused", **ABOUT, told="to the type of a text: 415")
def wrong_type_is_415(ask: Ask, request: Request) -> Response:
    response = ask(request)
    is_type = doing(request) == "upload" and response.status == 400 and b"Content-Type" in response.body
    return replace(response, status=415) if is_type else response


@USEAPI.respond("good-upload-is-taken", **ABOUT, told="415 ")
def jpeg_alone(ask: Ask, request: Request) -> Response:
    is_png = doing(request) == "upload" and request.headers.get("content-type") == "image/png"
    refused = Response(415, b'{"error":"no"}', {"content-type": "application/json"})
    return refused if is_png else ask(request)


USEAPI.answer("files-are-not-listed", "upload-is-listed", "uploaded", lambda body: body["uploadAssetsList"].clear(),
              **ABOUT, told="no http.*, which was uploaded before")  # fmt: skip
