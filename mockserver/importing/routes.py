"""Routes: which operations of a document make tasks, show one, list or delete them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from mockserver.importing.notes import CannotImport, Kind, Notes
from mockserver.importing.reading.document import Document
from mockserver.importing.reading.references import References, Spot

_METHODS = ("get", "post", "delete", "put", "patch")
_ID = re.compile(
    r"(?:\w*(?:task|job|request|generation|prediction|video|image)_?)?(?:id|uuid)s?\Z|(?:task|job)\Z", re.IGNORECASE
)
_PATH = re.compile(r"(/[A-Za-z0-9_-]+|/\{[a-z_]+\})+\Z")
_PARAMETER = re.compile(r"\{([^{}]+)\}")
_DULL = re.compile(r"v\d+\w*|api|openapi|async|\{.*\}")
"""Parts of a path that say nothing of what is made."""

_VERB = re.compile(r"^(?:create|generate|submit|new|add|start|make|run)(?:-|\Z)")


@dataclass(slots=True)
class Route:
    """One operation of a document: its ``method`` and its ``path`` here, and the ``spots`` of both in the document.

    ``id`` is the parameter that names a task: one of the path, or of the query if ``id_in_query``.
    """

    method: str
    path: str
    spot: Spot
    around: Spot
    id: str | None
    id_in_query: bool
    does: str = ""

    @property
    def title(self) -> str:
        """Its name for a person."""
        return f"{self.method} {self.path}"

    @property
    def words(self) -> list[str]:
        """The parts of its path that say something."""
        return [part for part in self.path.strip("/").split("/") if not _DULL.fullmatch(part)]


@dataclass(frozen=True, slots=True)
class Server:
    """Where a document says that its API is: a host, if it names one, and what all paths begin with."""

    host: str | None
    prefix: str


def server(document: Document) -> Server:
    """Return the first server that a document names."""
    first = Spot(document, (), document.root).get("servers").get(0)
    url = first.text("url")
    for name, each in first.get("variables").fields():
        url = url.replace(f"{{{name}}}", str(each.get("default").value))
    try:
        parts = urlsplit(url if "//" in url or url.startswith("/") else f"//{url}")
        host = parts.hostname if parts.hostname and re.fullmatch(r"[a-z0-9.-]+", parts.hostname) else None
    except ValueError:
        return Server(None, "")
    prefix = parts.path.rstrip("/")
    is_local = host in ("localhost", "127.0.0.1")
    return Server(None if is_local else host, prefix if _PATH.match(prefix) else "")


def routes(document: Document, references: References, notes: Notes) -> Iterator[Route]:
    """Yield the operations of a document that can be told apart here. Raises ``CannotImport``."""
    root, prefix = Spot(document, (), document.root), server(document).prefix
    paths = root.get("paths")
    if not isinstance(paths.value, dict) or not paths.value:
        raise CannotImport(
            paths.place, "it has no paths. Describe the operation that makes a task, and the one that shows it."
        )
    for written, each in paths.fields():
        around = references.resolved(each)
        for method in _METHODS:
            spot = around.get(method)
            if not isinstance(spot.value, dict):
                continue
            parameters = _parameters(spot, around, references)
            path, ids = _renamed(prefix + written.rstrip("/"))
            if method in ("put", "patch") or not _PATH.fullmatch(path):
                why = f"{method.upper()} is not served" if method in ("put", "patch") else "we cannot serve such a path"
                notes.add(Kind.LEFT_OUT, spot.place, f"{method.upper()} {written}", why)
                continue
            asked = [name for name, where in parameters if where == "query" and _ID.fullmatch(name)]
            named = [name for name in ids if _ID.fullmatch(name)] or (
                ids[-1:] if path.endswith("}") and method != "post" else []
            )
            in_query = not named and bool(asked) and method != "post"
            yield Route(method.upper(), path, spot, around, next(reversed(named or asked), None), in_query)


def _parameters(spot: Spot, around: Spot, references: References) -> list[tuple[str, str]]:
    found = [references.resolved(each) for each in [*around.get("parameters").items(), *spot.get("parameters").items()]]
    return [(each.text("name"), each.text("in")) for each in found]


def _renamed(path: str) -> tuple[str, list[str]]:
    """Write the parameters of a path in small letters; return their names, too."""
    names: list[str] = []

    def small(found: re.Match[str]) -> str:
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", found[1]).lower()
        name = re.sub(r"[^a-z]+", "_", name).strip("_") or "id"
        while name in names:
            name += "_x"
        names.append(name)
        return f"{{{name}}}"

    return _PARAMETER.sub(small, path), names


def product(route: Route, taken: set[str]) -> str:
    """Return a name for what a route makes: the last part of its path that says something, or more of them."""
    words = [
        re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", word).lower()).strip("-")
        for word in route.words
    ]
    words = [short for word in words if (short := _VERB.sub("", word))] or ["task"]
    for count in range(1, len(words) + 1):
        name = "-".join(words[-count:])
        if name not in taken:
            return name
    number = next(number for number in range(2, 10_000) if f"{words[-1]}-{number}" not in taken)
    return f"{words[-1]}-{number}"
