"""Lists and queries that are wrong, and readings that are not kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from mockserver.types import Request, Response
from tests.mutants.servers.harness import Ask, Wrong
from tests.mutants.servers.mutant import Mutants, doing, payload, refusal, with_body, with_field

QUERIES = Mutants()
READINGS = Mutants()


def _asked(request: Request, **changed: Any) -> Request:
    return replace(request, query=urlencode({**request.parameters, **changed}))


def _is_id(request: Request) -> bool:
    return doing(request) == "get" and request.path.rpartition("/")[2].isdecimal()


@QUERIES.respond("external-id-finds", told="get 400 .*Task not found")
def names_find_nothing(ask: Ask, request: Request) -> Response:
    return refusal(400, 1201, "Task not found") if doing(request) == "get" and not _is_id(request) else ask(request)


QUERIES.answer(
    "names-are-forgotten",
    "external-id-is-echoed",
    "get",
    lambda body: body["data"].update(task_info={}),
    told="no name instead of ",
)
QUERIES.answer(
    "names-in-upper-case",
    "external-id-is-echoed",
    "get",
    lambda body: body["data"]["task_info"].update(external_task_id="X"),
    told="X instead of ",
)


def _missing(id: str, answer: Callable[[Response], Response], **about: Any) -> None:
    """Add a mutant with another answer to a query for a task that does not exist."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        return answer(response) if doing(request) == "get" and response.status in (400, 404) else response

    QUERIES.add(id, "missing-task-refused", lambda: Wrong(respond), **about)


_missing(
    "missing-is-empty-success",
    lambda _: Response(200, b'{"code":0,"data":{}}', {"content-type": "application/json"}),
    told=r'unknown id 200 \{"code":0,"data":\{\}\}',
)
_missing("missing-is-410", lambda response: replace(response, status=410), told="unknown id 410")
_missing("missing-at-useapi-is-400", lambda _: refusal(403, 1), service="useapi", operation=None, told="unknown id 403")
_missing(
    "missing-is-1203-where-1201-was-settled",
    lambda _: refusal(404, 1203),
    chosen={"missing-task": "400-1201"},
    told='unknown id 404 .*"code": 1203',
)


@QUERIES.respond("missing-task-refused", operation=None, told="an id of another operation 200")
def any_path_shows_any_task(ask: Ask, request: Request) -> Response:
    response = ask(request)
    other = request.path.replace("/images/omni-image/", "/videos/omni-video/")
    return ask(replace(request, path=other)) if _is_id(request) and response.status == 400 else response


@QUERIES.respond("duplicate-external-id-refused", told="create 200")
def names_are_free(ask: Ask, request: Request) -> Response:
    response = ask(request)
    is_taken = b"already exists" in response.body
    return ask(with_field(request, "external_task_id", None)) if is_taken else response


@QUERIES.respond("duplicate-external-id-refused", told="create 409 .*already exists")
def names_are_a_conflict(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, status=409) if b"already exists" in response.body else response


@QUERIES.make("duplicate-external-id-refused", operation=None, told="omni-video.create 200")
def names_are_free_across_products() -> Wrong:
    """A film may have the name of a picture: the adapter changes the name."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        name = payload(request).get("external_task_id", "")
        is_film = "omni-video" in request.path and b"already exists" in response.body
        return ask(with_field(request, "external_task_id", f"{name}-film")) if is_film else response

    return Wrong(respond)


@QUERIES.make("ids-differ", told=r"\d{9,}, which another task has")
def alike_is_the_same() -> Wrong:
    """Two equal requests get the same task."""
    known: dict[bytes, Response] = {}

    def respond(ask: Ask, request: Request) -> Response:
        if doing(request) != "create":
            return ask(request)
        if request.body in known:
            return known[request.body]
        response = ask(request)
        if response.status == 200:
            known[request.body] = response
        return response

    return Wrong(respond)


def _listed(id: str, check: str, change: Callable[[list[Any], dict[str, str]], list[Any]], **about: Any) -> None:
    """Add a mutant that changes the items of lists; ``change`` gets the items and the parameters of the query."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if doing(request) != "list" or response.status != 200:
            return response
        body = json.loads(response.body)
        holder = "history" if "history" in body else "data"
        return with_body(response, {**body, holder: change(body[holder], request.parameters)})

    QUERIES.add(id, check, lambda: Wrong(respond), **about)


_listed(
    "forgets-the-oldest",
    "list-is-complete",
    lambda items, _: items[:-1],
    told=r"list no \d{9,}, which was created before",
)
_listed(
    "shows-only-what-is-done",
    "list-is-complete",
    lambda items, _: [i for i in items if i["task_status"] == "succeed"],
    told=r"list no \d{9,}, which was created before",
)
_listed("oldest-in-the-middle", "list-is-ordered", lambda items, _: [*items[::2], *items[1::2]], told=r"created at \[")
_listed(
    "without-results",
    "list-shows-what-a-query-shows",
    lambda items, _: [
        {**item, "task_result": {"images": [{"index": 0, "url": "http://a/b"}]}} if "task_result" in item else item
        for item in items
    ],
    told=r'task_result: \{"images": \[\{"index": 0, "url": "http://a/b"',
)
_listed(
    "one-twice", "pages-are-disjoint", lambda items, _: [*items, *items[:1]], told=r"\d{9,}, which is also on page 1"
)
_listed(
    "useapi-forgets",
    "list-is-complete",
    lambda items, _: items[1:],
    service="useapi",
    operation=None,
    told=r"useapi/tasks\.list no \d+, which was created before",
)


@QUERIES.respond("pages-keep-their-size", told=r"\d+ tasks on a page of 2")
def page_size_is_ignored(ask: Ask, request: Request) -> Response:
    is_small = doing(request) == "list" and request.parameters.get("pageSize") == "2"
    return ask(_asked(request, pageSize=30) if is_small else request)


@QUERIES.respond("pages-keep-their-size", service="useapi", operation=None, told=r"\d+ tasks on a page of 2")
def page_size_is_ignored_by_useapi(ask: Ask, request: Request) -> Response:
    is_small = doing(request) == "list" and request.parameters.get("pageSize") == "2"
    return ask(_asked(request, pageSize=30) if is_small else request)


@QUERIES.respond("pages-are-disjoint", told=r"\d{9,}, which is also on page 1")
def every_page_is_the_first(ask: Ask, request: Request) -> Response:
    is_page = doing(request) == "list" and request.parameters.get("pageNum", "").isdecimal()
    return ask(_asked(request, pageNum=min(int(request.parameters["pageNum"]), 1)) if is_page else request)


@QUERIES.respond("pages-are-disjoint", told=r"\d{9,}, which is also on page 1")
def pages_overlap(ask: Ask, request: Request) -> Response:
    asked = request.parameters
    if doing(request) != "list" or asked.get("pageNum") not in {"2", "3", "4", "5", "6"} or "pageSize" not in asked:
        return ask(request)
    first, size = (int(asked["pageNum"]) - 1) * int(asked["pageSize"]) - 1, int(asked["pageSize"])
    whole = ask(_asked(request, pageNum=1, pageSize=500))
    body = json.loads(whole.body)
    return with_body(whole, {**body, "data": body["data"][first : first + size]})


@QUERIES.respond("pages-are-complete", told=r"no \d{9,} on \d+ pages")
def pages_count_from_zero(ask: Ask, request: Request) -> Response:
    """Page 1 is what should be page 2; the whole list, which is asked for without a number, is right."""
    number = request.parameters.get("pageNum", "")
    is_page = doing(request) == "list" and number.isdecimal() and 0 < int(number) < 1000
    return ask(_asked(request, pageNum=int(number) + 1) if is_page else request)


@QUERIES.respond(
    "list-has-no-strangers", operation=None, told=r"omni-video\.list \d{9,}, which kling/omni-image\.create created"
)
def one_list_for_all(ask: Ask, request: Request) -> Response:
    response = ask(request)
    if doing(request) != "list" or response.status != 200:
        return response
    others = ask(replace(request, path=request.path.replace("videos/omni-video", "images/omni-image")))
    both = [*json.loads(response.body)["data"], *json.loads(others.body)["data"]]
    unique = {item["task_id"]: item for item in both}
    return with_body(response, {**json.loads(response.body), "data": [*unique.values()]})


@QUERIES.respond("pages-out-of-range", chosen={"page-range": "refused"}, told="pageNum=0: 200")
def page_zero_is_the_first(ask: Ask, request: Request) -> Response:
    return ask(_asked(request, pageNum=1) if request.parameters.get("pageNum") == "0" else request)


@QUERIES.respond("pages-out-of-range", told="pageNum=0: 404")
def page_zero_is_not_found(ask: Ask, request: Request) -> Response:
    return refusal(404, 1203) if request.parameters.get("pageNum") == "0" else ask(request)


@QUERIES.respond(
    "list-keeps-its-bounds", service="useapi", operation=None, told=r"a task created at (\d+), and not after"
)
def bounds_are_ignored(ask: Ask, request: Request) -> Response:
    kept = {name: value for name, value in request.parameters.items() if name != "createdAfter"}
    return ask(replace(request, query=urlencode(kept)) if doing(request) == "list" else request)


@QUERIES.respond("external-id-filters", chosen={"external-id-query": "filter"}, told=r"list \d+ tasks: \[")
def names_do_not_filter(ask: Ask, request: Request) -> Response:
    kept = {name: value for name, value in request.parameters.items() if name != "external_task_id"}
    return ask(replace(request, query=urlencode(kept)) if doing(request) == "list" else request)


def _fixed(question: str, reading: str) -> dict[str, Any]:
    return {"chosen": {question: reading}}


READINGS.answer(
    "data-null-where-absent-was-settled",
    "reading-error-data",
    "any",
    lambda body: body.update(data=None),
    refusals=True,
    **_fixed("error-data", "absent"),
    told="data: null",
)
READINGS.answer(
    "message-empty-where-absent-was-settled",
    "reading-status-msg",
    "get",
    lambda body: body["data"].setdefault("task_status_msg", ""),
    **_fixed("status-msg", "absent"),
    told="task_status_msg: empty",
)
READINGS.answer(
    "success-where-succeed-was-settled",
    "reading-success-message",
    "any",
    lambda body: body.update(message="success"),
    **_fixed("success-message", "SUCCEED"),
    told="message: success",
)
READINGS.answer(
    "result-empty-where-absent-was-settled",
    "reading-result-before-end",
    "get",
    lambda body: body["data"].setdefault("task_result", {}),
    **_fixed("result-before-end", "absent"),
    told="task_result: empty",
)
READINGS.answer(
    "no-result-type-where-it-was-settled",
    "reading-result-type",
    "get",
    lambda body: body["data"].get("task_result", {}).pop("result_type", None),
    **_fixed("result-type", "present"),
    told=r"task_result\.result_type: absent",
)
READINGS.answer(
    "no-prices-where-they-were-settled",
    "reading-balance-deduction",
    "get",
    lambda _: None,
    **_fixed("balance-deduction", "present"),
    told="final_balance_deduction: absent",
)
READINGS.answer(
    "no-empty-images-where-settled",
    "reading-images-beside-series",
    "get",
    lambda body: "series_images" in body["data"].get("task_result", {}) and body["data"]["task_result"].pop("images"),
    **_fixed("images-beside-series", "empty"),
    told=r"task_result\.images: absent",
)
READINGS.answer(
    "no-watermark-where-empty-was-settled",
    "reading-watermark-off",
    "get",
    lambda _: None,
    **_fixed("watermark-off", "empty"),
    told="watermark_url: absent",
)
