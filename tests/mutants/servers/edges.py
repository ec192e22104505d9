"""Servers that accept what lies at the edges of the contract, and then make something else of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from mockserver.types import Request, Response
from tests.mutants.servers.harness import Ask, Wrong
from tests.mutants.servers.mutant import VIDEO, Mutants, doing, payload, with_body, with_field

EDGES = Mutants()


def _makes(id: str, check: str, name: str, is_meant: Callable[[Any], bool], value: Any, **about: Any) -> None:
    """Add a mutant that takes some values of a field, and makes what another value asks for."""

    def respond(ask: Ask, request: Request) -> Response:
        sent = payload(request) if doing(request) == "create" else {}
        return ask(with_field(request, name, value) if name in sent and is_meant(sent[name]) else request)

    EDGES.add(id, check, lambda: Wrong(respond), **about)


def _is_over(least: int) -> Callable[[Any], bool]:
    return lambda value: str(value).isdecimal() and int(value) > least


_makes(
    "longest-film-cut", "films-have-the-length", "duration", _is_over(10), "10", operation=VIDEO,
    told=r"10\.\d+ s, but duration is 1[1-5]",
)  # fmt: skip
_makes(
    "long-films-are-five-seconds", "films-have-the-length", "duration", _is_over(10), "5", operation=VIDEO,
    told=r"5\.\d+ s, but duration is 1[1-5]",
)  # fmt: skip
_makes(
    "shortest-film-stretched", "films-have-the-length", "duration", lambda value: str(value) in "34", "5",
    operation=VIDEO, told=r"5\.\d+ s, but duration is 3",
)  # fmt: skip
_makes(
    "nine-pictures-four-delivered", "results-are-counted", "n", _is_over(4), 4, told="4 results, but n is [5-9]"
)  # fmt: skip
_makes(
    "long-series-cut", "results-are-counted", "series_amount", _is_over(4), 4,
    told="4 results, but series_amount is [5-9]",
)  # fmt: skip
_makes(
    "nine-at-yutoai-are-four", "results-are-counted", "n", _is_over(4), 4, service="yutoai", operation=None,
    told="4 results, but n is [5-9]",
)  # fmt: skip
_makes(
    "nine-at-useapi-are-four", "results-are-counted", "imageCount", _is_over(4), 4, service="useapi", operation=None,
    told="4 results, but imageCount is [5-9]",
)  # fmt: skip
_makes(
    "wide-pictures-are-less-wide", "results-have-the-ratio", "aspect_ratio", lambda value: value == "21:9", "16:9",
    told="×.*, but aspect_ratio is 21:9",
)  # fmt: skip
_makes(
    "upright-2-3-is-3-4", "results-have-the-ratio", "aspect_ratio", lambda value: value == "2:3", "3:4",
    told="×.*, but aspect_ratio is 2:3",
)  # fmt: skip
_makes(
    "square-films-are-wide", "results-have-the-ratio", "aspect_ratio", lambda value: value == "1:1", "16:9",
    operation=VIDEO, told="1920×1080|3840×2160.*, but aspect_ratio is 1:1",
)  # fmt: skip
_makes(
    "4k-is-1k", "pictures-have-the-size", "resolution", lambda value: value == "4k", "1k",
    told="1024.*, but resolution is 4k",
)  # fmt: skip
_makes("2k-is-1k", "pictures-have-the-size", "resolution", lambda value: value == "2k", "1k", told="resolution is 2k")
_makes(
    "2k-is-1k-at-useapi", "pictures-have-the-size", "resolution", lambda value: value == "2k", "1k", service="useapi",
    operation=None, told="resolution is 2k",
)  # fmt: skip
_makes(
    "4k-films-are-pro", "films-have-the-size", "mode", lambda value: value == "4k", "pro", operation=VIDEO,
    told="1080, but mode is 4k|1080×.*, but mode is 4k",
)  # fmt: skip
_makes(
    "sound-off-with-sound", "films-have-sound-when-asked", "sound", lambda value: value == "off", "on",
    operation=VIDEO, told="with sound, but sound is off$",
)  # fmt: skip
_makes(
    "series-is-one-picture", "results-are-counted", "result_type", lambda value: value == "series", "single",
    told="1 results, but series_amount is",
)  # fmt: skip


@EDGES.respond("films-have-sound-when-asked", operation=VIDEO, told="with sound, but sound is off unless sent")
def films_have_sound_by_default(ask: Ask, request: Request) -> Response:
    is_plain = doing(request) == "create" and bool(payload(request)) and "sound" not in payload(request)
    louder = ask(with_field(request, "sound", "on")) if is_plain else ask(request)
    return louder if louder.status == 200 else ask(request)


def _results(change: Callable[[dict[str, Any]], None]) -> Callable[[Any], None]:
    return lambda body: change(body["data"].get("task_result", {}))


def _as_singles(result: dict[str, Any]) -> None:
    if "series_images" in result:
        result.update(images=result.pop("series_images"), result_type="single")


def _as_series(result: dict[str, Any]) -> None:
    if result.get("images"):
        result.update(series_images=result.pop("images"), images=[], result_type="series")


EDGES.answer(
    "series-as-singles", "series-come-as-series", "get", _results(_as_singles),
    told="[2-9] single pictures, but result_type is series",
)  # fmt: skip
EDGES.answer(
    "singles-as-series", "series-come-as-series", "get", _results(_as_series),
    told="a series, but result_type is single",
)  # fmt: skip


@EDGES.make("accepted-payloads-succeed", operation=VIDEO, told="failed: too long")
def long_films_fail() -> Wrong:
    """A film of more than ten seconds is accepted, and its task fails."""
    long: set[str] = set()

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if response.status != 200 or doing(request) not in ("create", "get"):
            return response
        body = json.loads(response.body)
        data = body["data"]
        if doing(request) == "create" and _is_over(10)(payload(request).get("duration", "5")):
            long.add(data["task_id"])
        if doing(request) == "get" and data["task_id"] in long and data.pop("task_result", None):
            data.update(task_status="failed", task_status_msg="too long")
        return with_body(response, body)

    return Wrong(respond)
