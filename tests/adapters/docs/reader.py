"""A reader of the contract's pages: what is on one, and where its links lead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin

import httpx

from mockserver.adapters.http.asgi import application
from mockserver.fake.core import Fake
from mockserver.settings import Settings

ROOT = "http://127.0.0.1:8080/_mock/"
VOID = frozenset({"meta", "link", "br", "img", "input"})


class Read(HTMLParser):
    """A page that was read: its links, the text of each element with an id, and all tags with their attributes."""

    def __init__(self, url: str, answer: httpx.Response) -> None:
        super().__init__()
        self.url, self.answer = url, answer
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.pre: dict[str, list[str]] = {}
        self._open: list[str] = []
        self._depth: list[str | None] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        id = attributes.get("id")
        if id is not None:
            assert id not in self.texts, f"{id} is there twice"
            self.texts[id], self.pre[id] = "", []
        if tag == "pre":
            for around in filter(None, self._depth):
                self.pre[around].append("")
        if tag not in VOID:
            self._depth.append(id)
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self._depth.pop()

    def handle_data(self, data: str) -> None:
        for around in filter(None, self._depth):
            self.texts[around] += data
            if self._open[-1] == "pre":
                self.pre[around][-1] += data

    @cached_property
    def links(self) -> list[str]:
        """The addresses that it names, as they are written."""
        named = ("href", "src", "data-openapi")
        return [value for _, attributes in self.tags for name in named if (value := attributes.get(name)) is not None]

    @cached_property
    def targets(self) -> list[tuple[str, str]]:
        """Where its links lead: each address with the id on its page, if one is named."""
        found = (urljoin(self.url, link).partition("#") for link in self.links)
        return [(address, unquote(id)) for address, _, id in found]


class Reader:
    """Reads pages of one fake, each once."""

    def __init__(self, client: httpx.AsyncClient, fake: Fake) -> None:
        self.client, self.fake = client, fake
        self._read: dict[str, Read] = {}

    async def page(self, place: str) -> Read:
        """Read the page of a place."""
        url = ROOT + place.partition("#")[0]
        if url not in self._read:
            answer = await self.client.get(url)
            assert answer.status_code == 200, answer.text
            self._read[url] = Read(url, answer)
        return self._read[url]

    async def told(self, place: str) -> str:
        """Return what is told at a place."""
        page = await self.page(place)
        return page.texts[unquote(place.partition("#")[2])]


@asynccontextmanager
async def reading(fake: Fake | None = None, token: str | None = None, **how: str) -> AsyncIterator[Reader]:
    """Return a reader of a fake's pages."""
    fake = fake or Fake(Settings(seed=1))
    transport = httpx.ASGITransport(application(fake, token), client=(how.pop("client", "127.0.0.1"), 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", headers=how) as client:
        yield Reader(client, fake)
