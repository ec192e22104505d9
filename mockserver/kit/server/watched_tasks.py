"""Watched tasks: the few that are watched to their end, made so that as much as possible can be told from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.contract import places
from mockserver.contract.keywords import OF_PICTURES
from mockserver.contract.service import Operation
from mockserver.contract.vectors import merged, picture
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.kit.server.expectations import Expectations
from mockserver.types import JSON, is_url

_PROMPT = "A red bicycle in the rain"

_RATIOS = ("9:16", "3:4", "16:9")
"""Ratios to ask for, the best first: no service has an upright one as its default, so one that is ignored shows."""

_MOST_DIGITS = 18
"""Of a count or a length. More are only sent to be refused, and Python reads no number of thousands of digits."""

_SIDE_PIXELS = 300
"""The smallest side of a picture that every service takes."""


Wish = dict[str, JSON]
"""What a task shall be asked for, by its place in the request."""


@dataclass(frozen=True, slots=True)
class WatchedTask:
    """A task that is created and watched to its end: what is sent, and what must come of it.

    * ``count``: how many results, if that is known; ``media``: ``image``, ``video``, ``audio``, or ``none`` for what is
      no file
    * ``series``: whether they belong together, where a service knows that
    * ``ratio``: that of the results, ``9:16``, if one is asked for
    * ``side``: of a film its shorter side, of a picture that of a square of the same area, in pixels
    * ``seconds``: the length of a film, or of a sound
    """

    name: str
    operation: Operation
    payload: Mapping[str, JSON]
    media: str
    count: int | None = 1
    series: bool | None = None
    ratio: str | None = None
    seconds: int | None = None
    side: int | None = None
    sound: bool | None = None
    watermark: bool = False

    @property
    def makes(self) -> frozenset[str]:
        """The media of its results."""
        return frozenset({self.media, "audio"} if "sounds" in self.operation.task else {self.media})

    def said(self, role: str) -> str:
        """Write what the payload says in a role: ``n is 9``, or what counts because it says nothing."""
        field = self.operation.task.get(role, "")
        if role in ("sound", "series"):
            if "always" in field:
                return f"{role} is always on"
            field = field["field"]
        elif role == "count" and self.series:
            field = self.operation.task["series"]["count"]
        sent = places.first(field, self.payload) if field else None
        if sent not in (None, ""):
            return f"{field} is {_word(sent)}"
        usual = self.operation.default(field, self.payload)
        return f"{field} was not sent" if usual is None else f"{field} is {_word(usual)} unless sent"


def _word(value: JSON) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def watched_tasks(
    expectations: Expectations, operation: Operation, extra: Mapping[str, JSON] | None = None
) -> Iterator[WatchedTask]:
    """Yield the tasks of an operation to watch, the simplest first; each has the fields ``extra``."""
    task, base = operation.task, merged(base_payload(expectations, operation), dict(extra or {}))
    wishes: list[Wish] = [{}, _rich(operation)]
    if task["media"] == "video":
        # A plain film would be long and dear: both are short and small, and differ in their sound.
        chosen = task.get("sound", {})
        sound = {chosen["field"]: chosen["is"]} if "field" in chosen else {}
        wishes = [_rich(operation), {**_rich(operation), **sound}]
    if "series" in task:
        wishes.append(_series(operation))
    seen: list[JSON] = []
    for number, wish in enumerate(wishes):
        payload = _granted(expectations, operation, base, wish)
        if payload is not None and payload not in seen:
            seen.append(payload)
            yield watched_task(operation, payload, f"{operation.id}.{number}".replace("/", "-"))


def watched_task(operation: Operation, payload: Mapping[str, JSON], name: str) -> WatchedTask:
    """Return a task of a payload, with what must come of it."""
    task = operation.task
    is_series = "series" in task and places.first(task["series"]["field"], payload) == task["series"]["is"]
    count = chosen(operation, payload, task["series"]["count"]) if is_series else in_role(operation, payload, "count")
    ratio = in_role(operation, payload, "ratio")
    is_film, lasts = task["media"] == "video", task["media"] in ("video", "audio")
    seconds = in_role(operation, payload, "duration") or task.get("usual_duration")
    size = in_role(operation, payload, "size") or task.get("usual_size")
    return WatchedTask(
        name=name,
        operation=operation,
        payload=payload,
        media=task["media"],
        count=_amount(task, count),
        series=is_series if "series" in task else None,
        ratio=ratio if isinstance(ratio, str) and ":" in ratio else None,
        seconds=_whole(seconds) if lasts else None,
        side=task["sizes"].get(size) if "size" in task and isinstance(size, str) else None,
        sound=_has_sound(operation, payload) if is_film else None,
        watermark="watermark" in task and bool(places.first(task["watermark"], payload)),
    )


def _has_sound(operation: Operation, payload: Mapping[str, JSON]) -> bool | None:
    """Return whether a film must have sound, if that is known."""
    sound = operation.task.get("sound")
    if sound is None:
        return None
    return "always" in sound or bool(chosen(operation, payload, sound["field"]) == sound["is"])


def _amount(task: Mapping[str, Any], count: JSON) -> int | None:
    """Return how many results there must be, if that is known; a film may have sounds beside it."""
    if task["media"] == "none":
        return 0
    results = None if "usual_count" in task else _whole(count or 1)
    return None if results is None else results + int(task.get("sounds", 0))


def _whole(value: JSON) -> int | None:
    """Return a number, also one that is written as text; ``None`` for what is none, and for what has no end."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def base_payload(expectations: Expectations, operation: Operation) -> dict[str, JSON]:
    """Return the simplest payload that is certainly valid, and that needs nothing from outside if there is one."""
    return expectations.base(operation, lambda: _simplest(expectations, operation))


def _simplest(expectations: Expectations, operation: Operation) -> dict[str, JSON]:
    source = ValidPayloads.of(operation, expectations.chosen, is_strict=True)
    # An example may say what only another reading asks for, such as the account where there are several.
    found = [*(source.simplest(branch) for branch in source.branches), *operation.schema["examples"]]
    certain = [
        with_own_pictures(expectations, operation, payload)
        for payload in found
        if expectations.is_accepted(operation, payload)
    ]
    fitting = [payload for payload in certain if not borrows(operation, payload)]
    simplest: dict[str, JSON] = dict(min(fitting or certain or found[:1], key=_leaves))
    prompt = operation.task.get("prompt")
    has_prompt = prompt is not None and any(places.located(prompt, simplest))
    return places.with_value(str(prompt), simplest, _PROMPT) if has_prompt else simplest


def _leaves(value: JSON) -> int:
    """Return how many values a payload has: a branch may need more than it is about."""
    if not isinstance(value, dict | list):
        return 1
    return sum(map(_leaves, value.values() if isinstance(value, dict) else value))


def borrows(operation: Operation, payload: Mapping[str, JSON]) -> bool:
    """Whether a payload names something outside: a file at a URL, or an element that the account must have."""
    named = (value for place in operation.task.get("elements", ()) for value in places.values(place, payload))
    return any(named) or _has_url(dict(payload))


def with_own_pictures(
    expectations: Expectations, operation: Operation, payload: Mapping[str, JSON], without: str = ""
) -> dict[str, JSON]:
    """Send pictures instead of their URLs wherever that is certainly valid, but not in the field ``without``."""
    own: dict[str, JSON] = dict(payload)
    fields = sorted({rule.field for rule in operation.rules if rule.keyword in OF_PICTURES} - {without})
    for path in [path for field in fields for path, value in places.located(field, own) if is_url(value)]:
        changed = places.put(path, own, small_picture())
        own = changed if expectations.is_accepted(operation, changed) else own
    return own


def small_picture() -> str:
    """Return a picture in Base64 that every service takes."""
    return picture(_SIDE_PIXELS, _SIDE_PIXELS)


def _has_url(value: JSON) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_url, value.values() if isinstance(value, dict) else value))
    return is_url(value)


def in_role(operation: Operation, payload: Mapping[str, JSON], role: str) -> Any:
    """Return what a payload says in a role, such as ``count``; or what the operation takes if it says nothing."""
    field = operation.task.get(role)
    return chosen(operation, payload, field) if field else None


def chosen(operation: Operation, payload: Mapping[str, JSON], field: str) -> Any:
    """Return what a payload says at the place of a field, or what the operation takes if it says nothing."""
    value = places.first(field, payload)
    return operation.default(field, payload) if value in (None, "") else value


def _rich(operation: Operation) -> Wish:
    """Ask for two results, of a ratio and a size that are not the usual, with a watermark."""
    task = operation.task
    ratios = (operation.part(task.get("ratio")) or {}).get("enum", ())
    wish: Wish = {**_field(task, "count", 2)}
    wish |= _field(task, "ratio", next((ratio for ratio in _RATIOS if ratio in ratios), None))
    wish |= _field(task, "duration", min(_lengths(operation.part(task.get("duration")) or {}), key=int, default=None))
    wish |= _field(task, "size", next(iter(task.get("sizes", ())), None))
    return wish | _field(task, "watermark", True)


def _series(operation: Operation) -> Wish:
    """Ask for a series of two, which needs a picture."""
    task = operation.task
    images = _field(task, "images", small_picture()) if operation.has(task.get("images")) else {}
    return {task["series"]["field"]: task["series"]["is"], task["series"]["count"]: 2, **images}


def _granted(
    expectations: Expectations, operation: Operation, base: Mapping[str, JSON], wish: Wish
) -> dict[str, JSON] | None:
    """Return a payload with all that is wished for, under the first model that can; else without the first obstacle."""
    field = operation.task.get("model")
    models = (operation.part(field) or {}).get("enum", ())
    for model in (None, *models):
        payload = _with(base, wish)
        if field and model:
            payload = places.with_value(field, payload, model)
        if expectations.is_accepted(operation, payload):
            return payload
    for obstacle in wish:
        payload = _with(base, {place: value for place, value in wish.items() if place != obstacle})
        if expectations.is_accepted(operation, payload):
            return payload
    return None


def _with(base: Mapping[str, JSON], wish: Wish) -> dict[str, JSON]:
    payload: dict[str, JSON] = dict(base)
    for place, value in wish.items():
        payload = places.with_value(place, payload, value)
    return payload


def _field(task: Mapping[str, Any], role: str, value: JSON) -> Wish:
    return {task[role]: value} if role in task and value is not None else {}


def _lengths(schema: Mapping[str, Any]) -> list[JSON]:
    """Return the lengths that a field lists, or the least that it takes."""
    listed = [value for value in schema.get("enum", ()) if str(value).isdecimal()]
    return listed or [schema["minimum"]] if "minimum" in schema or listed else []
