"""A fake as an assistant steers it: by the operations of its control API, over HTTP or in the same process."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mockserver.contract.description.control import description
from mockserver.errors import MockserverError
from mockserver.types import JSON, value

if TYPE_CHECKING:
    import httpx2

_FIELD = re.compile(r"\{(\w+)\}")

PATIENCE_SECONDS = 60.0
"""How long an answer may take: a fake whose clock is advanced waits for receivers of callbacks."""


class NoFake(MockserverError):
    """No fake answers, or what answers is none."""


class Refused(MockserverError):
    """A fake refuses what it is asked; the text is its own."""


@value
class Operation:
    """An operation of the control API: how it is asked for, and what it says of its arguments."""

    method: str
    path: str
    described: Mapping[str, JSON]

    @property
    def parameters(self) -> list[dict[str, JSON]]:
        """What stands in its path and its query."""
        return [resolved(each) for each in self.described.get("parameters", [])]

    @property
    def body(self) -> dict[str, JSON]:
        """The schema of its body; empty if it takes none."""
        content = self.described.get("requestBody", {}).get("content", {}).get("application/json", {})
        return resolved(content.get("schema", {}))

    def request(self, arguments: Mapping[str, JSON]) -> tuple[str, dict[str, str], dict[str, JSON] | None]:
        """Return path, query and body in which arguments are sent."""
        query = {each["name"] for each in self.parameters if each["in"] == "query"}
        in_path = set(_FIELD.findall(self.path))
        sent = {name: item for name, item in arguments.items() if name not in query | in_path}
        path = _FIELD.sub(lambda found: _segment(arguments[found[1]]), self.path)
        given = {name: str(item) for name, item in arguments.items() if name in query}
        return path, given, sent if self.body else None


def operation(id: str) -> Operation:
    """Return an operation by its ``operationId``."""
    return next(each for each in _operations() if each.described["operationId"] == id)


def resolved(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return a part of the description in the place of a reference to it."""
    if "$ref" not in schema:
        return {**schema}
    found: Any = description()
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolved({**found, **{name: item for name, item in schema.items() if name != "$ref"}})


@value
class Reached:
    """A fake that answers: a client for it, the URL that a user knows it by, and what to do if it does not answer."""

    client: httpx2.AsyncClient
    url: str
    otherwise: str = ""


class Steered:
    """A fake that is reached when it is first asked for something."""

    def __init__(self, reach: Callable[[], Awaitable[Reached]], lost: Callable[[], None] = lambda: None) -> None:
        """``lost`` is told that it does not answer."""
        self._reach, self._lost = reach, lost

    async def url(self) -> str:
        """Return where it is."""
        return (await self._reach()).url

    async def ask(self, id: str, /, **arguments: JSON) -> Any:
        """Return what an operation of the control API answers. Raises ``NoFake`` and ``Refused``."""
        found = operation(id)
        path, query, body = found.request(arguments)
        answer = await self._sent(found.method, path, params=query, json=body)
        try:
            return answer.json()
        except ValueError as error:
            reached = await self._reach()
            raise self._gone(f"what answers at {reached.url} is no mockserver", reached) from error

    async def page(self, path: str) -> str:
        """Return a page of the contract as Markdown, by its path: ``rules/kling``. Raises as ``ask`` does."""
        named = "/".join(map(_segment, path.strip("/").split("/"))) or "index"
        return (await self._sent("GET", f"/docs/{named}.md")).text

    async def _sent(self, method: str, path: str, **how: Any) -> httpx2.Response:
        from httpx2 import TransportError  # whoever only lists the tools has no need of the extra

        reached = await self._reach()
        try:
            answer = await reached.client.request(method, f"/_mock{path}", **how)
        except (TransportError, OSError) as error:
            raise self._gone(
                f"no fake answers at {reached.url}: {str(error) or type(error).__name__}", reached
            ) from error
        if answer.is_success:
            return answer
        raise _refusal(answer) or self._gone(f"what answers at {reached.url} is no mockserver", reached)

    def _gone(self, fact: str, reached: Reached) -> NoFake:
        self._lost()
        return NoFake(f"{fact}. {reached.otherwise}".rstrip())


def _operations() -> Iterator[Operation]:
    for path, methods in description()["paths"].items():
        for method, described in methods.items():
            yield Operation(method.upper(), path, described)


def _segment(text: JSON) -> str:
    """Return a text as one part of a path, whatever it holds: no slash and no dots lead elsewhere."""
    return quote(str(text), safe="").replace(".", "%2E")


def _refusal(answer: httpx2.Response) -> Refused | None:
    """Return what the fake says against a request; ``None`` if nothing is said as the control API would."""
    try:
        return Refused(str(answer.json()["error"]))
    except (ValueError, TypeError, KeyError):
        return None
