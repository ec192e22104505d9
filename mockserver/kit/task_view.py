"""A task as an answer or a callback shows it, wherever the service's layout puts what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mockserver.contract.layout import Layout
from mockserver.types import JSON, Path

ORDER: Mapping[str, int] = MappingProxyType({"submitted": 0, "processing": 1, "succeed": 2, "failed": 2})
"""How far along each state is."""

FINAL = frozenset({"succeed", "failed"})
"""The states in which nothing more happens to a task."""


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task in one answer. What is not there, or is of a wrong type, is ``None``."""

    document: JSON
    layout: Layout

    @classmethod
    def of(cls, answer: JSON, layout: Layout) -> TaskView | None:
        """Find the task in an answer; ``None`` if there is none with an id."""
        view = cls(at(answer, layout.task), layout)
        return view if view.id is not None else None

    @property
    def id(self) -> str | None:
        """Its id, as it is written in a path."""
        id = at(self.document, self.layout.id)
        return str(id) if isinstance(id, str | int) and not isinstance(id, bool) and id != "" else None

    @property
    def status(self) -> str | None:
        """The wire's word for its state."""
        return _text(at(self.document, self.layout.status))

    @property
    def state(self) -> str | None:
        """Its state, one of ``ORDER``; ``None`` for a word that the contract does not know."""
        return self.layout.states.get(self.status or "")

    @property
    def reason(self) -> str | None:
        """Why it failed, in the service's words."""
        return _text(at(self.document, self.layout.reason))

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in FINAL

    @property
    def created_at(self) -> int | None:
        """When it was created, in Unix milliseconds."""
        return _whole(at(self.document, self.layout.created_at))

    @property
    def updated_at(self) -> int | None:
        """When its state last changed, in Unix milliseconds."""
        return _whole(at(self.document, self.layout.updated_at))

    @property
    def external_id(self) -> str | None:
        """The client's own name for it."""
        names = (at(self.document, path) for path in self.layout.external_id)
        return next((name for name in names if isinstance(name, str)), None)

    @property
    def results(self) -> list[JSON]:
        """What was made: the objects that have the URLs, in order."""
        return [item for path in self.layout.results for item in _each(self.document, path[:-1])]

    @property
    def result_urls(self) -> Sequence[tuple[Mapping[str, JSON], str]]:
        """What was made: each object that has a URL, and the name of the URL in it."""
        return [
            (item, str(path[-1]))
            for path in self.layout.results
            for item in _each(self.document, path[:-1])
            if isinstance(item, dict)
        ]

    @property
    def urls(self) -> list[str]:
        """The URLs of what was made, in order."""
        urls = (url for path in self.layout.results for url in _each(self.document, path))
        return [url for url in urls if isinstance(url, str) and url]


def task_views(answer: JSON, layout: Layout) -> list[TaskView]:
    """Return the tasks in the answer to a list, in order."""
    items = at(answer, layout.tasks)
    return [TaskView(item, layout) for item in items] if isinstance(items, list) else []


def at(document: JSON, path: Path) -> JSON:
    """Return what is at a place, or ``None``."""
    for step in path:
        if not isinstance(document, dict) or step not in document:
            return None
        document = document[step]
    return document


def lasting(value: JSON, apart: frozenset[str | int] = frozenset()) -> JSON:
    """Leave out the fields ``apart``, and the query of each URL: a signed URL may be a new one in each answer."""
    if isinstance(value, dict):
        return {name: lasting(inner, apart) for name, inner in value.items() if name not in apart}
    if isinstance(value, list):
        return [lasting(item, apart) for item in value]
    is_url = isinstance(value, str) and value.startswith(("http://", "https://"))
    return value.partition("?")[0] if is_url else value


def _each(document: JSON, path: Path) -> Iterator[JSON]:
    """Yield what is at a place whose path may have ``*`` steps."""
    before, star, after = _split(path)
    value = at(document, before)
    if not star:
        if value is not None:
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from _each(item, after)


def _split(path: Path) -> tuple[Path, bool, Path]:
    if "*" not in path:
        return path, False, ()
    place = path.index("*")
    return path[:place], True, path[place + 1 :]


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: JSON) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
