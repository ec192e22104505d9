"""Answers: the templates that a fake fills in, and the schemas that its answers keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mockserver.contract.template import MISSING
from mockserver.importing.answers.record import Record
from mockserver.importing.answers.shape import Leaf, Shape, Steps, snake
from mockserver.importing.requests.samples import fits, kinds
from mockserver.types import JSON, Schema

_ENVELOPE = frozenset(
    {"code", "message", "msg", "success", "status_code", "object", "version", "type", "ok", "error_code"}
)
"""Fields that say of an answer that all is well."""

_MOST_REPAIRS = 200

_REQUEST_IDS = frozenset({"request_id", "trace_id", "log_id"})
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(slots=True)
class Places:
    """What fills which field of an answer.

    * ``values``: a template by the way to the field
    * ``lists``: by the way to a list of results, what it makes, ``image`` or ``video``; empty for any
    * ``sent``: the names of fields of requests, which an answer may repeat
    * ``media``: what a service makes, by product
    """

    values: dict[Steps, JSON] = field(default_factory=dict)
    results: dict[Steps, str] = field(default_factory=dict)
    sent: Mapping[str, Schema] = field(default_factory=dict)
    media: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)


def places(
    record: Record | None, sent: Mapping[str, Schema], media: Mapping[str, str], names: Mapping[str, str]
) -> Places:
    """Return what fills the fields of a record; ``names`` are the request's fields for the client's own name and for
    the URL that is called back.
    """
    found = Places(sent=sent, media=media, states={} if record is None else record.states)
    if record is None:
        return found
    found.values[record.id.steps] = id_of(record.id)
    found.values[record.status.steps] = "{status}"
    for role, (leaf, unit) in record.times.items():
        found.values[leaf.steps] = f"{{{role}_{unit}}}"
    if record.reason is not None:
        found.values[record.reason.steps] = "{reason}"
    if record.progress is not None:
        found.values[record.progress.steps] = _progress(record.progress)
    for leaf in record.results:
        found.results[leaf.steps] = _media(leaf, media)
    return found


def id_of(leaf: Leaf) -> str:
    """Return the template of an id."""
    return "{id_number}" if leaf.kinds == ["integer"] else "{id}"


def _progress(leaf: Leaf) -> str:
    shown = next((each for each in leaf.examples if isinstance(each, str)), "")
    return "{progress}%" if shown.endswith("%") or leaf.kinds == ["string"] else "{progress}"


def _media(leaf: Leaf, media: Mapping[str, str]) -> str:
    """Return what kind of result a field is for; an empty text if all results go there."""
    way = " ".join(leaf.steps).lower()
    named = [kind for kind in ("image", "video", "audio") if kind in way]
    return named[-1] if named and len(set(media.values())) > 1 else ""


def template(shape: Shape, found: Places, steps: Steps = ()) -> JSON:
    """Return the template of an answer; what nothing is known of, and nothing demands, is left out."""
    made = _part(shape.at(steps) or {}, steps, found, is_required=True)
    return {} if made is MISSING else made


def _part(schema: Schema, steps: Steps, found: Places, *, is_required: bool) -> JSON:
    if steps in found.values:
        return found.values[steps]
    kind = _kind(schema)
    if (way := next((way for way in found.results if _is_list_of(way, steps, kind)), None)) is not None:
        return _results(schema, steps, way, found, is_required=is_required)
    if steps in found.results:
        return _for_media({"$first": "results", "item": "{url}"}, found.results[steps], found)
    if kind == "object":
        return _object(schema, steps, found, is_required=is_required)
    return _constant(schema, steps, found, is_required=is_required)


def _object(schema: Schema, steps: Steps, found: Places, *, is_required: bool) -> JSON:
    is_about = [way for way in (*found.values, *found.results) if way[: len(steps)] == steps]
    if not is_about and not is_required:
        return MISSING
    state = None if is_required or not steps else _only_in(is_about, found)
    needed = schema.get("required", ())
    inner = {}
    for name, each in schema.get("properties", {}).items():
        here = (*steps, name)
        is_needed = name in needed or (state is not None and any(way[: len(here)] == here for way in is_about))
        made = _part(each, here, found, is_required=is_needed)
        if made is not MISSING:
            inner[name] = made
    return inner if state is None else {"$by": "status", "cases": {found.states[state]: inner}}


def _only_in(ways: list[Steps], found: Places) -> str | None:
    """Return the state in which alone there is something at some places; ``None`` if there always is."""
    if all(way in found.results for way in ways):
        return None if found.states["succeed"] == found.states["processing"] else "succeed"
    return "failed" if all(found.values.get(way) == "{reason}" for way in ways) else None


def _is_list_of(way: Steps, steps: Steps, kind: str | None) -> bool:
    return kind == "array" and way[: len(steps)] == steps and way[len(steps) : len(steps) + 1] == ("*",)


def _results(schema: Schema, steps: Steps, way: Steps, found: Places, *, is_required: bool) -> JSON:
    items = schema.get("items", {})
    item: JSON = "{url}" if way == (*steps, "*") else _item(items, (*steps, "*"), way)
    listed: JSON = {"$each": "results", "item": item}
    media = found.results[way]
    if not is_required and found.states["succeed"] != found.states["processing"]:
        listed = {"$by": "status", "cases": {found.states["succeed"]: listed}}
    return _for_media(listed, media, found, [] if is_required else MISSING)


def _for_media(part: JSON, media: str, found: Places, otherwise: JSON = MISSING) -> JSON:
    """Return a part that only products of a kind have."""
    if not media:
        return part
    cases = {product: part for product, kind in found.media.items() if kind == media}
    return {"$by": "product", "cases": cases, **({} if otherwise is MISSING else {"else": otherwise})}


def _item(schema: Schema, steps: Steps, way: Steps) -> JSON:
    """Return the template of one result."""
    inner = {}
    for name, each in schema.get("properties", {}).items():
        here = (*steps, name)
        if here == way:
            inner[name] = "{url}"
        elif way[: len(here)] == here:
            inner[name] = _item(each, here, way)
        elif (made := _of_result(snake(name), each, is_required=name in schema.get("required", ()))) is not MISSING:
            inner[name] = made
    return inner


def _of_result(name: str, schema: Schema, *, is_required: bool) -> JSON:
    kind = _kind(schema)
    if name in ("index", "seq", "order") and kind == "integer":
        return "{index}"
    if name in ("id", "image_id", "video_id", "result_id", "file_id", "uuid") and kind == "string":
        return "{result_id}"
    if name in ("width", "height") and kind in ("integer", "number"):
        return f"{{{name}}}"
    if name == "duration" and kind in ("string", "number"):
        return "{duration}" if kind == "string" else "{seconds}"
    if name.startswith("watermark") and "url" in name and kind == "string":
        return "{watermark_url}"
    if kind == "string" and name.endswith(("url", "uri")):
        return "{url}"
    return _constant(schema, ("", name), None, is_required=is_required)


def _constant(schema: Schema, steps: Steps, found: Places | None, *, is_required: bool) -> JSON:
    """Return what a field has that plays no part: what is shown of it, or what its type has."""
    name = steps[-1] if steps else ""
    if found is not None:
        if snake(name) in _REQUEST_IDS and _kind(schema) == "string":
            return "{request_id}"
        if (echo := _echo(name, schema, found)) is not None:
            return echo
    if not is_required and not (len(steps) == 1 and snake(name) in _ENVELOPE):
        return MISSING
    shown = [
        *schema.get("enum", ()),
        *schema.get("examples", ()),
        *([schema["default"]] if "default" in schema else []),
    ]
    for each in shown:
        if not isinstance(each, dict | list) and fits(each, schema):
            return each.replace("{", "(").replace("}", ")") if isinstance(each, str) else each
    kinds = schema.get("type", [])
    if not is_required:
        return MISSING
    if isinstance(kinds, list) and (not kinds or "null" in kinds):
        return None
    empty: dict[str | None, JSON] = {
        "string": "",
        "integer": 0,
        "number": 0,
        "boolean": True,
        "array": [],
        "object": {},
    }
    return empty.get(_kind(schema))


def _echo(name: str, schema: Schema, found: Places) -> JSON:
    """Return the template of a field that repeats one of the request; ``None`` if it does not."""
    sent = found.sent.get(name)
    is_same = sent is not None and kinds(sent) == kinds(schema) and name.isidentifier() and name.isascii()
    return f"{{payload.{name}}}" if is_same else None


def _kind(schema: Schema) -> str | None:
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    named = next((kind for kind in kinds if kind and kind != "null"), None)
    return named or ("object" if "properties" in schema else "array" if "items" in schema else None)
