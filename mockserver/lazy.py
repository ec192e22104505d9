"""A lazy mapping: its values are made when somebody asks for them, so that a start does not pay for all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Mapping[str, T], Generic[T]):
    """A mapping that is not changed. Each value is made once, however many threads ask for it."""

    def __init__(self, names: Callable[[], Collection[str]], make: Callable[[str], T]) -> None:
        """``names`` is called when it first matters which keys there are."""
        self._list, self._make = names, make
        self._made: dict[str, T] = {}

    @cached_property
    def _names(self) -> dict[str, None]:
        return dict.fromkeys(self._list())

    def __getitem__(self, name: str) -> T:
        try:
            return self._made[name]
        except KeyError:
            if name not in self._names:
                raise
        return self._made.setdefault(name, self._make(name))

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"Lazy({list(self._names)})"
