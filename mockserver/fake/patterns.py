"""Patterns: a part of a payload that others must have, and why one has not.

A pattern is a payload with most of it left out. Objects must have what the pattern has, lists as many items, each as
the pattern's; a text may hold ``*`` for anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase

from mockserver.types import JSON, Path, pointer


def misses(pattern: JSON, value: JSON, path: Path = ()) -> Iterator[str]:
    """Yield each reason why a value is not as the pattern; nothing means that it is."""
    if isinstance(pattern, dict):
        yield from _object(pattern, value, path)
    elif isinstance(pattern, list):
        yield from _list(pattern, value, path)
    elif not _is_same(pattern, value):
        yield f"{pointer(path) or '/'} is {_shown(value)}, not {_shown(pattern)}"


def matches(pattern: JSON, value: JSON) -> bool:
    """Whether a value is as the pattern."""
    return next(misses(pattern, value), None) is None


def _object(pattern: dict[str, JSON], value: JSON, path: Path) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{pointer(path) or '/'} is no object"
        return
    for name, part in pattern.items():
        if name in value:
            yield from misses(part, value[name], (*path, name))
        else:
            yield f"{pointer((*path, name))} is not there"


def _list(pattern: list[JSON], value: JSON, path: Path) -> Iterator[str]:
    if not isinstance(value, list) or len(value) != len(pattern):
        yield f"{pointer(path) or '/'} is no list of {len(pattern)}"
        return
    for index, part in enumerate(pattern):
        yield from misses(part, value[index], (*path, index))


def _is_same(pattern: JSON, value: JSON) -> bool:
    if isinstance(pattern, str) and isinstance(value, str) and "*" in pattern:
        return fnmatchcase(value, _literal(pattern))
    return bool(pattern == value) and isinstance(pattern, bool) == isinstance(value, bool)


def _literal(pattern: str) -> str:
    """Leave ``*`` the only letter of fnmatch's that means something."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


def _shown(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:60] + "…"
