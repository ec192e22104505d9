"""Nodes of an archive: fields by their names and types, each with its pointer, and an error for a wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

from mockserver.har.archive import BadArchive
from mockserver.suggestions import shown
from mockserver.types import JSON, kind_of, pointer


class Node:
    """An object of an archive. What is left out is as if it were ``null``, as some programs write it."""

    def __init__(self, file: str, found: JSON, *path: str | int) -> None:
        """Raises ``BadArchive`` if it is no object."""
        self._file, self._path = file, path
        if not isinstance(found, dict):
            raise self.wrong(found, "an object")
        self._fields = found

    @property
    def place(self) -> str:
        """Its pointer."""
        return pointer(self._path)

    def wrong(self, found: JSON, wanted: str, *more: str | int) -> BadArchive:
        """Return the error for a value that is not what is wanted."""
        is_short = not isinstance(found, dict | list)
        fact = f"{shown(found) if is_short else f'an {kind_of(found)}'} is not {wanted}"
        return BadArchive(self._file, pointer((*self._path, *more)), fact)

    def missing(self, name: str) -> BadArchive:
        """Return the error for a field without which an exchange cannot be read."""
        return BadArchive(self._file, self.place, f"has no {name}")

    def text(self, name: str) -> str | None:
        """Return a text, if it is there. Raises ``BadArchive``."""
        found = self._fields.get(name)
        if found is None or isinstance(found, str):
            return found
        raise self.wrong(found, "text", name)

    def number(self, name: str) -> float | None:
        """Return a number, if it is there; some programs write it as text. Raises ``BadArchive``."""
        found = self._fields.get(name)
        if found is None or (isinstance(found, int | float) and not isinstance(found, bool)):
            return found
        if isinstance(found, str):
            try:
                return float(found)
            except ValueError:
                pass
        raise self.wrong(found, "a number", name)

    def object(self, name: str) -> Self | None:
        """Return an object, if it is there. Raises ``BadArchive``."""
        found = self._fields.get(name)
        return None if found is None else type(self)(self._file, found, *self._path, name)

    def objects(self, name: str) -> Iterator[Self]:
        """Yield the objects of a list. Raises ``BadArchive``."""
        found = self._fields.get(name)
        if found is None:
            return
        if not isinstance(found, list):
            raise self.wrong(found, "a list", name)
        yield from (type(self)(self._file, each, *self._path, name, place) for place, each in enumerate(found))

    def __contains__(self, name: str) -> bool:
        return self._fields.get(name) is not None

    @property
    def fields(self) -> Mapping[str, JSON]:
        """All that it has."""
        return self._fields
