"""Servers as people write them who have read the contract once, and use what their framework and database do anyway."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from mockserver.fake.media.results import PATH
from mockserver.types import Request, Response
from tests.mutants.servers.harness import Ask, Wrong
from tests.mutants.servers.mutant import VIDEO, Mutants, doing, payload, refusal, with_body, with_field

GATEWAYS = Mutants()


def _reads(id: str, rule: str, name: str, read: Callable[[Any], Any], **about: Any) -> None:
    """Add a mutant that reads a value in its own lenient way before it looks at it."""

    def respond(ask: Ask, request: Request) -> Response:
        sent = payload(request) if doing(request) == "create" else {}
        if name not in sent or read(sent[name]) == sent[name]:
            return ask(request)
        return ask(with_field(request, name, read(sent[name])))

    told = rf"{rule} accepted: 200"
    GATEWAYS.add(id, "refuses-broken-rules", lambda: Wrong(respond), told=told, **about)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


_reads("numbers-may-be-text", r"n\.type", "n", _number)
_reads("booleans-may-be-text", r"multi_shot\.type", "multi_shot", _boolean, operation=VIDEO)
_reads("sizes-in-any-case", r"resolution\.enum", "resolution", _lower)
_reads("modes-in-any-case", r"mode\.enum", "mode", _lower, operation=VIDEO)
_reads("kinds-may-have-spaces", r"result_type\.enum", "result_type", _stripped)
_reads("sound-in-any-case", r"sound\.enum", "sound", _lower, operation=VIDEO)


@GATEWAYS.respond("accepts-valid-payloads", told=r"with a charset: 415")
def only_bare_json(ask: Ask, request: Request) -> Response:
    is_bare = request.headers.get("content-type", "application/json") in ("application/json", "text/plain")
    return ask(request) if is_bare else refusal(415, 1200, "Unsupported Media Type")


@GATEWAYS.make("accepts-valid-payloads", told="create .*400 .*External_task_id  already exists")
def an_empty_name_is_a_name() -> Wrong:
    """The column is unique, and an empty text is a value like any other."""
    is_taken = False

    def respond(ask: Ask, request: Request) -> Response:
        nonlocal is_taken
        if doing(request) != "create" or payload(request).get("external_task_id") != "":
            return ask(request)
        if is_taken:
            return refusal(400, 1201, "External_task_id  already exists")
        response = ask(request)
        is_taken = response.status == 200
        return response

    return Wrong(respond)


@GATEWAYS.make("names-are-unique-at-once", told="2 of 2 accepted: 200")
def looks_before_it_writes() -> Wrong:
    """Whether a name is taken is asked before the task is written: two at once both find it free."""
    last: list[str] = []

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        name = str(payload(request).get("external_task_id")) if doing(request) == "create" else ""
        is_at_once = name in last[-1:] and b"already exists" in response.body
        if doing(request) == "create":
            last.append(name)
        return ask(with_field(request, "external_task_id", None)) if is_at_once else response

    return Wrong(respond)


@GATEWAYS.make("missing-task-refused", told="the beginning of an id 200")
def ids_are_looked_up_by_their_beginning() -> Wrong:
    return _by_beginning(is_name=False)


@GATEWAYS.make("missing-task-refused", told="the beginning of a name 200")
def names_are_looked_up_by_their_beginning() -> Wrong:
    return _by_beginning(is_name=True)


def _by_beginning(*, is_name: bool) -> Wrong:
    """Return a server that looks for ``LIKE 'id%'``."""
    known: dict[str, str] = {}

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if doing(request) == "create" and response.status == 200:
            id = json.loads(response.body)["data"]["task_id"]
            known[str(payload(request).get("external_task_id") or "") if is_name else id] = id
        asked = request.path.rpartition("/")[2]
        if doing(request) != "get" or response.status == 200 or len(asked) < 6:
            return response
        found = next((id for text, id in known.items() if text.startswith(asked)), None)
        return ask(replace(request, path=f"{request.path.rpartition('/')[0]}/{found}")) if found else response

    return Wrong(respond)


def _page(id: str, told: str, field: str, most: int, **about: Any) -> None:
    """Add a mutant that refuses what it thinks is too much of a list."""

    def respond(ask: Ask, request: Request) -> Response:
        value = request.parameters.get(field, "")
        is_over = doing(request) == "list" and value.isdecimal() and most < int(value)
        return refusal(400, 1201, f"{field} value is invalid") if is_over else ask(request)

    GATEWAYS.add(id, "lists-are-accepted", lambda: Wrong(respond), told=told, **about)


_page("pages-up-to-a-hundred", "pageSize=500: 400", "pageSize", 100)
_page("page-numbers-up-to-a-hundred", "pageNum=1000.*: 400", "pageNum", 100)
_page("film-pages-up-to-a-hundred", "pageSize=500: 400", "pageSize", 100, operation=VIDEO)


def _paged(id: str, told: str, size: Callable[[dict[str, str]], Any]) -> None:
    """Add a mutant whose pages have another size than was asked for."""

    def respond(ask: Ask, request: Request) -> Response:
        if doing(request) != "list":
            return ask(request)
        changed = urlencode({**request.parameters, "pageSize": size(request.parameters)})
        return ask(replace(request, query=changed))

    GATEWAYS.add(id, "pages-are-full", lambda: Wrong(respond), told=told)


_paged("the-usual-page-has-five", "the usual page: 5 tasks", lambda asked: asked.get("pageSize", 5))
_paged(
    "a-page-has-one-too-few", r"pageNum=1&pageSize=\d+: \d+ tasks|pageSize=2: 1 tasks",
    lambda asked: 1 if asked.get("pageSize") == "2" else asked.get("pageSize", 30),
)  # fmt: skip


@GATEWAYS.make("results-can-be-fetched", told="a result's URL: 410")
def results_are_fetched_once() -> Wrong:
    fetched: Counter[str] = Counter()

    def respond(ask: Ask, request: Request) -> Response:
        if not request.path.startswith(PATH):
            return ask(request)
        fetched[request.path] += 1
        return ask(request) if fetched[request.path] == 1 else Response(410, b"gone")

    return Wrong(respond)


def _same_mark(body: Any) -> None:
    for item in body["data"].get("task_result", {}).get("images", ()):
        if "watermark_url" in item:
            item["watermark_url"] = item["url"]


GATEWAYS.answer(
    "the-mark-is-the-picture", "watermarks-come-when-asked", "get", _same_mark,
    told="the watermark_url of a result is its URL",
)  # fmt: skip


@GATEWAYS.respond(
    "accepts-valid-payloads", service="yunwu", operation="yunwu/omni-image.create", told=r"429 .+n value is invalid"
)
def refuses_the_largest_number_as_a_busy_gateway(ask: Ask, request: Request) -> Response:
    is_nine = doing(request) == "create" and payload(request).get("n") == 9
    return refusal(429, 400, "n value is invalid") if is_nine else ask(request)


@GATEWAYS.respond("list-is-complete", told=r"list no \d+, which was created before")
def lists_have_no_unnamed_tasks(ask: Ask, request: Request) -> Response:
    response = ask(request)
    if doing(request) != "list" or response.status != 200:
        return response
    body = json.loads(response.body)
    named = [item for item in body["data"] if item.get("task_info", {}).get("external_task_id")]
    return with_body(response, {**body, "data": named})


@GATEWAYS.respond("created-at-stays", told=r"\d+ instead of \d+")
def times_are_rounded_by_the_database(ask: Ask, request: Request) -> Response:
    """The answer to a create has milliseconds, and what comes from the database whole seconds, plus one."""
    response = ask(request)
    if doing(request) != "get" or response.status != 200:
        return response
    body = json.loads(response.body)
    body["data"]["created_at"] = body["data"]["created_at"] // 1000 * 1000 + 1000
    return with_body(response, body)
