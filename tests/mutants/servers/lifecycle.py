"""Tasks that do not go from state to state as they should, and results that are not what was asked for."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from mockserver.fake.media.results import PATH
from mockserver.types import Request, Response
from tests.mutants.servers.harness import NOON, Ask, Wrong
from tests.mutants.servers.mutant import VIDEO, Mutants, doing, payload, refusal, with_body, with_field

LIFECYCLE = Mutants()
RESULTS = Mutants()


def _when(state: str, change: Any) -> Any:
    return lambda body: change(body["data"]) if body["data"]["task_status"] == state else None


def _looks(check: str, change: Any, told: str) -> None:
    """Add a mutant whose answers change with the number of queries for a task."""

    def make() -> Wrong:
        looks: Counter[str] = Counter()

        def respond(ask: Ask, request: Request) -> Response:
            response = ask(request)
            if doing(request) != "get" or response.status != 200:
                return response
            body = json.loads(response.body)
            if body["data"]["task_status"] == "succeed":
                looks[request.path] += 1
            change(body["data"], looks[request.path])
            return with_body(response, body)

        return Wrong(respond)

    LIFECYCLE.add(change.__name__.strip("_").replace("_", "-"), check, make, told=told)


def _end_changes(data: Any, looks: int) -> None:
    if looks > 2:
        data.update(task_status="failed", task_status_msg="on second thoughts")


def _end_reopens(data: Any, looks: int) -> None:
    if looks == 2:
        data.update(task_status="processing")


def _results_shrink(data: Any, looks: int) -> None:
    if looks > 2:
        data["task_result"]["images"] = data["task_result"]["images"][:1]


def _touched_by_reading(data: Any, looks: int) -> None:
    data["updated_at"] += looks


_looks("final-stays-final", _end_changes, "failed after succeed")
_looks("final-stays-final", _end_reopens, "processing after succeed")
_looks("reads-are-idempotent", _results_shrink, r"\{.*succeed.* after \{")
_looks("updated-at-moves", _touched_by_reading, r"\d+ after \d+, and still succeed")

LIFECYCLE.answer(
    "never-ends",
    "task-ends",
    "get",
    lambda body: body["data"].update(task_status="processing"),
    told=r"still processing after 2\d\d s",
)
LIFECYCLE.answer(
    "frozen-update",
    "updated-at-moves",
    "get",
    lambda body: body["data"].update(updated_at=body["data"]["created_at"]),
    told=r"still \d+ when submitted became processing",
)
LIFECYCLE.answer(
    "updated-before-created",
    "updated-not-before-created",
    "get",
    lambda body: body["data"].update(updated_at=body["data"]["created_at"] - 1),
    told="updated at 1789999999999, created at 1790000000000",
)
LIFECYCLE.answer(
    "updated-tomorrow",
    "updated-at-not-ahead",
    "get",
    lambda body: body["data"].update(updated_at=body["data"]["updated_at"] + 86_400_000),
    told=r"updated 864\d+ ms after it was created",
)
LIFECYCLE.answer(
    "created-when-asked",
    "created-at-stays",
    "get",
    lambda body: body["data"].update(created_at=body["data"]["updated_at"]),
    told=r"\d+ instead of 1790000000000",
)
LIFECYCLE.answer(
    "updated-at-birth",
    "new-task-is-not-updated",
    "create",
    lambda body: body["data"].update(updated_at=body["data"]["created_at"] + 7),
    told="updated at 1790000000007, created at 1790000000000",
)
LIFECYCLE.answer(
    "results-too-early",
    "no-result-before-end",
    "get",
    _when("processing", lambda data: data.update(task_result={"images": [{"index": 0, "url": "http://a/b"}]})),
    told="http://a/b while processing",
)
LIFECYCLE.answer(
    "born-in-2001",
    "created-at-is-now",
    "create",
    lambda body: body["data"].update(created_at=NOON - 10**12 // 2, updated_at=NOON - 10**12 // 2),
    told="1290000000000, but it was created at 1790000000000",
)


@LIFECYCLE.make("status-moves-forward", told="submitted after processing")
def goes_back() -> Wrong:
    seen: set[str] = set()

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if doing(request) == "get" and b'"processing"' in response.body:
            if request.path in seen:
                return replace(response, body=response.body.replace(b'"processing"', b'"submitted"'))
            seen.add(request.path)
        return response

    return Wrong(respond)


@LIFECYCLE.make("query-shows-the-task", told=r"get \d{9,} instead of \d{9,}")
def shows_the_first_task() -> Wrong:
    first: list[str] = []

    def respond(ask: Ask, request: Request) -> Response:
        if doing(request) == "get" and request.path.rpartition("/")[2].isdecimal():
            first.append(request.path)
            return ask(replace(request, path=first[0]))
        return ask(request)

    return Wrong(respond)


@LIFECYCLE.make("task-is-shown", told="get 400 .*Task not found")
def not_there_at_first() -> Wrong:
    asked: Counter[str] = Counter()

    def respond(ask: Ask, request: Request) -> Response:
        asked[request.path] += doing(request) == "get"
        return refusal(400, 1201, "Task not found") if asked[request.path] == 1 else ask(request)

    return Wrong(respond)


def _images(body: Any) -> list[Any]:
    found: list[Any] = body["data"].get("task_result", {}).get("images", [])
    return found


RESULTS.answer(
    "one-too-few",
    "results-are-counted",
    "get",
    lambda body: _images(body)[1:] and _images(body).pop(),
    told=r"(\d) results, but n is (?!\1)\d",
)
RESULTS.answer(
    "one-too-many",
    "results-are-counted",
    "get",
    lambda body: _images(body).extend({**item, "index": 9} for item in _images(body)[:1]),
    told=r"(\d) results, but n is (?!\1)\d",
)
RESULTS.answer(
    "counts-from-one",
    "results-are-numbered",
    "get",
    lambda body: [item.update(index=item["index"] + 1) for item in _images(body)],
    told=r"numbered \[1",
)
RESULTS.answer(
    "one-url-for-all",
    "result-urls-differ",
    "get",
    lambda body: [item.update(url=_images(body)[0]["url"]) for item in _images(body)],
    told=r"/0\.png, twice",
)
RESULTS.answer(
    "no-watermark",
    "watermarks-come-when-asked",
    "get",
    lambda body: [item.pop("watermark_url", None) for item in _images(body)],
    told=r"no watermark_url, but watermark_info\.enabled is true",
)
RESULTS.answer(
    "watermark-unasked",
    "watermarks-come-when-asked",
    "get",
    lambda body: [item.setdefault("watermark_url", item["url"]) for item in _images(body)],
    told="a watermark_url, but watermark_info.enabled is false unless sent",
)
RESULTS.answer(
    "film-told-too-long",
    "films-have-the-length",
    "get",
    lambda body: [item.update(duration="14.0") for item in body["data"].get("task_result", {}).get("videos", ())],
    operation=VIDEO,
    told=r"a length of 14\.0 s in the record of",
)
RESULTS.answer(
    "pixels-swapped",
    "pixels-are-told",
    "get",
    lambda body: [
        work["resource"].update(width=work["resource"]["height"], height=work["resource"]["width"])
        for work in body["works"]
    ],
    service="useapi",
    operation=None,
    told=r"(\d+)×(\d+) in the record of \2×\1",
)


def _asks_for(id: str, check: str, name: str, value: Any, **about: Any) -> None:
    """Add a mutant that makes something else than what was asked for, where the field was sent."""

    def respond(ask: Ask, request: Request) -> Response:
        is_meant = doing(request) == "create" and name in payload(request)
        return ask(with_field(request, name, value) if is_meant else request)

    RESULTS.add(id, check, lambda: Wrong(respond), **about)


_asks_for(
    "landscape-for-portrait",
    "results-have-the-ratio",
    "aspect_ratio",
    "16:9",
    told="1360×768, but aspect_ratio is 9:16",
)
_asks_for("always-square", "results-have-the-ratio", "aspect_ratio", "1:1", told="1024×1024, but aspect_ratio is 9:16")
_asks_for("one-picture-only", "results-are-counted", "n", 1, told=r"1 results, but n is [2-9]")
_asks_for("series-too-long", "results-are-counted", "series_amount", 3, told="3 results, but series_amount is [24-9]")
_asks_for(
    "film-too-long", "films-have-the-length", "duration", "4", operation=VIDEO, told=r"4\.04 s, but duration is \d+"
)
_asks_for("film-too-large", "films-have-the-size", "mode", "pro", operation=VIDEO, told="1080×1920, but mode is std")
_asks_for(
    "silent-film", "films-have-sound-when-asked", "sound", "off", operation=VIDEO, told="without sound, but sound is on"
)


def _gives(id: str, check: str, answer: Any, **about: Any) -> None:
    """Add a mutant that gives something else than the file behind a result's URL."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        return answer(request, response) if request.path.startswith(PATH) else response

    RESULTS.add(id, check, lambda: Wrong(respond), **about)


_gives(
    "results-need-credentials",
    "results-can-be-fetched",
    lambda request, response: response if "authorization" in request.headers else Response(401),
    told="a result's URL: 401",
)
_gives(
    "results-are-gone", "results-can-be-fetched", lambda _, __: Response(404, b"gone"), told="a result's URL: 404 gone"
)
_gives(
    "results-hang", "results-can-be-fetched", lambda _, __: Response(0), told="a result's URL: no answer: ReadTimeout"
)
_gives(
    "cut-pictures",
    "results-can-be-opened",
    lambda _, response: replace(response, body=response.body[:2000]),
    told="a picture that cannot be decoded: image file is truncated",
)
_gives(
    "a-page-for-a-picture",
    "results-can-be-opened",
    lambda _, __: Response(200, b"<html>please log in</html>"),
    told="not a PNG, JPEG or MP4: it begins with b'<html>",
)
_gives(
    "empty-films",
    "results-can-be-opened",
    lambda _, response: replace(response, body=b""),
    operation=VIDEO,
    told="not a PNG, JPEG or MP4: it is empty",
)
_gives(
    "gif-for-png",
    "results-can-be-opened",
    lambda _, response: replace(response, body=b"GIF89a" + response.body),
    told="not a PNG, JPEG or MP4: it begins with b'GIF89a",
)
