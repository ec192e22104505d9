"""Tools that read the contract, and make or judge payloads by it."""

from __future__ import annotations

import json
import re

from mockserver.adapters.mcp.short import MOST_ITEMS, ROOM_LETTERS, line
from mockserver.adapters.mcp.tool import (
    LIMIT,
    LONGEST_LETTERS,
    OFFSET,
    Answer,
    Arguments,
    BadArgument,
    Session,
    Tools,
    paged,
    part,
    taking,
    taking_those_of,
    whole,
)
from mockserver.kit.reports.text import visible
from mockserver.suggestions import near_names, quoted
from mockserver.types import JSON, Schema

CONTRACT = Tools()

_PAYLOADS_AT_ONCE = 10
"""Payloads in one answer: an assistant reads them all."""

_OPERATION: Schema = {
    "description": "An operation, kling/omni-image.create; `operations` lists them",
    "type": "string",
    "pattern": r"^[^/\x00-\x1f]+/[^/\x00-\x1f]+$",
    "maxLength": LONGEST_LETTERS,
    "examples": ["kling/omni-image.create"],
}
_SEARCH: Schema = {"description": "Only what has this text", "type": "string"}
_SERVICE: Schema = {"description": "Only those of this service, kling", "type": "string"}

_SECTION = re.compile(r"^## ", re.MULTILINE)
"""Where a page begins to tell of the next rule, question, error or fault."""


@CONTRACT.tool("reads", taking(service=_SERVICE, search=_SEARCH, limit=LIMIT, offset=OFFSET))
async def operations(session: Session, wanted: Arguments) -> Answer:
    """List the operations of the API that the fake serves, with method and path."""
    listed = (await session.fake.ask("operations.list"))["operations"]
    service = wanted.get("service")
    if service is not None and service not in (names := {each["service"] for each in listed}):
        raise BadArgument(f"service {quoted(service)} is not served. Served are {', '.join(sorted(names))}.")
    found = [each for each in listed if service in (None, each["service"]) and _has(wanted, each["id"], each["path"])]
    items, more = part(found, wanted)
    lines = (f"{each['id']}  {each['method']} {each['path']}" for each in items)
    return paged("operations", lines, items, more, "operation shows the fields of one, rules what must hold of them.")


@CONTRACT.tool("reads", taking(["operation"], operation=_OPERATION))
async def operation(session: Session, wanted: Arguments) -> Answer:
    """Show one operation: method, path, how the key is sent, each field with its meaning, and an example."""
    found = await session.fake.ask("operations.get", **_named(wanted))
    schema = found["schema"]
    required = schema.get("required", [])
    fields = {name: _field(each, is_required=name in required) for name, each in schema.get("properties", {}).items()}
    names = ("id", "method", "path", "media_types", "makes", "key_header")
    data = {name: found[name] for name in names} | {
        "fields": fields,
        "example": next(iter(found["examples"]), None),
        "rules": len(found["rules"]),
    }
    return whole(data, "rules lists what must hold of the fields; payloads makes more examples; validate judges one.")


@CONTRACT.tool("reads", taking(["operation"], operation=_OPERATION, search=_SEARCH, limit=LIMIT, offset=OFFSET))
async def rules(session: Session, wanted: Arguments) -> Answer:
    """List the rules of an operation's payload. An error is refused; a warning is accepted and recorded."""
    found = [
        each
        for each in (await session.fake.ask("operations.get", **_named(wanted)))["rules"]
        if _has(wanted, each["id"], each["description"])
    ]
    items, more = part(found, wanted)
    lines = (f"{each['id']}  {each['level']}  {each['description']}" for each in items)
    next = f"page with page rules/{wanted['operation']} and about a rule shows its source, and what keeps or breaks it."
    return paged("rules", lines, items, more, next)


@CONTRACT.tool("reads", taking(service=_SERVICE, search=_SEARCH, limit=LIMIT, offset=OFFSET))
async def readings(session: Session, wanted: Arguments) -> Answer:
    """List the questions that the documents leave open, the possible readings, and the one that the fake takes."""
    found = [
        each
        for each in (await session.fake.ask("readings.list"))["readings"]
        if wanted.get("service") in (None, each["service"]) and _has(wanted, each["id"], each["question"])
    ]
    items, more = part(found, wanted)
    lines = (
        f"{each['service']}/{each['id']}={each['taken']}  {each['question']}"
        f" (others: {', '.join(id for id in each['readings'] if id != each['taken']) or 'none'})"
        for each in items
    )
    return paged("readings", lines, items, more, 'change_settings with readings {"SERVICE/QUESTION": "READING"}.')


@CONTRACT.tool("reads", taking(search=_SEARCH, limit=LIMIT, offset=OFFSET))
async def fault_kinds(session: Session, wanted: Arguments) -> Answer:
    """List what can be made to go wrong: kinds of fault, and each error that a service is known to answer."""
    found = [
        each
        for each in (await session.fake.ask("faults.list"))["kinds"]
        if _has(wanted, each["name"], each["usage"], each["stage"], each["means"])
    ]
    items, more = part(found, wanted)
    lines = (f"{each['name']} {each['usage']}".strip() + f"  {each['stage']}: {each['means']}" for each in items)
    return paged("kinds", lines, items, more, 'add_fault with a line such as "1303 x2 on kling/omni-image.create".')


@CONTRACT.tool(
    "reads",
    taking(
        ["page"],
        page={
            "description": "Which: rules/SERVICE, rules/SERVICE/OPERATION, readings/SERVICE, errors/SERVICE, faults, "
            "credentials, sources, or index",
            "type": "string",
            "pattern": r"^[^/\x00-\x1f]+(/[^/\x00-\x1f]+){0,2}$",
            "maxLength": LONGEST_LETTERS,
            "examples": ["rules/kling/omni-image.create", "errors/kling"],
        },
        about={"description": "The id of one rule, question, error or fault on it", "type": "string"},
        search=_SEARCH,
        offset=OFFSET,
    ),
)
async def page(session: Session, wanted: Arguments) -> Answer:
    """Read a page of the contract: rules with sources and test vectors, readings, errors with their bodies, faults."""
    head, *sections = _SECTION.split(await session.fake.page(wanted["page"]))
    names = [section.partition("\n")[0].partition(" ")[0] for section in sections]
    about = wanted.get("about")
    if about is not None and about not in names:
        hint = ", ".join(near_names(about, names)[:3] or names[:3])
        raise BadArgument(f"page {quoted(wanted['page'])} has nothing about {quoted(about)}. There is {hint}.")
    found = [
        f"## {section.strip()}"
        for name, section in zip(names, sections, strict=True)
        if about in (None, name) and _has(wanted, section)
    ]
    offset = wanted.get("offset", 0)
    kept, more = _fitting(found, offset)
    text = "\n\n".join([head.strip(), *kept] if offset == 0 and about is None else kept)
    cut = () if more is None else (f"… there are more: ask again with offset {more}, or with about or search",)
    next = "payloads makes what keeps or breaks a rule; validate judges a payload; add_fault asks for an error."
    return Answer((text or "there is none", *cut), {"page": wanted["page"], "text": text, "more": more}, next)


@CONTRACT.tool(
    "reads",
    taking_those_of(
        "operations.payloads",
        but=["service"],
        operation=_OPERATION,
        count={"description": "How many", "type": "integer", "minimum": 1, "maximum": _PAYLOADS_AT_ONCE, "default": 1},
    ),
)
async def payloads(session: Session, wanted: Arguments) -> Answer:
    """Make payloads that the service accepts, or with break such as break one rule and no other."""
    found = (await session.fake.ask("operations.payloads", **_named(wanted)))["payloads"]
    texts = [json.dumps(each, ensure_ascii=False) for each in found]
    kept, more = _fitting(texts, 0)
    cut = () if more is None else (f"… {len(texts) - more} more are too long: ask for fewer, with other seeds",)
    next = "another seed makes others; validate tells what the service answers."
    return Answer((*kept, *cut), {"payloads": found[: len(kept)]}, next)


@CONTRACT.tool("reads", taking_those_of("operations.validate", but=["base_url"]))
async def validate(session: Session, wanted: Arguments) -> Answer:
    """Tell how the service would answer a request, and which rules it breaks. Nothing is made or recorded."""
    found = await session.fake.ask("operations.validate", **wanted)
    broken = found["violations"]
    lines = [f"{found['method']} {found['path']} would be answered with HTTP {found['status']}"]
    lines += [found["message"]] if found["message"] else []
    lines += [f"{each['level']}: {each['rule']} at {each['pointer'] or '/'}: {each['fact']}" for each in broken]
    cut = [f"… {len(lines) - MOST_ITEMS} more"] if len(lines) > MOST_ITEMS else []
    data = {name: found[name] for name in ("method", "path", "query", "status", "message", "reason", "violations")}
    data["curl"] = found["copies"].get("curl")
    about = broken[0]["rule"] if broken else "RULE"
    next = (
        f"page rules/{wanted['operation']} about {about} explains it." if broken else "send it as the curl line does."
    )
    return Answer((*map(line, lines[:MOST_ITEMS]), *cut, *([] if broken else ["no rule is broken"])), data, next)


def _named(wanted: Arguments) -> dict[str, JSON]:
    """Return arguments with an operation as the control API has it: its service, and its name there."""
    service, _, name = wanted["operation"].partition("/")
    kept = {name: item for name, item in wanted.items() if name in ("count", "seed", "break")}
    return {"service": service, "operation": name, **kept}


def _has(wanted: Arguments, *texts: str) -> bool:
    search = wanted.get("search", "").lower()
    return any(search in text.lower() for text in texts)


def _field(schema: Schema, *, is_required: bool) -> str:
    """Say what a field is, in a line."""
    kind = schema.get("type") or ("one of " + ", ".join(map(json.dumps, schema["enum"])) if "enum" in schema else "any")
    words = [" or ".join(kind) if isinstance(kind, list) else kind, "required" if is_required else ""]
    return f"{', '.join(filter(None, words))}: {schema.get('description', '')}".rstrip(": ")


def _fitting(texts: list[str], offset: int) -> tuple[list[str], int | None]:
    """Return the texts from ``offset`` on that fit into an answer, and the number of the next, if there is one."""
    room, found = ROOM_LETTERS, list[str]()
    for text in texts[offset:]:
        room -= len(text)
        if room < 0 and found:
            break
        found.append(visible(text, ROOM_LETTERS))
    following = offset + len(found)
    return found, following if following < len(texts) else None
