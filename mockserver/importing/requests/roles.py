"""Roles: which field of a request says what of the result, by the names that such APIs use.

A role is given only where every value that the schema accepts can play it: what is made of a count without a maximum,
or of a ratio that is any text, nobody could serve.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import sqrt

from mockserver.contract.places import schema_at
from mockserver.importing.answers.shape import snake
from mockserver.importing.notes import Kind, Notes
from mockserver.importing.requests.samples import kinds
from mockserver.types import JSON, Schema

_NAMES: Mapping[str, tuple[str, ...]] = {
    "model": ("model_name", "model", "model_id", "version", "model_version"),
    "prompt": ("prompt", "text", "text_prompt", "description", "input_text"),
    "count": (
        "n",
        "num_images",
        "image_count",
        "num_outputs",
        "count",
        "batch_size",
        "number_results",
        "num",
        "quantity",
        "imgnum",
    ),
    "ratio": ("aspect_ratio", "ratio", "aspectratio", "size_ratio"),
    "size": (
        "resolution",
        "image_resolution",
        "video_resolution",
        "quality",
        "mode",
        "size",
        "image_size",
        "video_size",
    ),
    "duration": ("duration", "seconds", "video_length", "video_duration", "length", "duration_seconds"),
    "images": ("image_list", "images", "image", "image_url", "image_urls", "input_image", "first_frame", "image_input"),
}
_CALLBACKS = (
    "callback_url",
    "callback",
    "webhook_url",
    "webhook",
    "notify_url",
    "reply_url",
    "call_back_url",
    "notify_hook",
    "hook_url",
    "callbackurl",
)
_OWN_IDS = (
    "external_task_id",
    "external_id",
    "custom_id",
    "client_reference_id",
    "reply_ref",
    "custom_task_id",
    "client_task_id",
)
_SIDES: Mapping[str, int] = {
    "std": 720,
    "standard": 720,
    "basic": 720,
    "draft": 480,
    "sd": 480,
    "low": 480,
    "medium": 720,
    "hd": 720,
    "pro": 1080,
    "high": 1080,
    "fhd": 1080,
    "full_hd": 1080,
    "master": 1080,
    "ultra": 2160,
    "uhd": 2160,
}
_RATIO = re.compile(r"[1-9]\d{0,2}:[1-9]\d{0,2}\Z")
_MOST_COUNT, _MOST_SECONDS = 100, 600
"""Results and seconds that somebody may ask for in one request and get soon."""
_MOST_DEPTH = 4


def media(words: str, result_words: str, schema: Schema) -> str:
    """Return what an operation makes: by the words of its path, of its title, and of where its results are."""
    text = words.lower()
    named = [kind for kind in ("video", "audio", "image") if kind in text]
    if not named:
        named = [kind for kind in ("video", "audio", "image") if kind in result_words.lower()]
    if "video" in named or (not named and _place(schema, _NAMES["duration"])):
        return "video"
    return "audio" if named == ["audio"] or "speech" in text or "music" in text else "image"


def callback_field(schema: Schema) -> str | None:
    """Return the place of the URL that is called back."""
    return next(
        (place for place in _places(schema, _CALLBACKS) if _is(schema, place, "string") and "[" not in place), None
    )


def own_id_field(schema: Schema) -> str | None:
    """Return the place of the client's own name for a task."""
    return next(
        (place for place in _places(schema, _OWN_IDS) if _is(schema, place, "string") and "[" not in place), None
    )


def task(schema: Schema, media: str, notes: Notes, where: str) -> dict[str, JSON]:
    """Return the ``task`` of an operation: which field of its request says what."""
    found: dict[str, JSON] = {
        "media": media,
        "seconds": {"real": 90, "fast": 4} if media != "image" else {"real": 40, "fast": 2},
    }
    for role in ("model", "prompt"):
        if (place := _place(schema, _NAMES[role])) and _is(schema, place, "string"):
            found[role] = place
    if media == "image" and (place := _count(schema, notes, where)):
        found["count"] = place
    ratios = _ratios(schema, notes, where)
    found |= ratios or {"usual_ratio": "16:9" if media == "video" else "1:1"}
    found |= _sizes(schema, media, notes, where)
    if media != "image":
        found |= _duration(schema, notes, where)
    if place := next((place for place in _places(schema, _NAMES["images"]) if _is_of_texts(schema, place)), None):
        found["images"] = place
    return found


def payloads(schema: Schema, task: Mapping[str, JSON], own_id: str | None) -> dict[str, dict[str, JSON]]:
    """Return the fields by which a payload asks for something special."""
    found: dict[str, dict[str, JSON]] = {}
    properties = schema["properties"]
    listed = [name for name, each in properties.items() if _is_listed(each)]
    if listed:
        found["invalid"] = {listed[0]: "not-a-value"}
    count = properties.get(task.get("count", ""), {})
    if count and count.get("maximum", 0) >= 3:
        found["several-results"] = {task["count"]: 3}
    prompt = properties.get(task.get("prompt", ""), {})
    if prompt and prompt.get("maxLength", 1000) >= 100 and not prompt.keys() & {"enum", "pattern"}:
        found["exact-text"] = {
            task["prompt"]: " \u00a0\nCafe\u0301, \u00e9t\u00e9 \ufb01 \uff21 \u212b \u00bd two  spaces\r\n \n"
        }
    if own_id is not None and own_id in properties and not properties[own_id].keys() & {"enum", "pattern"}:
        found["own-id"] = {own_id: "mine-1"}
    return found


def _is_listed(schema: Schema) -> bool:
    level = schema.get("x-level", {})
    return kinds(schema) == ["string"] and "enum" in schema and isinstance(level, dict) and "enum" not in level


def _count(schema: Schema, notes: Notes, where: str) -> str | None:
    place = next((place for place in _places(schema, _NAMES["count"]) if _is(schema, place, "integer")), None)
    if place is None:
        return None
    part = schema_at(place, schema) or {}
    if _bound(part, "minimum", 0) >= 1 and _bound(part, "maximum", _MOST_COUNT + 1) <= _MOST_COUNT:
        return place
    notes.add(
        Kind.UNDECIDED, where, place, "it has no range from 1 on; one result is made. Give it minimum and maximum"
    )
    return None


def _ratios(schema: Schema, notes: Notes, where: str) -> dict[str, JSON]:
    place = _place(schema, _NAMES["ratio"])
    part = None if place is None else schema_at(place, schema)
    if place is None or part is None:
        return {}
    values = [each for each in part.get("enum", ()) if isinstance(each, str)] if _is_listed(part) else []
    real = [each for each in values if _RATIO.match(each)]
    if not real or any(each not in real and each != "auto" for each in values):
        notes.add(Kind.UNDECIDED, where, place, "its values are no ratios such as 16:9; all results have the same one")
        return {}
    default = part.get("default")
    return {"ratio": place, "usual_ratio": default if default in real else real[0]}


def _sizes(schema: Schema, media: str, notes: Notes, where: str) -> dict[str, JSON]:
    for place in _places(schema, _NAMES["size"]):
        part = schema_at(place, schema) or {}
        values = [each for each in part.get("enum", ()) if isinstance(each, str)] if kinds(part) == ["string"] else []
        sizes = {each: side for each in values if (side := _side(each, media))}
        if sizes:
            default = part.get("default")
            guessed = [each for each in sizes if snake(each) in _SIDES]
            if guessed:
                said = ", ".join(f"{each} is {sizes[each]}p" for each in guessed)
                notes.add(Kind.GUESSED, where, place, f"{said}; correct the sizes of the task")
            return {"size": place, "usual_size": default if default in sizes else next(iter(sizes)), "sizes": sizes}
    return (
        {"usual_size": "1k", "sizes": {"1k": 1024}}
        if media == "image"
        else {"usual_size": "720p", "sizes": {"720p": 720}}
    )


def _side(text: str, media: str) -> int | None:
    """Return the pixels that the name of a size means: of a picture the side of a square, of a film the short side."""
    found: float | None = None
    if match := re.fullmatch(r"(\d{1,2})k", text, re.IGNORECASE):
        found = int(match[1]) * (1024 if media == "image" else 540)
    elif match := re.fullmatch(r"(\d{3,4})p?", text, re.IGNORECASE):
        found = int(match[1])
    elif match := re.fullmatch(r"(\d{2,5})[x*×](\d{2,5})", text, re.IGNORECASE):
        wide, high = int(match[1]), int(match[2])
        found = sqrt(wide * high) if media == "image" else min(wide, high)
    else:
        found = _SIDES.get(snake(text))
    return round(found) if found is not None and 64 <= found <= 8192 else None


def _duration(schema: Schema, notes: Notes, where: str) -> dict[str, JSON]:
    for place in _places(schema, _NAMES["duration"]):
        part = schema_at(place, schema) or {}
        values = [each for each in part.get("enum", ()) if each is not None]
        numbers = [int(each) for each in values if re.fullmatch(r"\d{1,4}", str(each))]
        is_listed = bool(values) and "enum" not in part.get("x-level", {}) and len(numbers) == len(values)
        low, high = _bound(part, "minimum", 0), _bound(part, "maximum", _MOST_SECONDS + 1)
        is_range = part.get("type") in ("integer", "number") and low >= 1 and high <= _MOST_SECONDS
        if is_listed and max(numbers) <= _MOST_SECONDS and min(numbers) >= 1:
            return {"duration": place, "usual_duration": _usual(part, numbers[0])}
        if is_range:
            return {"duration": place, "usual_duration": _usual(part, int(min(max(5, low), high)))}
        notes.add(
            Kind.UNDECIDED, where, place, "it has no range from 1 on; each film takes 5 s. Give it minimum and maximum"
        )
    return {"usual_duration": 5}


def _usual(part: Schema, otherwise: int) -> int:
    default = str(part.get("default", ""))
    return int(default) if default.isdecimal() and int(default) > 0 else otherwise


def _bound(part: Schema, keyword: str, otherwise: float) -> float:
    """Return a bound that counts; one that only warns does not."""
    is_warning = part.get("x-level", {}).get(keyword) is not None
    found: float = otherwise if is_warning else part.get(keyword, otherwise)
    return found


def _is(schema: Schema, place: str, kind: str) -> bool:
    return kinds(schema_at(place, schema) or {}) == [kind]


def _is_of_texts(schema: Schema, place: str) -> bool:
    return _is(schema, place, "string")


def _place(schema: Schema, names: tuple[str, ...]) -> str | None:
    return next(iter(_places(schema, names)), None)


def _places(schema: Schema, names: tuple[str, ...]) -> list[str]:
    """Return the places of fields that have one of some names, the likeliest and the nearest first."""
    found = [(name, place, depth) for name, place, depth in _all(schema, "", 0) if name in names]
    return [place for _, place, _ in sorted(found, key=lambda each: (each[2], names.index(each[0])))]


def _all(schema: Schema, before: str, depth: int) -> Iterator[tuple[str, str, int]]:
    if depth > _MOST_DEPTH:
        return
    for name, part in schema.get("properties", {}).items():
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            continue
        place = f"{before}{name}"
        items = part.get("items")
        yield snake(name), f"{place}[]" if isinstance(items, dict) else place, depth
        yield from _all(part, f"{place}.", depth + 1)
        if isinstance(items, dict):
            yield from _all(items, f"{place}[].", depth + 1)
