"""The plan: what a payload asks for, read by the ``task`` part of its operation.

Nothing here knows a field of any service; the operation says at which place the count, the ratio, the duration is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from mockserver.contract import places
from mockserver.contract.service import Operation
from mockserver.contract.texts.pictures import picture_size
from mockserver.fake.lifecycle import Source, Task
from mockserver.fake.media.artifacts import (
    FRAME_RATE,
    USUAL_STEP,
    Film,
    Made,
    Picture,
    Sound,
    dimensions,
    film_dimensions,
)
from mockserver.types import JSON, Payload, kind_of

_NUMBER = re.compile(r"[0-9]{1,9}(\.0)?", re.ASCII)
_RATIO = re.compile(r"[1-9][0-9]{0,4}:[1-9][0-9]{0,4}")
_MOST_SECONDS, _MOST_RESULTS = 3600, 100
"""More is a mistake that a service warns of, if at all; then the usual is made, for something must be shown."""


def value_of_role(operation: Operation, payload: Payload, role: str) -> JSON:
    """Return what a payload says in the field that plays a role, or the field's default; "" counts as unsaid."""
    place = operation.task.get(role)
    return None if place is None else _value(operation, payload, place)


def model(operation: Operation, payload: Payload) -> str:
    """Return the model whose tasks in flight are counted together; empty if there is only one."""
    return str(value_of_role(operation, payload, "model") or operation.task.get("usual_model", ""))


def has_sound(operation: Operation, payload: Payload) -> bool:
    """Whether a film has sound: it is asked for or always has it, or has the sounds that are made beside it."""
    sound = operation.task.get("sound", {})
    is_asked_for = "field" in sound and _value(operation, payload, sound["field"]) == sound["is"]
    return is_asked_for or "always" in sound or "sounds" in operation.task


def is_series(operation: Operation, payload: Payload) -> bool:
    """Whether a series is asked for."""
    series = operation.task.get("series")
    return series is not None and places.first(series["field"], payload) == series["is"]


def count(operation: Operation, payload: Payload) -> int:
    """Return how many results there will be."""
    if is_series(operation, payload):
        series = operation.task["series"]
        amount = _whole(_value(operation, payload, series["count"]), _MOST_RESULTS)
        return int(series["auto"] if amount is None else amount)
    wanted = _whole(value_of_role(operation, payload, "count"), _MOST_RESULTS)
    return int(operation.task.get("usual_count", 1) if wanted is None else wanted)


def amount(operation: Operation, payload: Payload) -> int:
    """Return how many there will be of what is asked for: one film, unless so many can be asked for, or one sound."""
    media = operation.task["media"]
    is_counted = media == "image" or (media == "video" and "count" in operation.task)
    return count(operation, payload) if is_counted else int(media != "none")


def ratio(operation: Operation, payload: Payload) -> str:
    """Return the ratio of the results: what is chosen, or that of the first Base64 picture sent, or the usual."""
    wanted = value_of_role(operation, payload, "ratio")
    if (meant := operation.task.get("ratios")) is not None:
        return str(meant.get(wanted, operation.task["usual_ratio"]))
    if isinstance(wanted, str) and _RATIO.fullmatch(wanted):
        return wanted
    images = operation.task.get("images")
    sizes = (picture_size(image) for image in (places.values(images, payload) if images else ()))
    size = next((size for size in sizes if size), None)
    return f"{size[0]}:{size[1]}" if size else str(operation.task.get("usual_ratio", ""))


def size(operation: Operation, payload: Payload) -> str:
    """Return the name of the results' size; for what has none ``each``, by which its one price is found."""
    wanted = value_of_role(operation, payload, "size")
    return str(wanted) if wanted in operation.task.get("sizes", ()) else str(operation.task.get("usual_size", "each"))


def facts(operation: Operation, payload: Payload) -> Mapping[str, Any]:
    """Return what the operation says of its tasks, with what is otherwise for the model."""
    by_model = operation.task.get("by_model")
    own = by_model.get(value_of_role(operation, payload, "model")) if by_model else None
    return {**operation.task, **own} if own else operation.task


def seconds(operation: Operation, payload: Payload, source: Source | None = None) -> int:
    """Return how long a film will be. What works on another film keeps its length, and may add to it."""
    wanted = _whole(value_of_role(operation, payload, "duration"), _MOST_SECONDS)
    if wanted is not None:
        return wanted
    usual: int = operation.task.get("usual_duration", 1)
    return usual if source is None else source.seconds + operation.task["source"].get("adds", 0)


def units(operation: Operation, payload: Payload, source: Source | None = None) -> str:
    """Return the price in units, as the wire writes it."""
    task = facts(operation, payload)
    cases = (each["units"] for each in task.get("units_when", ()) if _is_so(operation, payload, each["when"]))
    price = next(cases, task.get("units", {})).get(size(operation, payload), "0")
    each = task.get("units_each", 1 if task["media"] == "video" else "result")
    if each == "task":
        return _product(price, 1)
    return _product(
        price, count(operation, payload) if each == "result" else -(-seconds(operation, payload, source) // each)
    )


def _is_so(operation: Operation, payload: Payload, wanted: Mapping[str, JSON]) -> bool:
    """Whether a payload has at each of these places what is wanted there; ``True`` wants what is not empty."""
    said = {place: _value(operation, payload, place) for place in wanted}
    return all(bool(said[place]) if value is True else said[place] == value for place, value in wanted.items())


@lru_cache(maxsize=256)
def _product(price: str, amount: int) -> str:
    total = Decimal(price) * amount
    return f"{total.normalize():f}" if total else "0"


def artifacts(operation: Operation, task: Task, payload: Payload, *, watermark: bool = False) -> tuple[Made, ...]:
    """Return the results of a task, or their watermarked twins; a film comes before the sounds beside it."""
    if operation.task["media"] == "none":
        return ()
    if operation.task["media"] == "audio":
        return (Sound(task.id, 0, _milliseconds(operation, payload), watermark=watermark),)
    prompt = str(value_of_role(operation, payload, "prompt") or "")
    named, known = size(operation, payload), facts(operation, payload)
    pixels, numbers = known["sizes"][named], range(amount(operation, payload))
    shape = task.ratio or operation.task["usual_ratio"]
    if operation.task["media"] == "image":
        grid = operation.task.get("grid", {}).get(named, {})
        width, height = dimensions(
            shape, pixels, grid.get("step", USUAL_STEP), is_nearest=grid.get("rounds") == "nearest"
        )
        return tuple(Picture(task.id, n, prompt, width, height, watermark=watermark) for n in numbers)
    width, height = film_dimensions(shape, pixels)
    rate = known.get("frame_rate", FRAME_RATE)
    if task.source is not None:
        width, height, rate = task.source.width, task.source.height, task.source.rate
    length, sound = seconds(operation, payload, task.source), has_sound(operation, payload)
    film = Film(task.id, 0, prompt, width, height, length, sound=sound, watermark=watermark, rate=rate)
    films = [replace(film, index=number) for number in numbers]
    beside = range(len(films), len(films) + operation.task.get("sounds", 0))
    sounds = [Sound(task.id, number, film.milliseconds, watermark=watermark) for number in beside]
    return (*films, *sounds)


def _milliseconds(operation: Operation, payload: Payload) -> int:
    """Return how long a sound will be."""
    wanted = value_of_role(operation, payload, "duration")
    is_one = isinstance(wanted, int | float) and not isinstance(wanted, bool) and 0 < wanted <= _MOST_SECONDS
    return round(1000 * float(wanted if is_one else operation.task["usual_duration"]))


def files(operation: Operation, id: str) -> tuple[Made, ...]:
    """Return the files of an answer that was given at once, by the id that it has."""
    return tuple(_file(each, id, number) for number, each in enumerate(operation.files))


def _file(wanted: Mapping[str, Any], id: str, number: int) -> Made:
    if wanted["media"] == "audio":
        return Sound(id, number, 1000 * wanted["seconds"])
    width, height = wanted["width"], wanted["height"]
    if wanted["media"] == "image":
        return Picture(id, number, "", width, height)
    return Film(id, number, "", width, height, wanted["seconds"])


def _whole(value: JSON, most: int) -> int | None:
    """Return the number that a value is, as text or not; ``None`` if it is none from 1 to ``most``."""
    text = str(value) if isinstance(value, str) or kind_of(value) == "integer" else ""
    number = int(float(text)) if _NUMBER.fullmatch(text) else 0
    return number if 0 < number <= most else None


def _value(operation: Operation, payload: Payload, place: str) -> JSON:
    value = payload.get(place) if place in payload else places.first(place, payload)
    return operation.default(place, payload) if value is None or value == "" else value
