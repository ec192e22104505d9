"""Every answer of the control API is held against its description, so that neither drifts from the other.

What a client must bear, fields that it does not know, is wrong here: an object has no field that is not described.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import jsonschema_rs
from starlette.types import Message, Receive, Scope, Send

from mockserver.adapters.http.own import Own
from mockserver.adapters.proxy import forwarder
from mockserver.contract.description.control import description
from mockserver.types import JSON, Schema, pointer

ROOT = "/_mock"

_OTHER = frozenset({408, 413, 414, 431, 500})
"""Statuses that ``default`` may stand for; any other is described with the operation."""

_JSON = (b"content-type", b"application/json")


def operation(method: str, path: str) -> dict[str, Any] | None:
    """Return the operation that a request is for; ``None`` if there is none. A path without a parameter wins."""
    paths = description()["paths"]
    for template in sorted(paths, key=lambda template: "{" in template):
        if re.fullmatch(ROOT + re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: dict[str, Any] | None = paths[template].get("get" if method == "HEAD" else method.lower())
            return found
    return None


def wrong(method: str, path: str, status: int, body: bytes) -> list[str]:
    """Return what is wrong with an answer in JSON; nothing with one that is no operation's."""
    found = operation(method, path)
    if found is None or method == "HEAD":
        return []
    answers = found["responses"]
    name = "default" if str(status) not in answers and status in _OTHER else str(status)
    if name not in answers:
        return [f"{method} {path}: HTTP {status} is not described"]
    content = resolved(answers[name])["content"]
    if "application/json" not in content:
        return []
    judge = _judge(json.dumps(content["application/json"]["schema"]))
    errors = judge.iter_errors(json.loads(body))
    return [f"{method} {path}: HTTP {status}: {pointer(tuple(each.instance_path))}: {each.message}" for each in errors]


@contextmanager
def watching() -> Iterator[list[str]]:
    """Note what is wrong with each answer that any server of this process gives meanwhile."""
    noted: list[str] = []
    with patch.object(Own, "__call__", _watched(Own.__call__, noted)):
        hardened = forwarder._Hardened
        with patch.object(hardened, "__call__", _watched(hardened.__call__, noted)):
            yield noted


def _watched(call: Any, noted: list[str]) -> Any:
    async def watched(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        pieces: list[bytes] = []

        async def watched_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body" and _JSON in start["headers"]:
                pieces.append(message.get("body", b""))
                if not message.get("more_body"):
                    noted.extend(wrong(scope["method"], scope["path"], start["status"], b"".join(pieces)))
            await send(message)

        await call(app, scope, receive, watched_send)

    return watched


@cache
def _judge(schema: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(closed(json.loads(schema)))


def closed(schema: JSON, *, is_part: bool = False) -> JSON:
    """Return a schema whose objects have no field that it does not name; a part of one may, as its whole closes it."""
    if not isinstance(schema, dict):
        return schema
    found = {**resolved(schema)}
    found |= {name: closed(found[name]) for name in ("items", "additionalProperties") if name in found}
    found |= {name: [closed(part) for part in found[name]] for name in ("anyOf", "prefixItems") if name in found}
    if "allOf" in found:
        found["allOf"] = [closed(part, is_part=True) for part in found["allOf"]]
    if "properties" in found:
        found["properties"] = {name: closed(part) for name, part in found["properties"].items()}
    if not is_part and not {"additionalProperties", "unevaluatedProperties"} & found.keys():
        if "allOf" in found:
            found["unevaluatedProperties"] = False
        elif "properties" in found:
            found["additionalProperties"] = False
    return found


def resolved(schema: Schema) -> Schema:
    """Return a schema with what it refers to in it; what stands beside a reference says more of the same."""
    if "$ref" not in schema:
        return schema
    found: Any = description()
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolved({**found, **{name: value for name, value in schema.items() if name != "$ref"}})
