"""A store that notes whoever uses it on an event loop, where a turn would make all requests wait."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mockserver.errors import StoreUnavailable


@dataclass
class Watch:
    """What was ``seen`` of the uses of a store on a loop, and whether it can be reached."""

    seen: list[str] = field(default_factory=list)
    is_away: bool = False


_PARTS = ("tasks", "journal", "documents", "schedule")
_LOCAL = frozenset({"now", "is_shared", "kind", "lapses"})
"""What never waits."""


class Watched:
    """A store, or a part of one, all of whose calls are passed on, and watched."""

    def __init__(self, inner: Any, watch: Watch) -> None:
        self._inner, self._watch = inner, watch
        for name in _PARTS:
            if hasattr(type(inner), "run"):
                setattr(self, name, Watched(getattr(inner, name), watch))

    def __getattr__(self, name: str) -> Any:
        if name in _LOCAL:
            return getattr(self._inner, name)
        if not callable(getattr(type(self._inner), name, None)):
            self._note(name)
            return getattr(self._inner, name)
        method = getattr(self._inner, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            self._note(name)
            found = method(*args, **kwargs)
            return self._iterated(found, name) if hasattr(found, "__next__") else found

        return called

    def __len__(self) -> int:
        self._note("len")
        return len(self._inner)

    def __iter__(self) -> Iterator[Any]:
        return self._iterated(iter(self._inner), "iter")

    def _iterated(self, found: Iterator[Any], name: str) -> Iterator[Any]:
        self._note(name)
        for each in found:
            yield each
            self._note(name)

    def _note(self, name: str) -> None:
        if self._watch.is_away:
            raise StoreUnavailable("the store cannot be reached. Start it.")
        if asyncio._get_running_loop() is not None:
            callers = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_stack()[-8:-2]]
            self._watch.seen.append(f"{type(self._inner).__name__}.{name} by {' > '.join(callers)}")
