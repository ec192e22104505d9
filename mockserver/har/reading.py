"""Reading archives: what browsers, proxies and clients write as HAR, each with liberties of its own.

What they leave out is unknown, and what they write beside it is left alone. Bodies are as they were before their
content coding, as HAR has them; one that is still compressed is decompressed.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import BinaryIO, TypeVar
from urllib.parse import urlencode, urlsplit

import jiter

from mockserver.decoding import UnreadableBody, decoded
from mockserver.har.archive import OWN, Archive, BadArchive, Entry
from mockserver.har.nodes import Node
from mockserver.types import JSON, Millis, Request, Response

MOST_BYTES = 512 << 20
"""The size of the largest archive that is read: it takes some times as much of memory."""

_MOST_BODY_BYTES = 64 << 20
"""The size of the largest body that is decompressed."""

_CODED = ("content-encoding", "content-length", "transfer-encoding")
"""Headers of a body as it was on the wire, which is another one than in the archive."""

_Message = TypeVar("_Message", Request, Response)
_GZIP = b"\x1f\x8b"
_NOT_OF_ASCII = re.compile(r"[^\x21-\x7e]")


def read(stream: BinaryIO, file: str) -> Archive:
    """Read an archive; ``file`` is what errors call it. Raises ``BadArchive`` and ``OSError``."""
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BadArchive(file, "", f"has more than {MOST_BYTES >> 20} MiB. Leave out what is not meant")
    log = Node(file, _parsed(data, file)).object("log")
    if log is None:
        raise BadArchive(file, "", "is no HAR: it has no log. Export the archive anew, as HAR 1.2")
    if "entries" not in log:
        raise log.missing("entries")
    found = [_entry(node, file) for node in log.objects("entries")]
    entries = tuple(each for each in found if each is not None)
    return Archive(entries, len(found) - len(entries))


def _parsed(data: bytes, file: str) -> JSON:
    text = data.removeprefix(BOM_UTF8)
    if not text.strip():
        raise BadArchive(file, "", "is empty. Name a HAR file")
    try:
        return jiter.from_json(text)
    except ValueError as error:
        first = error
    try:  # a body may have half of a surrogate pair, which only this one reads
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadArchive(file, "", f"is not JSON: {first}") from first


def _entry(node: Node, file: str) -> Entry | None:
    """Read an entry; ``None`` for one that is no HTTP exchange."""
    asked, answered = node.object("request"), node.object("response")
    if asked is None:
        raise node.missing("request")
    url = asked.text("url")
    if url is None:
        raise asked.missing("url")
    if url[:8].lower().partition("://")[0] not in ("http", "https"):
        return None
    unknown: dict[str, str] = {}
    request, host = _request(asked, url, file, unknown)
    response = None if answered is None else _response(answered, file, unknown)
    own = node.object(OWN)
    kept: Mapping[str, JSON] = {} if own is None else own.fields
    for side in ("request", "answer"):
        if side in str(kept.get("cut", "")):
            unknown[side] = "the archive has only its beginning"
    took = node.number("time")
    return Entry(
        node.place,
        _moment(node.text("startedDateTime")),
        -1 if took is None else took,
        host,
        request,
        response,
        MappingProxyType(unknown),
        kept,
    )


def _request(node: Node, url: str, file: str, unknown: dict[str, str]) -> tuple[Request, str]:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 # raises for a port that is not a number
    except ValueError as error:
        raise BadArchive(file, f"{node.place}/url", f"{url[:100]!r} is no URL: {error}") from error
    method, headers = node.text("method"), _headers(node)
    if method is None:
        raise node.missing("method")
    host = parts.netloc.rpartition("@")[2] or headers.get("host", "")
    headers.setdefault("host", host)
    body = _posted(node, headers, unknown)
    path = _NOT_OF_ASCII.sub(_quoted, parts.path) or "/"
    request = Request(method, path, _NOT_OF_ASCII.sub(_quoted, parts.query), headers, body, parts.scheme.lower())
    return _plain(request, body, "request", unknown), host


def _quoted(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode(errors="backslashreplace"))


def _response(node: Node, file: str, unknown: dict[str, str]) -> Response | None:
    status = node.number("status")
    if status is None or not 100 <= status < 600:
        return None  # browsers write 0 for what was blocked, or never answered
    content, headers = node.object("content"), _headers(node)
    body = b""
    if content is not None:
        body = _body(content, content.text("encoding"), "answer", unknown)
        if content.text("text") is None and (content.number("size") or node.number("bodySize") or 0) > 0:
            unknown["answer"] = "the archive does not have it"
        if kind := content.text("mimeType"):
            headers.setdefault("content-type", kind)
    elif (node.number("bodySize") or 0) > 0:
        unknown["answer"] = "the archive does not have it"
    return _plain(Response(int(status), body, headers), body, "answer", unknown)


def _posted(node: Node, headers: dict[str, str], unknown: dict[str, str]) -> bytes:
    """Return the body of a request, of a form that is kept in parts as it is sent."""
    posted = node.object("postData")
    if posted is None:
        if (node.number("bodySize") or 0) > 0:
            unknown["request"] = "the archive does not have it"
        return b""
    kind = posted.text("mimeType") or ""
    if kind and "content-type" not in headers and not any(True for _ in node.objects("headers")):
        headers["content-type"] = kind
    fields = [(each.text("name") or "", each.text("value") or "") for each in posted.objects("params")]
    if posted.text("text") or not fields:
        return _body(posted, posted.text("encoding") or posted.text("_encoding"), "request", unknown)
    if kind.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return urlencode(fields).encode()
    unknown["request"] = "the archive has only the fields of its form"
    return b""


def _body(node: Node, encoding: str | None, side: str, unknown: dict[str, str]) -> bytes:
    text = node.text("text") or ""
    if not encoding:
        return text.encode(errors="surrogatepass")
    if encoding.lower() != "base64":
        unknown[side] = f"the archive has it as {encoding[:40]}"
        return b""
    try:
        return b64decode("".join(text.split()), validate=True)
    except (Error, ValueError):
        unknown[side] = "the archive says that it is Base64, and it is not"
        return b""


def _plain(message: _Message, body: bytes, side: str, unknown: dict[str, str]) -> _Message:
    """Return a message without the headers of its coding, and without that coding where it is still there."""
    coding = message.headers.get("content-encoding", "")
    if coding and body.startswith(_GZIP):
        try:
            body = decoded(body, coding, _MOST_BODY_BYTES)
        except UnreadableBody as error:
            unknown[side] = str(error)
    headers = {name: text for name, text in message.headers.items() if name not in _CODED}
    return replace(message, headers=headers, body=body)


def _headers(node: Node) -> dict[str, str]:
    """Return headers by their names in lower case; those of HTTP/2 that begin with a colon are in the URL, too."""
    found: dict[str, str] = {}
    for each in node.objects("headers"):
        name, text = (each.text("name") or "").lower(), each.text("value") or ""
        if name and not name.startswith(":"):
            found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _moment(text: str | None) -> Millis | None:
    try:
        found = datetime.fromisoformat(text or "")
        return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
