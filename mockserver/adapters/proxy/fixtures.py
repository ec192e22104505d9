"""Fixtures: an exchange as ``fixtures/<service>/<operation>/<case>.json`` has it, and when two requests are alike."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from mockserver.adapters.proxy.redaction import REMOVED, Redactor, digest
from mockserver.contract.places import first, with_value
from mockserver.contract.routes import Match, NoMatch, Router
from mockserver.secrecy.mask import json_of, secrets
from mockserver.types import JSON, Request, Response

_FORM = "multipart/form-data"
_PARAMETER = re.compile(r"\{(\w+)\}")
_HEADERS = {"authorization": "Bearer"}
_JSON_HEADERS = {**_HEADERS, "content-type": "application/json"}

Fields = list[tuple[str, str, bool]]
"""The parts of a form: a name, a value, and whether it is a file."""


def known(request: Request, match: Match | NoMatch) -> Iterator[str]:
    """Yield what must not be kept of a request: its secrets, and the values that the contract does not describe."""
    yield from secrets(request.headers, request.parameters, json_of(request.body))
    described = match.operation.schema.get("properties", {}) if isinstance(match, Match) else {}
    yield from (value for name, value in request.parameters.items() if name not in described)
    if not isinstance(match, Match):
        yield from (unquote(part) for part in request.path.split("/") if Redactor().segment(part) != part)


def recorded_request(request: Request, match: Match | NoMatch, redactor: Redactor) -> dict[str, JSON]:
    """Write a request as a fixture, redacted."""
    found: dict[str, JSON] = {"method": request.method, "path": _path(request, match, redactor)}
    if request.query:
        described = match.operation.schema.get("properties", {}) if isinstance(match, Match) else {}
        found["query"] = redactor.query(request.query, described)
    content = _content(request, redactor)
    headers = _headers(request, is_form="text" in content, has_body=bool(content))
    return found | ({} if headers == _usual(content) else {"headers": _complete(headers)}) | content


def recorded_answer(response: Response, redactor: Redactor) -> dict[str, JSON]:
    """Write an answer as a fixture, redacted; a body that is not text is left out."""
    found: dict[str, JSON] = {"status": response.status}
    content = json_of(response.body)
    if content is not None and not isinstance(content, str):
        return found | {"body": redactor.json(content)}
    try:
        return found | {"body": redactor.text(response.body.decode())}
    except UnicodeDecodeError:
        return found


def wired(request: dict[str, Any]) -> Request:
    """Return a fixture's request as it goes over the wire."""
    body = b""
    if "body" in request:
        body = json.dumps(request["body"], ensure_ascii=False).encode(errors="backslashreplace")
    elif "text" in request:
        body = request["text"].encode(errors="replace")
    elif "base64" in request:
        body = b64decode(request["base64"])
    headers = request.get("headers", _complete(_usual(request)))
    return Request(request["method"], request["path"], request.get("query", ""), headers, body)


def outline(request: Request, router: Router, redactor: Redactor) -> dict[str, JSON]:
    """Return what matters of a request, redacted: two requests with the same outline have the same answers."""
    match = router.match(request.method, request.path, "")
    about: dict[str, JSON] = {"operation": f"{request.method} {_path(request, match, redactor)}", "parameters": {}}
    if isinstance(match, Match):
        parameters = {name: redactor.text(value) for name, value in match.parameters.items()}
        about = {"operation": match.operation.id, "parameters": parameters}
    written = recorded_request(request, match, redactor)
    content = written.get("body", written.get("text"))
    headers = _headers(request, is_form="text" in written, has_body=bool(request.body))
    kind = headers.get("content-type", "")
    if "text" in written and kind.startswith(_FORM):
        content = {
            name: value for name, value, _ in _fields(kind, written["text"].encode(errors="replace")) or ()
        } or content
    receiver = match.service.layout.callback_field if isinstance(match, Match) else None
    if receiver is not None and isinstance(content, dict) and first(receiver, content) is not None:
        content = with_value(receiver, content, "a receiver")  # the answer is the same, wherever callbacks go
    return {
        **about,
        "query": dict(parse_qsl(written.get("query", ""), keep_blank_values=True)),
        "credentials": headers.get("authorization", "none").lower(),
        "content-type": kind.partition(";")[0],
        "body": content,
    }


def _path(request: Request, match: Match | NoMatch, redactor: Redactor) -> str:
    if not isinstance(match, Match):
        return "/".join(map(redactor.segment, request.path.split("/")))
    values = match.parameters
    return _PARAMETER.sub(lambda found: quote(redactor.text(values[found[1]]), safe=""), match.operation.path)


def _content(request: Request, redactor: Redactor) -> dict[str, JSON]:
    if not request.body:
        return {}
    kind = request.headers.get("content-type", "")
    fields = _fields(kind, request.body) if kind.startswith(_FORM) else None
    if fields is not None:
        return {"text": _form(fields, redactor)}
    content = json_of(request.body)
    if content is not None:
        return {"body": redactor.json(content)}
    try:
        return {"text": redactor.text(request.body.decode())}
    except UnicodeDecodeError:
        return {"text": digest(request.body)}


def _headers(request: Request, *, is_form: bool, has_body: bool) -> dict[str, str]:
    """Return the two headers that matter: the scheme of the credentials, and the type of the body."""
    found = {}
    scheme = request.headers.get("authorization", "").strip().partition(" ")[0]
    if scheme:
        found["authorization"] = scheme if re.fullmatch(r"[A-Za-z]{1,20}", scheme) else REMOVED
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind, re.ASCII):
        found["content-type"] = f"{kind}; boundary=boundary" if is_form and kind == _FORM else kind
    return found


def _usual(content: dict[str, JSON]) -> dict[str, str]:
    """Return the headers that a fixture has when it does not name any."""
    return _JSON_HEADERS if "body" in content else _HEADERS


def _complete(headers: dict[str, str]) -> dict[str, str]:
    return {name: f"{value} {REMOVED}" if name == "authorization" else value for name, value in headers.items()}


def _fields(kind: str, body: bytes) -> Fields | None:
    """Read a form; ``None`` if it cannot be read."""
    from python_multipart import parse_form
    from python_multipart.exceptions import FormParserError

    found: Fields = []

    def keep(field: Any) -> None:
        found.append((field.field_name.decode(), (field.value or b"").decode(), False))

    def keep_file(file: Any) -> None:
        file.file_object.seek(0)
        content: bytes = file.file_object.read()
        found.append((file.field_name.decode(), content.decode(errors="replace"), True))

    try:
        parse_form({"Content-Type": kind.encode("latin-1")}, BytesIO(body), keep, keep_file)
    except (FormParserError, ValueError, KeyError):
        return None
    return found


def _form(fields: Fields, redactor: Redactor) -> str:
    """Write a form in one fixed way; of a file only the digest is kept."""
    lines = []
    for name, value, is_file in fields:
        shown = redactor.text(name).replace('"', "%22")
        file = '; filename="file"' if is_file else ""
        kept = digest(value) if is_file else redactor.json(value, name)
        lines.append(f'--boundary\r\nContent-Disposition: form-data; name="{shown}"{file}\r\n\r\n{kept}\r\n')
    return "".join(lines) + "--boundary--\r\n"
