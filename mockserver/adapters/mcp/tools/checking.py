"""Tools that run a check of a client or a server, and show what it has found. They are offered on stdio only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from mockserver.adapters.mcp.checking import Checking
from mockserver.adapters.mcp.short import line
from mockserver.adapters.mcp.tool import (
    LIMIT,
    OFFSET,
    Answer,
    Arguments,
    BadArgument,
    Session,
    Tools,
    paged,
    part,
    taking,
    whole,
)
from mockserver.destinations import is_loopback
from mockserver.errors import MockserverError
from mockserver.types import JSON, Schema

CHECKING = Tools()

_TEXTS: Schema = {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 100}
_OPERATIONS: Schema = {"description": "Only these operations, such as kling/omni-image.create", **_TEXTS}
_ONLY: Schema = {"description": "Only these checks or families of them", **_TEXTS}
_SECONDS: Schema = {"description": "End after so many", "type": "integer", "minimum": 1, "maximum": 600, "default": 60}

_REASONS = 3
"""Reasons for which checks were not made that are told: the commonest say what to ask for instead."""

_GROUP: Schema = {"description": "Show this group of findings whole", "type": "integer", "minimum": 1}


@CHECKING.tool(
    "runs",
    taking(
        ["command"],
        command={
            "description": "The program and its arguments; it speaks JSON lines on stdio, as docs/testees.md says",
            **_TEXTS,
            "minItems": 1,
            "examples": [["node", "testee.js"]],
        },
        folder={"description": "Run it in this folder", "type": "string", "minLength": 1},
        operations=_OPERATIONS,
        only=_ONLY,
        seconds=_SECONDS,
    ),
)
async def check_client(session: Session, wanted: Arguments) -> Answer:
    """Check a client against a fake that misbehaves as the real service does: runs a command on this machine."""
    words = ["client", *_options(wanted), "--", *wanted["command"]]
    return await _checked(_checking(session), words, wanted)


@CHECKING.tool(
    "runs",
    taking(
        ["url"],
        url={"description": "Where the server is, on this machine", "type": "string", "minLength": 1},
        service={"description": "Whose contract it keeps", "type": "string", "minLength": 1, "default": "kling"},
        token={"description": "An API key of it", "type": "string", "minLength": 1},
        operations=_OPERATIONS,
        only=_ONLY,
        max_creates={"description": "Create at most so many tasks", "type": "integer", "minimum": 1, "default": 50},
        seconds=_SECONDS,
    ),
)
async def check_server(session: Session, wanted: Arguments) -> Answer:
    """Check a server on this machine, such as a gateway that you write: sends it good and bad requests."""
    try:
        host = urlsplit(wanted["url"]).hostname or ""
    except ValueError:
        host = ""
    if not is_loopback(host):
        raise BadArgument(
            f"check_server: {line(wanted['url'])} is not on this machine, where each task may cost money. "
            "A person can run `mockserver check server URL` in a shell, which shows first what it will cost."
        )
    given = {"service": "--service", "max_creates": "--max-creates"}
    words = [f"{option}={wanted[name]}" for name, option in given.items() if name in wanted]
    return await _checked(_checking(session), ["server", *_options(wanted), *words, "--", wanted["url"]], wanted)


@CHECKING.tool("reads", taking(group=_GROUP, limit=LIMIT, offset=OFFSET))
async def findings(session: Session, wanted: Arguments) -> Answer:
    """Show what the last check has found: one line for each group of findings, or one group whole."""
    return await _found(_checking(session), wanted)


async def _checked(checking: Checking, words: list[str], wanted: Arguments) -> Answer:
    await checking.begin(words, wanted.get("folder"), wanted.get("token"))
    return await _found(checking, {})


async def _found(checking: Checking, wanted: Arguments) -> Answer:
    verdict = await checking.verdict()
    if verdict is None:
        return Answer(("the check is still running",), {"status": "running"}, "findings waits for it.")
    groups = _groups(verdict)
    if "group" in wanted:
        if wanted["group"] not in groups:
            raise BadArgument(f"findings: there is no group {wanted['group']}. There are {len(groups)}.")
        return whole(groups[wanted["group"]][0], "repeat or the script shows it again; check again once it is mended.")
    items, more = part([_summary(number, found) for number, found in groups.items()], wanted)
    lines = [verdict["sentence"], *_beside(verdict)]
    lines += [f"{each['group']}  {each['check']} at {each['subject']}: {each['received']}" for each in items]
    next = (
        f"findings with group shows one whole; {checking.report}/report.html is the report for people, till the next."
    )
    found = paged("groups", lines, items, more, next)
    return Answer(found.lines, {"status": verdict["status"], "sentence": verdict["sentence"], **found.data}, next)


def _checking(session: Session) -> Checking:
    if session.checking is None:
        raise MockserverError("no program is started here.")
    return session.checking


def _options(wanted: Arguments) -> Iterator[str]:
    yield f"--seconds={wanted.get('seconds', _SECONDS['default'])}"
    for name, option in (("operations", "--operation"), ("only", "--only")):
        yield from (f"{option}={each}" for each in wanted.get(name, []))


def _groups(verdict: JSON) -> dict[int, list[dict[str, Any]]]:
    """Return the findings by the numbers of their groups."""
    found: dict[int, list[dict[str, Any]]] = {}
    for each in verdict["findings"]:
        found.setdefault(each["group"], []).append(each)
    return found


def _summary(number: int, found: list[dict[str, Any]]) -> dict[str, JSON]:
    first = found[0]
    return {"group": number, "count": len(found), **{name: first[name] for name in ("check", "subject", "received")}}


def _beside(verdict: JSON) -> Iterator[str]:
    """Yield why checks were not made."""
    for reason, count in Counter(each["reason"] for each in verdict["skipped"]).most_common(_REASONS):
        yield line(f"{count} {'check was' if count == 1 else 'checks were'} not made, or only in part: {reason}")
