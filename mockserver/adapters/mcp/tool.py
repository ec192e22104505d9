"""A tool of an assistant: its name, its schema, what it changes, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

import jsonschema_rs

from mockserver.adapters.mcp.short import MOST_ITEMS, ROOM_LETTERS, line, short
from mockserver.adapters.mcp.steered import Steered, operation, resolved
from mockserver.errors import MockserverError
from mockserver.kit.reports.text import visible
from mockserver.suggestions import quoted, suggestion
from mockserver.types import JSON, Schema, pointer, value

if TYPE_CHECKING:
    from mockserver.adapters.mcp.checking import Checking

Arguments = Mapping[str, Any]

Effect = Literal["reads", "changes", "sets", "forgets", "runs"]
"""What a tool does to the fake: nothing; something more each time; something that is the same the second time; it takes
something away for good; or it starts a program or sends requests elsewhere."""

PAGE_ITEMS = 20
"""Items of a list unless ``limit`` says otherwise."""

LONGEST_LETTERS = 500
"""Letters of an argument that becomes a part of a URL: each may take a dozen bytes there, and a head has 64 KiB."""

_PRINTED = r"^[^\x00-\x1f]+$"
"""What stands in a URL has no controls: no path of ours takes them."""

LIMIT: Schema = {"description": "So many at most", "type": "integer", "minimum": 1, "maximum": MOST_ITEMS}
OFFSET: Schema = {"description": "Leave out so many first", "type": "integer", "minimum": 0, "maximum": 10**9}


@value
class Answer:
    """What a tool answers: ``lines`` to read, the ``data`` that they are about, and what to do ``next``."""

    lines: tuple[str, ...]
    data: JSON
    next: str

    @property
    def text(self) -> str:
        """All that is read."""
        body = visible("\n".join(self.lines), 2 * ROOM_LETTERS)
        return f"{body}\n\nNext: {visible(self.next)}"

    @property
    def structured(self) -> dict[str, JSON]:
        """The same for programs. Names and quotes take as much room again as what is read."""
        found = short(self.data, 2 * ROOM_LETTERS)
        return {**(found if isinstance(found, dict) else {"result": found}), "next": self.next}


def whole(data: JSON, next: str) -> Answer:
    """Return an answer that shows one thing, with what may be known of it."""
    found = short(data)
    return Answer(tuple(json.dumps(found, ensure_ascii=False, indent=1).splitlines()), found, next)


def paged(name: str, lines: Iterable[str], items: list[JSON], more: int | None, next: str) -> Answer:
    """Return an answer that shows a part of a list; ``more`` is the offset of the next part, if there is one."""
    cut = () if more is None else (f"… there are more: ask again with offset {more}",)
    found = (*map(line, lines), *cut) or ("there is none",)
    return Answer(found, {name: items, "more": more}, next)


def part(found: list[JSON], wanted: Arguments) -> tuple[list[JSON], int | None]:
    """Return the part of a list that arguments ask for, and the offset of the next part, if there is one."""
    offset, limit = wanted.get("offset", 0), wanted.get("limit", PAGE_ITEMS)
    return found[offset : offset + limit], offset + limit if len(found) > offset + limit else None


@value
class Session:
    """Whom tools speak to: a fake, and the programs that may be started; ``None`` where none may."""

    fake: Steered
    services: Callable[[], Mapping[str, str]]
    checking: Checking | None = None


class BadArgument(MockserverError):
    """An argument that a tool cannot take."""


@value
class Tool:
    """A tool. ``about`` is what an assistant reads of it, and ``arguments`` the schema of what it takes."""

    name: str
    about: str
    effect: Effect
    arguments: Schema
    answer: Callable[[Session, Arguments], Awaitable[Answer]] = field(repr=False)

    def check(self, given: Arguments) -> None:
        """Raise ``BadArgument`` for the first that is wrong."""
        known = self.arguments["properties"]
        for name in given:
            if name not in known:
                hint = suggestion(name, known, "tools/list") if known else "it takes none."
                raise BadArgument(f"{self.name}: there is no argument {quoted(name)}; {hint}")
        for wrong in jsonschema_rs.validator_for(self.arguments).iter_errors(given):
            raise BadArgument(
                line(f"{self.name}: {pointer(tuple(wrong.instance_path)) or 'arguments'}: {wrong.message}")
            )


class Tools:
    """The tools of one kind, by name, in the order of their module."""

    def __init__(self) -> None:
        self.all: dict[str, Tool] = {}

    def tool(self, effect: Effect, arguments: Schema) -> Callable[[_Answering], _Answering]:
        """Make a function a tool: its name is the tool's, and its docstring what an assistant reads of it."""

        def add(function: _Answering) -> _Answering:
            name = function.__name__.rstrip("_")
            about = " ".join((function.__doc__ or "").split())
            self.all[name] = Tool(name, about, effect, arguments, function)
            return function

        return add


_Answering = Callable[[Session, Arguments], Awaitable[Answer]]


def taking(required: Iterable[str] = (), **properties: Schema) -> Schema:
    """Return the schema of arguments."""
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


def taking_those_of(id: str, but: Iterable[str] = (), **more: Schema) -> Schema:
    """Return the schema of the arguments of an operation of the control API, ``but`` some, and with ``more``."""
    found, body = operation(id), operation(id).body
    properties = {each["name"]: described_in_url(id, each["name"]) for each in found.parameters}
    properties |= {name: _inlined(schema) for name, schema in body.get("properties", {}).items()}
    required = [*(each["name"] for each in found.parameters if each.get("required")), *body.get("required", [])]
    kept = {name: schema for name, schema in properties.items() if name not in but}
    if "limit" in kept:
        kept |= {"limit": LIMIT, "offset": OFFSET}
    return taking([name for name in required if name in kept], **kept | more)


def described_in_url(id: str, name: str) -> Schema:
    """Return the schema of a parameter of an operation of the control API: of no text without an end."""
    found = next(each for each in operation(id).parameters if each["name"] == name)
    bounds = {"maxLength": LONGEST_LETTERS, "pattern": _PRINTED} if found["schema"].get("type") == "string" else {}
    return {"description": found["description"], **bounds, **found["schema"]}


def described(id: str, name: str) -> Schema:
    """Return the schema of a field in the body of an operation of the control API."""
    return _inlined(operation(id).body["properties"][name])


def _inlined(schema: Schema) -> Schema:
    found = resolved(schema)
    return {name: _inlined(item) if isinstance(item, dict) else item for name, item in found.items()}
