"""References: what a ``$ref`` names, in its document or in a file beside it. URLs are not fetched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from mockserver.importing.notes import CannotImport, Notes, excerpt
from mockserver.importing.reading.document import Document, part
from mockserver.types import JSON, Path

_MOST_STEPS = 40
"""References that lead to references."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Something in a document, and where it stands."""

    document: Document
    path: Path
    value: JSON

    @property
    def place(self) -> str:
        """Where it stands, for a person."""
        return self.document.place(self.path)

    @property
    def key(self) -> tuple[str, Path]:
        """Where it stands, to compare."""
        return self.document.name, self.path

    def get(self, *steps: str | int) -> Spot:
        """Return what is inside; its value is ``None`` where nothing is."""
        value = self.value
        for step in steps:
            is_there = (
                step in value
                if isinstance(value, dict)
                else isinstance(value, list) and isinstance(step, int) and step < len(value)
            )
            value = value[step] if is_there else None
        return Spot(self.document, (*self.path, *steps), value)

    def fields(self) -> Iterator[tuple[str, Spot]]:
        """Yield what is in an object, by name; nothing of anything else."""
        for name in self.value if isinstance(self.value, dict) else ():
            yield str(name), self.get(name)

    def items(self) -> Iterator[Spot]:
        """Yield what is in a list; nothing of anything else."""
        for index in range(len(self.value)) if isinstance(self.value, list) else ():
            yield self.get(index)

    def text(self, name: str) -> str:
        """Return a text that an object has; an empty one if it has none."""
        found = self.get(name).value
        return found if isinstance(found, str) else ""


class References:
    """Follows references, and reads each file beside a document once."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._files: dict[str, Document] = {}

    def resolved(self, spot: Spot) -> Spot:
        """Return what is meant: behind a ``$ref``, what it names. Raises ``CannotImport``."""
        for _ in range(_MOST_STEPS):
            target = spot.value.get("$ref") if isinstance(spot.value, dict) else None
            if target is None:
                return spot
            spot = self._target(spot, target)
        raise CannotImport(spot.place, "its '$ref' leads round in a circle. Write out what is meant.")

    def _target(self, spot: Spot, target: JSON) -> Spot:
        at = spot.get("$ref").place
        if not isinstance(target, str):
            raise CannotImport(at, "a '$ref' is no text. Write such as '#/components/schemas/Task'.")
        file, _, inside = target.partition("#")
        document = self._document(spot.document, file, at) if file else spot.document
        value: JSON = document.root
        steps = tuple(unquote(step).replace("~1", "/").replace("~0", "~") for step in inside.split("/")[1:])
        path: list[str | int] = []
        for step in steps:
            key: str | int = int(step) if isinstance(value, list) and step.isdecimal() else step
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                text = f"{excerpt(target)!r} leads nowhere. Write it out, or name what is there."
                raise CannotImport(at, text) from None
            path.append(key)
        return Spot(document, tuple(path), value)

    def _document(self, beside: Document, file: str, at: str) -> Document:
        parts = urlsplit(file)
        path = PurePosixPath(unquote(file))
        if parts.scheme or parts.netloc:
            text = (
                f"{excerpt(file)!r} is a URL, and nothing is fetched. Save it beside the document, and name the file."
            )
            raise CannotImport(at, text)
        if path.is_absolute() or ".." in path.parts:
            text = f"{excerpt(file)!r} is not beside the document, or in a folder there. Put it there."
            raise CannotImport(at, text)
        found = beside.folder / path
        if str(found) not in self._files:
            self._files[str(found)] = part(found, self._notes)
        return self._files[str(found)]
