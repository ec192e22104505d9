"""Parts: what a service of templates consists of, and small questions about routes and records."""

from __future__ import annotations

from dataclasses import dataclass, field

from mockserver.importing.answers.record import Record, find_id
from mockserver.importing.answers.shape import Shape, Steps
from mockserver.importing.notes import Kind, Notes
from mockserver.importing.requests.request import Request
from mockserver.importing.routes import Route, product
from mockserver.types import JSON, Schema

_SIZES = ("page_size", "pageSize", "limit", "size", "per_page", "pagesize", "count")
_NUMBERS = ("page", "page_num", "pageNum", "page_no", "pageNo", "page_number", "pagenum")
_MOST_PAGES = 1_000_000


@dataclass(slots=True)
class Create:
    """An operation that makes tasks: its route, what it takes, and what it answers."""

    route: Route
    request: Request
    shape: Shape | None
    product: str = ""
    media: str = "image"


@dataclass(slots=True)
class Parts:
    """What a service consists of: its ``operations`` and ``templates``, its ``layout``, and its other ``files``."""

    operations: dict[str, JSON] = field(default_factory=dict)
    templates: dict[str, JSON] = field(default_factory=dict)
    layout: dict[str, JSON] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    ids: str = "decimal"
    files: dict[str, Schema] = field(default_factory=dict)


@dataclass(slots=True)
class Shown:
    """An operation that shows a task, and where its answer keeps what."""

    route: Route
    shape: Shape
    record: Record
    prefix: Steps


def named(creates: list[Create]) -> None:
    """Give each operation that makes tasks a name for what it makes."""
    taken: set[str] = set()
    for each in creates:
        each.product = product(each.route, taken)
        taken.add(each.product)


def inner(made: JSON, prefix: Steps) -> JSON:
    """Return the part of a template that is the task."""
    for step in prefix:
        made = made.get(step, {}) if isinstance(made, dict) else {}
        if isinstance(made, dict) and "$by" in made:
            made = next(iter(made["cases"].values()))
    return made


def wanted(route: Route, creates: list[Create]) -> list[str]:
    """Return the names that the id of a task may have, for the parameter that names it has them."""
    own = [] if route.id is None else [route.id]
    likely = [leaf.name for each in creates if each.shape and (leaf := find_id(each.shape, own))]
    return [*own, *likely]


def is_uuid(of: Record) -> bool:
    """Whether ids are shown that are UUIDs."""
    shown = [each for each in of.id.examples if isinstance(each, str)]
    return any(len(each) == 36 and each.count("-") == 4 for each in shown)


def shared(one: str, other: str) -> int:
    """Count the parts that two paths share from their start."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return next(
        (number for number, (a, b) in enumerate(pairs) if a != b), min(len(one.split("/")), len(other.split("/")))
    )


def pages(query: Schema | None, route: Route, notes: Notes) -> dict[str, str]:
    """Return the fields that choose a part of a list, each with bounds: a page of less than nothing is none."""
    known = {} if query is None else query["properties"]
    found = {
        role: next((name for name in names if known.get(name, {}).get("type") == "integer"), None)
        for role, names in (("size", _SIZES), ("number", _NUMBERS))
    }
    if found["size"] is None:
        return {}
    chosen = {role: name for role, name in found.items() if name is not None}
    for name in chosen.values():
        part = known[name]
        for keyword, value in (("minimum", 1), ("maximum", _MOST_PAGES)):
            if part.get(keyword, -1) < 1 or keyword in part.get("x-level", {}):
                part[keyword] = value
                part.get("x-level", {}).pop(keyword, None)
                notes.add(Kind.GUESSED, route.spot.place, name, f"{keyword} {value} of a page was added")
        if not part.get("x-level", True):
            del part["x-level"]
    return chosen
