"""Pages: what can be had of text that was copied from a page, where there is no OpenAPI document."""

from __future__ import annotations

import re

from mockserver.importing.notes import excerpt
from mockserver.importing.requests.prose import limits

_ROUTE = re.compile(r"\b(GET|POST|DELETE)\b[ \t]*(?:(?:Endpoint|URL|Path)[:：][ \t]*)?(/[\w{}/-]+)")
_NAMED_ROUTE = re.compile(r"Method[:：]\s*(GET|POST|DELETE)\s*Endpoint[:：]\s*(/[\w{}/-]+)", re.ASCII)
_URL = re.compile(r"https?://[\w.-]+(/[\w{}/.-]+)", re.ASCII)
_FIELD = re.compile(r"^([A-Za-z_]\w*)\n(?:string|integer|number|boolean|array|object|enum<\w+>)\b", re.MULTILINE)
_LISTED = re.compile(r"^-?\s*([A-Za-z_]\w*?)\s*(?:is|are) (?:optional|required)", re.MULTILINE)
_EXAMPLE = re.compile(r'^\s*\{\s*\n?\s*"\w+"', re.MULTILINE)
_SHOWN = 8
"""Names in a sentence."""


def facts(text: str) -> str:
    """Return what a page has, and what is missing to make a service of it, in one sentence or two."""
    has = [*_routes(text), *_counted(_fields(text)), *_counted_limits(text), *_counted_examples(text)]
    if not has:
        return "Nothing in it says what an API takes. Write a document of OpenAPI 3.0 or 3.1."
    lost = "" if _fields(text) else ", but no names of fields, for the page has lost them"
    found = f"It is the text of a page, and has {', '.join(has)}{lost}."
    return f"{found} What belongs to what is a matter of layout that is gone: write these into an OpenAPI document."


def _routes(text: str) -> list[str]:
    named = [f"{method} {path}" for method, path in [*_NAMED_ROUTE.findall(text), *_ROUTE.findall(text)]]
    return [*dict.fromkeys(named)][:3] or [*dict.fromkeys(f"the path {path}" for path in _URL.findall(text))][:1]


def _fields(text: str) -> list[str]:
    return [*dict.fromkeys([*_FIELD.findall(text), *_LISTED.findall(text)])]


def _counted(names: list[str]) -> list[str]:
    shown = ", ".join(names[:_SHOWN]) + ("…" if len(names) > _SHOWN else "")
    return [f"{len(names)} fields ({shown})"] if names else []


def _counted_limits(text: str) -> list[str]:
    found = limits(text)
    shown = "; ".join(excerpt(each) for each in found[:2])
    return [f"{len(found)} limits in words ({shown}{'…' if len(found) > 2 else ''})"] if found else []


def _counted_examples(text: str) -> list[str]:
    count = len(_EXAMPLE.findall(text))
    return [f"{count} example{'s' if count > 1 else ''} in JSON"] if count else []
