"""Writing archives: HAR 1.2, entry by entry, so that a long one needs no room of its own."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from urllib.parse import parse_qsl

from mockserver.har.archive import OWN, Entry
from mockserver.types import JSON, Millis, Request, Response

_CREATOR = "mockserver"
_VERSION = "1.2"
_UNKNOWN = -1
"""What HAR has for a size and a time that nobody knows."""

_HOST = re.compile(r"[\w.:\[\]-]{1,255}", re.ASCII)


def pieces(entries: Iterable[Entry], left_out: int = 0) -> Iterator[bytes]:
    """Yield an archive in pieces, one for each entry; ``left_out`` counts the exchanges before that nobody has."""
    comment = "Times are those of the fake's clock. Secrets are masked."
    if left_out:
        comment += f" {left_out} earlier exchanges are not here: there was no more room for them."
    head = {
        "version": _VERSION,
        "creator": {"name": _CREATOR, "version": version("kling-mockserver")},
        "comment": comment,
        OWN: {"left_out": left_out},
    }
    yield b'{"log":' + _json(head)[:-1] + b',"entries":['
    for place, entry in enumerate(entries):
        yield (b",\n" if place else b"\n") + _json(_written(entry))
    yield b"]}}\n"


def _written(entry: Entry) -> dict[str, JSON]:
    took = max(entry.took, 0)
    response = entry.response
    return {
        "startedDateTime": _moment(entry.at or 0),
        "time": took,
        "request": _request(entry.request, entry.unknown.get("request")),
        "response": _no_response() if response is None else _response(response, entry.unknown.get("answer")),
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        OWN: dict(entry.own),
    }


def _request(request: Request, comment: str | None) -> dict[str, JSON]:
    host = request.host if _HOST.fullmatch(request.host) else "localhost"
    query = f"?{request.query}" if request.query else ""
    found = {
        "method": request.method,
        "url": f"{request.scheme}://{host}{request.path}{query}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(request.headers),
        "queryString": _pairs(dict(parse_qsl(request.query, keep_blank_values=True))),
        "headersSize": _UNKNOWN,
        "bodySize": len(request.body),
    }
    if not request.body and comment is None:
        return found
    text, encoding = _text(request.body)
    posted = {"mimeType": request.headers.get("content-type", ""), "params": [], "text": text}
    found["postData"] = {**posted, **({"_encoding": encoding} if encoding else {}), **_comment(comment)}
    return found


def _response(response: Response, comment: str | None) -> dict[str, JSON]:
    text, encoding = _text(response.body)
    content = {
        "size": len(response.body),
        "mimeType": response.headers.get("content-type", "x-unknown"),
        "text": text,
        **({"encoding": encoding} if encoding else {}),
        **_comment(comment),
    }
    return {
        "status": response.status,
        "statusText": _phrase(response.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(response.headers),
        "content": content,
        "redirectURL": response.headers.get("location", ""),
        "headersSize": _UNKNOWN,
        "bodySize": len(response.body),
    }


def _no_response() -> dict[str, JSON]:
    """Return what HAR has for an exchange without an answer."""
    return {**_response(Response(100), "there was no answer"), "status": 0, "statusText": "", "bodySize": _UNKNOWN}


def _comment(text: str | None) -> dict[str, JSON]:
    return {} if text is None else {"comment": text}


def _pairs(found: Mapping[str, str]) -> list[JSON]:
    return [{"name": name, "value": text} for name, text in found.items()]


def _text(body: bytes) -> tuple[str, str | None]:
    """Return a body as text, or as Base64 with the name of that encoding."""
    try:
        return body.decode(), None
    except UnicodeDecodeError:
        return b64encode(body).decode(), "base64"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _moment(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(found: JSON) -> bytes:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")
