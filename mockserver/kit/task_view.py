"""A task as an answer or a callback shows it. The layout of the service says where each field is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

import jiter

from mockserver.contract import places
from mockserver.contract.layout import Layout
from mockserver.types import JSON, Path, is_url

ORDER: Mapping[str, int] = MappingProxyType({"submitted": 0, "processing": 1, "succeed": 2, "failed": 2})
"""How far a task is in each state."""

FINAL = frozenset({"succeed", "failed"})
"""The states that a task never leaves."""


_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")

_ALONE = "url"
"""The name of a URL that has none, for it stands in a list."""


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task in one answer. A field that is missing, or has a wrong type, is ``None``."""

    document: JSON
    layout: Layout

    @classmethod
    def of(cls, answer: JSON, layout: Layout) -> TaskView | None:
        """Find the task in an answer, or its id alone; ``None`` if there is neither."""
        views = (cls(document, layout) for document in _tasks(answer, layout))
        return next((view for view in views if view.id is not None), None)

    @classmethod
    def told(cls, document: JSON, layout: Layout) -> TaskView:
        """Find the task in a callback: the body itself, or what an answer to a query has, too."""
        bare = cls(document, layout)
        return bare if bare.id is not None else cls.of(document, layout) or bare

    @property
    def id(self) -> str | None:
        """Its id, as text for a path."""
        id = at(self.document, self.layout.id)
        return str(id) if isinstance(id, str | int) and not isinstance(id, bool) and id != "" else None

    @property
    def status(self) -> str | None:
        """The wire's word for its state, or the number."""
        found = at(self.document, self.layout.status)
        return str(found) if isinstance(found, int) and not isinstance(found, bool) else _text(found)

    @property
    def state(self) -> str | None:
        """Its state, one of ``ORDER``; ``None`` for a word that the contract does not know."""
        return self.layout.states.get(self.status or "")

    @property
    def reason(self) -> str | None:
        """Why it failed, in the service's words."""
        return _text(_at(self.document, self.layout.reason))

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.state in FINAL

    @property
    def created_at(self) -> int | None:
        """When it was created, in Unix milliseconds."""
        return _whole(_at(self.document, self.layout.created_at))

    @property
    def updated_at(self) -> int | None:
        """When its state last changed, in Unix milliseconds."""
        return _whole(_at(self.document, self.layout.updated_at))

    @property
    def external_id(self) -> str | None:
        """The client's own name for it."""
        names = (at(self.document, path) for path in self.layout.external_id)
        return next((name for name in names if isinstance(name, str)), None)

    @property
    def units(self) -> Decimal | None:
        """What it has cost in units, as it says itself; ``None`` if it says nothing, or nothing that is a number."""
        said = places.values(self.layout.units, self.document) if self.layout.units is not None else ()
        amounts = [_amount(each) for each in said]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(amounts) else None

    @property
    def results(self) -> list[JSON]:
        """Its results: the objects that have the URLs, in order; a URL that stands alone in a list gets one."""
        return [item for item, _ in self._items()]

    @property
    def result_urls(self) -> Sequence[tuple[Mapping[str, JSON], str]]:
        """Its results: each object, and the name of each URL in it."""
        return [(item, name) for item, names in self._items() if isinstance(item, dict) for name in names]

    def _items(self) -> Iterator[tuple[JSON, Sequence[str]]]:
        """Yield what has the URLs, each with the names of those: of several that there may be, those that are there."""
        held: dict[Path, list[str]] = {}
        for *holder, name in self.layout.results:
            held.setdefault(tuple(holder), []).append(str(name))
        for place, names in held.items():
            if names == ["*"]:
                yield from (({_ALONE: url}, (_ALONE,)) for url in each(self.document, (*place, "*")))
                continue
            for item in each(self.document, place):
                there = [name for name in names if isinstance(item, dict) and name in item]
                yield item, there or names[:1]

    @property
    def urls(self) -> list[str]:
        """The URLs of its results, in order."""
        urls = (url for path in self.layout.results for url in each(self.document, path))
        return [url for url in urls if isinstance(url, str) and url]


def _amount(said: JSON) -> Decimal | None:
    """Read a number of units: a text on the wire, ``"0.6"``."""
    return Decimal(said) if isinstance(said, str) and _AMOUNT.fullmatch(said) else None


def _tasks(answer: JSON, layout: Layout) -> Iterator[JSON]:
    """Yield what may be the task in an answer, or the tasks in one to a query for several, the likeliest first."""
    for place in layout.task:
        found = at(answer, place)
        yield from found if isinstance(found, list) else [found]
    if layout.created_id is not None:
        alone: JSON = at(answer, layout.created_id)
        for step in reversed(layout.id):
            alone = {step: alone}
        yield alone


def task_views(answer: JSON, layout: Layout) -> list[TaskView]:
    """Return the tasks in the answer to a list, in order."""
    items = at(answer, layout.tasks)
    return [TaskView(item, layout) for item in items] if isinstance(items, list) else []


def at(document: JSON, path: Path) -> JSON:
    """Return what is at a place, or ``None``; a text on the way is read as JSON, for some services write it so."""
    for step in path:
        document = _read(document) if isinstance(document, str) else document
        if not isinstance(document, dict) or step not in document:
            return None
        document = document[step]
    return document


def _at(document: JSON, path: Path | None) -> JSON:
    return None if path is None else at(document, path)


def lasting(value: JSON, left_out: frozenset[str | int] = frozenset()) -> JSON:
    """Return a value without some fields, at any depth, and without the queries of URLs.

    The signature in the query of a URL may be another one in each answer.
    """
    if isinstance(value, dict):
        return {name: lasting(inner, left_out) for name, inner in value.items() if name not in left_out}
    if isinstance(value, list):
        return [lasting(item, left_out) for item in value]
    return value.partition("?")[0] if is_url(value) else value


def each(document: JSON, path: Path) -> Iterator[JSON]:
    """Yield what is at a place whose path may have ``*`` for each item of a list."""
    before, star, after = _split(path)
    value = at(document, before)
    if not star:
        if value is not None:
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from each(item, after)


def _read(text: str) -> JSON:
    try:
        return jiter.from_json(text.encode())
    except ValueError:
        return None


def _split(path: Path) -> tuple[Path, bool, Path]:
    if "*" not in path:
        return path, False, ()
    place = path.index("*")
    return path[:place], True, path[place + 1 :]


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: JSON) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
