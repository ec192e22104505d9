"""The file: ``mockserver.toml``, or ``[tool.mockserver]`` in ``pyproject.toml``, in this folder or one around it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mockserver.configuration.environment import is_isolated
from mockserver.errors import BadSetting
from mockserver.types import value

OWN, SHARED = "mockserver.toml", "pyproject.toml"

_TABLE = ("tool", "mockserver")
"""What is ours in the shared file."""

_MENTION = re.compile(rb"tool[\"']?\s*(?:\.\s*[\"']?mockserver|\])")
"""A shared file without this has no such table, and need not be parsed: that takes longer than all the rest here."""

Keys = tuple[str, ...]
"""The way to a value: ``("serve", "pace")``."""


@value
class File:
    """A file: its ``content``, the ``table`` in it that is ours, and the keys that it is ``within``.

    ``ignored`` is the shared file beside it, if that has such a table, too: it does not count.
    """

    path: Path
    content: str
    within: Keys
    table: Mapping[str, Any]
    ignored: Path | None = None

    @property
    def name(self) -> str:
        """Its name, or if it is in another folder its path."""
        with suppress(OSError):
            if self.path.parent == Path.cwd():
                return self.path.name
        return str(self.path)

    @property
    def schemas(self) -> tuple[str, ...]:
        """The folders of services that it names. Raises ``BadSetting``."""
        folders = self.texts(("schemas",), self.table.get("schemas", []))
        return tuple(str(self.path.parent / folder) for folder in folders)

    def texts(self, keys: Keys, found: Any) -> list[str]:
        """Return a value, or each in a list, as one would write it on the command line. Raises ``BadSetting``."""
        return [self.text(keys, each) for each in (found if isinstance(found, list) else [found])]

    def text(self, keys: Keys, found: Any) -> str:
        """Return a value as one would write it on the command line. Raises ``BadSetting``."""
        if isinstance(found, bool):
            return "true" if found else "false"
        if isinstance(found, str | int | float):
            return str(found)
        what = "a list in a list" if isinstance(found, list) else "a table" if isinstance(found, dict) else "a time"
        raise self.error(keys, f"this is {what}. Write it as on the command line, in quotes.")

    def error(self, keys: Keys, sentence: str) -> BadSetting:
        """Return the error of what is wrong at a key."""
        return BadSetting(str(Place(self, keys)), f"{'.'.join(keys)}: {sentence}")

    def line(self, keys: Keys) -> int | None:
        """Return the line of a key, counted from 1; ``None`` if it is spelt in another way there.

        ``tomllib`` tells no lines. But the shortest beginning of the file that can be parsed and has the key ends with
        its value, and it can only begin at a line that names it.
        """
        lines = self.content.split("\n")
        for number, line in enumerate(lines, start=1):
            if keys[-1] in line and _has(_shortest(lines, number), (*self.within, *keys)):
                return number
        return None


@value
class Place:
    """Where in a file a value is."""

    file: File
    keys: Keys

    @property
    def line(self) -> int | None:
        """Its line, counted from 1; ``None`` if that cannot be told."""
        return self.file.line(self.keys)

    def __str__(self) -> str:
        """Say it in an error."""
        line = self.line
        return self.file.name if line is None else f"{self.file.name}, line {line}"


def found(folder: Path | None = None) -> File | None:
    """Return the file that counts in a folder: the nearest, up to that with ``.git``. Raises ``BadSetting``."""
    if is_isolated():
        return None
    try:
        folder = folder or Path.cwd()
    except OSError:  # it has been deleted
        return None
    for place in (folder, *folder.parents):
        if (file := _in(place)) is not None or _is_there(place / ".git"):
            return file
    return None


def _in(folder: Path) -> File | None:
    content = _content(folder / OWN)
    if content is None:
        return _shared(folder / SHARED)
    text, table = _parsed(folder / OWN, content)
    ignored = None
    with suppress(BadSetting):
        ignored = _shared(folder / SHARED)
    return File(folder / OWN, text, (), table, ignored.path if ignored is not None else None)


def _shared(path: Path) -> File | None:
    content = _content(path)
    if content is None or not _MENTION.search(content):
        return None
    text, table = _parsed(path, content)
    for key in _TABLE:
        table = table.get(key) if isinstance(table, Mapping) else None
    return None if table is None else File(path, text, _TABLE, table)


def _content(path: Path) -> bytes | None:
    """Return what is in a file; ``None`` if there is none. Raises ``BadSetting``."""
    try:
        return path.read_bytes()
    except OSError as error:
        if isinstance(error, IsADirectoryError) or not _is_there(path):
            return None
        text = f"it cannot be read: {error.strerror}. Let it be read, or use --isolated."
        raise BadSetting(str(path), text) from error


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True


def _parsed(path: Path, content: bytes) -> tuple[str, Any]:
    """Return the text of a file and the table that it is. Raises ``BadSetting``."""
    import tomllib

    try:
        text = content.decode()
        return text, tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadSetting(str(path), f"it is not TOML: {error}. Put it right, or use --isolated.") from error


def _shortest(lines: Sequence[str], count: int) -> Any:
    """Return the table that so many lines are, or the next few more that can be parsed; ``None`` if none can."""
    import tomllib

    for end in range(count, len(lines) + 1):
        with suppress(tomllib.TOMLDecodeError):
            return tomllib.loads("\n".join(lines[:end]))
    return None


def _has(table: Any, keys: Keys) -> bool:
    for key in keys:
        if not isinstance(table, Mapping) or key not in table:
            return False
        table = table[key]
    return True
