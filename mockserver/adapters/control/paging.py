"""Paging: a part of a long list, and what it is searched for by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from starlette.requests import Request

from mockserver.adapters.control.body import Refusal
from mockserver.fake.core import Fake
from mockserver.types import JSON

_PAGE_ITEMS, _MOST_ITEMS = 100, 10_000
"""Items of a page unless ``limit`` says otherwise, and at most: more would be a second of work and megabytes."""


def page(request: Request, found: Iterable[Any], view: Callable[[Any], JSON]) -> JSON:
    """Show a page of what was found; ``next`` is the offset of the next page, if there is one."""
    limit = min(number(request.query_params.get("limit", str(_PAGE_ITEMS))), _MOST_ITEMS)
    offset = number(request.query_params.get("offset", "0"))
    shown = list(islice(found, offset, offset + limit + 1))
    return {"items": [view(item) for item in shown[:limit]], "next": offset + limit if len(shown) > limit else None}


def number(text: str) -> int:
    """Read a number. Raises ``Refusal``."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refusal(f"{text!r} is not a number. Write digits.")
    return int(text)


def holds(search: str | None, *texts: str | None) -> bool:
    """Whether one of the texts has what is searched for; everything has nothing."""
    return search is None or any(search.lower() in text.lower() for text in texts if text)


def account_of(fake: Fake, request: Request) -> str | None:
    """Return what the account is called whose token ``?account=`` names."""
    token = request.query_params.get("account")
    return None if token is None else fake.world.known_as(token)
