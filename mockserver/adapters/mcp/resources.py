"""Resources: the pages of the contract as Markdown, by addresses such as ``mockserver://docs/errors/kling``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mcp import types
from mcp.shared.exceptions import MCPError

from mockserver.adapters.mcp.steered import Steered
from mockserver.errors import MockserverError
from mockserver.kit.reports.text import visible

ROOT = "mockserver://docs/"
"""What each address begins with; the rest is the path of a page behind ``/_mock/docs/``."""

_MARKDOWN = "text/markdown"

_ALONE = {
    "index": "All pages of the contract",
    "faults": "Everything that can be made to go wrong, and the profiles",
    "credentials": "Mistakes in credentials that no service refuses",
    "sources": "What the sources of rules and readings are",
}
"""Pages that are about all services, and what they tell of."""

_OF_SERVICE = {
    "rules": "The operations of {service}",
    "readings": "The questions that the documents of {service} leave open",
    "errors": "Every error that {service} is known to answer",
}
"""Pages of each service, and what they tell of."""


def listed(services: Mapping[str, str]) -> Iterator[types.Resource]:
    """Yield the pages for services, by id and title; those of operations have a template."""
    for path, about in _ALONE.items():
        yield _resource(path, about)
    for id in services:
        yield from (_resource(f"{kind}/{id}", about.format(service=id)) for kind, about in _OF_SERVICE.items())


def templates() -> Iterator[types.ResourceTemplate]:
    """Yield the forms of all addresses that are about a service."""
    forms = {f"{kind}/{{service}}": about.format(service="a service") for kind, about in _OF_SERVICE.items()}
    forms["rules/{service}/{operation}"] = "The rules of an operation, with sources and test vectors"
    for path, about in forms.items():
        yield types.ResourceTemplate(uri_template=ROOT + path, name=path, description=f"{about}.", mime_type=_MARKDOWN)


async def read(fake: Steered, uri: str) -> types.ReadResourceResult:
    """Return a page. Raises ``MCPError`` with what is wrong."""
    try:
        if not uri.startswith(ROOT):
            raise MockserverError(f"there is no such resource. Each begins with {ROOT}, such as {ROOT}errors/kling.")
        text = await fake.page(uri.removeprefix(ROOT))
    except MockserverError as error:
        raise MCPError(types.INVALID_PARAMS, str(error)) from error
    contents = types.TextResourceContents(uri=uri, mime_type=_MARKDOWN, text=visible(text))
    return types.ReadResourceResult(contents=[contents])


def _resource(path: str, about: str) -> types.Resource:
    return types.Resource(uri=ROOT + path, name=path, description=f"{about}.", mime_type=_MARKDOWN)
