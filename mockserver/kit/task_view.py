"""Records: what an answer says of a task, wherever its dialect puts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mockserver.types import JSON, Path

ORDER: Mapping[str, int] = MappingProxyType({"submitted": 0, "processing": 1, "succeed": 2, "failed": 2})
"""How far along each state is."""

FINAL = frozenset({"succeed", "failed"})


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the answers of a dialect hold what; a ``*`` stands for each item of a list.

    * ``record`` and ``items``: a task in the answer to a query, tasks in that to a list
    * the next: in a record
    * ``results``: the URLs of what was made; ``marked``: of their watermarked twins, beside the URL
    * ``external_field`` and ``callback_field``: the fields of a payload that give a task a name of the client's own,
      and ask for callbacks; ``finds_external``: that name is an id, and unique
    """

    record: Path
    items: Path
    id: Path
    status: Path
    created_at: Path
    updated_at: Path
    reason: Path
    external: tuple[Path, ...]
    results: tuple[Path, ...]
    marked: str | None
    external_field: str
    callback_field: str
    finds_external: bool


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "kling": Layout(
            record=("data",),
            items=("data",),
            id=("task_id",),
            status=("task_status",),
            created_at=("created_at",),
            updated_at=("updated_at",),
            reason=("task_status_msg",),
            external=(("task_info", "external_task_id"),),
            results=(
                ("task_result", "images", "*", "url"),
                ("task_result", "series_images", "*", "url"),
                ("task_result", "videos", "*", "url"),
            ),
            marked="watermark_url",
            external_field="external_task_id",
            callback_field="callback_url",
            finds_external=True,
        ),
        "useapi": Layout(
            record=(),
            items=("history",),
            id=("task", "id"),
            status=("status_name",),
            created_at=("task", "createTime"),
            updated_at=("task", "updateTime"),
            reason=("error",),
            external=(("replyRef",), ("request", "replyRef"), ("response", "replyRef")),
            results=(("works", "*", "resource", "resource"),),
            marked=None,
            external_field="replyRef",
            callback_field="replyUrl",
            finds_external=False,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Record:
    """One task as an answer or a callback shows it. What is not there, or is of a wrong type, is ``None``."""

    document: JSON
    layout: Layout

    @classmethod
    def of(cls, answer: JSON, layout: Layout) -> Record | None:
        """Find the task in an answer; ``None`` if there is none with an id."""
        found = cls(at(answer, layout.record), layout)
        return found if found.id is not None else None

    @property
    def id(self) -> str | None:
        """Its id, as it is written in a path."""
        found = at(self.document, self.layout.id)
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) and found != "" else None

    @property
    def status(self) -> str | None:
        """The word of its state."""
        found = at(self.document, self.layout.status)
        return found if isinstance(found, str) else None

    @property
    def reason(self) -> str | None:
        """Why it failed, in the service's words."""
        found = at(self.document, self.layout.reason)
        return found if isinstance(found, str) else None

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in FINAL

    @property
    def created_at(self) -> int | None:
        """When it was created."""
        return _whole(at(self.document, self.layout.created_at))

    @property
    def updated_at(self) -> int | None:
        """When its state last changed."""
        return _whole(at(self.document, self.layout.updated_at))

    @property
    def external_id(self) -> str | None:
        """The client's own name for it."""
        found = (at(self.document, path) for path in self.layout.external)
        return next((name for name in found if isinstance(name, str)), None)

    @property
    def results(self) -> list[JSON]:
        """What was made: the objects that have the URLs, in order."""
        return [item for path in self.layout.results for item in _each(self.document, path[:-1])]

    @property
    def urls(self) -> list[str]:
        """The URLs of what was made, in order."""
        return [
            url for path in self.layout.results for url in _each(self.document, path) if isinstance(url, str) and url
        ]


def at(document: JSON, path: Path) -> JSON:
    """Return what is at a place, or ``None``."""
    for step in path:
        if not isinstance(document, dict) or step not in document:
            return None
        document = document[step]
    return document


def lasting(value: JSON, apart: frozenset[str | int] = frozenset()) -> JSON:
    """Leave out some fields, and of URLs the query: a signature may be a new one each time."""
    if isinstance(value, dict):
        return {name: lasting(inner, apart) for name, inner in value.items() if name not in apart}
    if isinstance(value, list):
        return [lasting(item, apart) for item in value]
    is_url = isinstance(value, str) and value.startswith(("http://", "https://"))
    return value.partition("?")[0] if is_url else value


def records(answer: JSON, layout: Layout) -> list[Record]:
    """Return the tasks in the answer to a list."""
    items = at(answer, layout.items)
    return [Record(item, layout) for item in items] if isinstance(items, list) else []


def _each(document: JSON, path: Path) -> Iterator[JSON]:
    before, star, after = _split(path)
    found = at(document, before)
    if not star:
        if found is not None:
            yield found
    elif isinstance(found, list):
        for item in found:
            yield from _each(item, after)


def _split(path: Path) -> tuple[Path, bool, Path]:
    if "*" not in path:
        return path, False, ()
    place = path.index("*")
    return path[:place], True, path[place + 1 :]


def _whole(value: JSON) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
