"""The body of a request to the control API: read, checked, and refused in one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

import jsonschema_rs
from anyio import to_thread
from starlette.requests import Request

from mockserver.decoding import document
from mockserver.errors import MockserverError
from mockserver.settings import Settings, no_such_setting
from mockserver.suggestions import shown
from mockserver.types import JSON, Schema, pointer


class Refusal(MockserverError):
    """The control API refuses a request, with an HTTP status."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


async def body_of(request: Request, schema: Schema) -> JSON:
    """Read a body and check it against a schema; an empty body counts as an empty object. Raises ``Refusal``."""
    text = await request.body()
    try:
        # A snapshot has megabytes, and others would wait while it is read.
        body = await to_thread.run_sync(document, text) if text else {}
    except ValueError as error:
        raise Refusal(f"the body is not JSON: {error}.") from error
    for wrong in jsonschema_rs.validator_for(schema).iter_errors(body):
        raise Refusal(f"{pointer(tuple(wrong.instance_path)) or 'body'}: {_fact(wrong, schema)}.")
    return body


def _fact(wrong: jsonschema_rs.ValidationError, schema: Schema) -> str:
    """Say what is wrong; of a text with another form than it must have, by texts that have it."""
    *path, keyword = wrong.schema_path
    if keyword != "pattern":
        return wrong.message
    whole: JSON = schema
    examples = reduce(lambda at, step: at[step], path, whole)["examples"]
    return f"{shown(wrong.instance)} does not have the form of {' or '.join(examples)}"


def changed(settings: Settings, body: JSON, changeable: Iterable[str]) -> Settings:
    """Return settings with those of a body; readings that it does not name stay. Raises ``MockserverError``."""
    names = list(changeable)
    if not isinstance(body, dict) or not body:
        raise Refusal(f"the body names no setting. Write an object with some of {', '.join(names)}.")
    for name in body:
        if name not in names:
            raise no_such_setting(name, names)
    if isinstance(readings := body.get("readings"), dict):
        body = {**body, "readings": {**settings.readings, **readings}}
    return replace(settings, **body)
