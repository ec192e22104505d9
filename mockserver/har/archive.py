"""An archive as a value: exchanges in their order, each with its place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from mockserver.errors import MockserverError
from mockserver.types import JSON, Millis, Request, Response, value

OWN = "_mockserver"
"""The field of a log and of an entry that holds what HAR has no field for; names of others begin with ``_`` (HAR 2)."""


class BadArchive(MockserverError):
    """A file that is no archive; ``pointer`` is the place in it that is wrong."""

    def __init__(self, file: str, pointer: str, fact: str) -> None:
        super().__init__(f"{file}#{pointer}: {fact}" if pointer else f"{file}: {fact}")
        self.pointer, self.fact = pointer, fact


@value
class Entry:
    """One exchange of an archive.

    * ``place``: its pointer in the file, ``/log/entries/3``
    * ``at``: when it began, if the archive says so; ``took``: how many milliseconds it took, or -1
    * ``host``: the host that was asked, with its port if the URL has one
    * ``response``: ``None`` if there was none
    * ``unknown``: why a body is not here as a whole, by its side: ``request`` or ``answer``
    * ``own``: what only we write: the reason, the broken rules, the task
    """

    place: str
    at: Millis | None
    took: float
    host: str
    request: Request
    response: Response | None
    unknown: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    own: Mapping[str, JSON] = field(default_factory=lambda: MappingProxyType({}))


@value
class Archive:
    """What an archive holds; ``other`` counts the entries that are no HTTP exchanges, such as those of sockets."""

    entries: tuple[Entry, ...]
    other: int = 0
