"""Representatives: the operations that ``make test`` sweeps; ``make torture`` sweeps all others.

There are two hundred operations, most of which are rows of data that the same code serves. What they do is done, in
each dialect, by a representative; and those of the two Omni endpoints stand for themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mockserver.contract.catalog import load

_NAMED = re.compile(r"[\w-]+/[\w-]+(?:\.[\w-]+)*")


def _chosen() -> Iterator[str]:
    found: set[object] = set()
    for service in load().services.values():
        for id, operation in sorted(
            service.operations.items(), key=lambda each: (bool(each[1].when), "omni-" not in each[0])
        ):
            case = service.dialect, operation.does, operation.task.get("media")
            if case not in found or id.startswith("kling/omni-"):
                found.add(case)
                yield id


ALL = frozenset(id for service in load().services.values() for id in service.routes)
CHOSEN = frozenset(_chosen())
_FULL = re.compile("|".join(map(re.escape, sorted(ALL, key=len, reverse=True))))


def is_represented(case: str) -> bool:
    """Whether a test's case, ``kling/tts.create:text.required``, names an operation that another one stands for.

    A product means the operation that creates for it; the last name that has more parts than an operation is cut.
    """
    named = (_operation(found) for found in _NAMED.findall(case))
    return any(id is not None and id not in CHOSEN for id in named)


def operation_in(case: str) -> str:
    """Return the first operation that a test's case names in full, or an empty text."""
    found = _FULL.search(case)
    return found[0] if found else ""


def _operation(name: str) -> str | None:
    """Return the operation that a name begins with, after other words of the case: ``default-kling/tts.create``."""
    words = name.partition("/")[0].split("-")
    starts = [name.split("-", count)[-1] for count in range(len(words))]
    return next((id for start in starts for id in _prefixes(start) if id in ALL), None)


def _prefixes(name: str) -> Iterator[str]:
    yield f"{name}.create"
    while "." in name:
        yield name
        name = name.rpartition(".")[0]
