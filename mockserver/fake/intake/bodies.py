"""Bodies: from the bytes of a request to a payload, or to a refusal that says why there is none."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from types import MappingProxyType

from mockserver import decoding
from mockserver.contract.forms import typed, without_nulls
from mockserver.contract.readings import Readings
from mockserver.contract.service import Operation
from mockserver.fake.answering.refusal import Refused
from mockserver.types import JSON, Payload, Request

_LONG_LETTERS = 3 * 1024
"""A longer text is cut before a payload is kept: it is a picture, and a thousand of them would fill the memory."""
_UNCUT_BYTES = 4 * 1024
"""A body up to this size is kept as it came, without writing it anew."""
_CODINGS = MappingProxyType({"accept-encoding": "gzip, deflate"})
"""What a refusal says of the content codings that are read (RFC 9110, 15.5.16)."""
_SILENCE = logging.NullHandler()


def decoded(request: Request, limit: int) -> Request:
    """Return a request with its body as it was before its content coding. Raises ``Refused``.

    ``limit`` is how many bytes it may have, before and after.
    """
    if len(request.body) > limit:
        raise Refused("too-large", limit=limit)
    encoding = request.headers.get("content-encoding")
    if encoding is None or not request.body:
        return request
    try:
        return replace(request, body=decoding.decoded(request.body, encoding, limit))
    except decoding.LargeBody as error:
        raise Refused("too-large", limit=limit) from error
    except decoding.UnknownCoding as error:
        raise Refused("encoding", headers=_CODINGS, sent=error.name, wanted="gzip or deflate") from error
    except decoding.UnreadableBody as error:
        raise Refused("unreadable", fact=str(error)) from error


def media_type(request: Request, operation: Operation, readings: Readings) -> str:
    """Return the media type of a body, one that the operation takes. Raises ``Refused``."""
    header = request.headers.get("content-type", "")
    sent = header.partition(";")[0].strip().lower()
    if sent in operation.media_types:
        return sent or "application/json"
    if not sent and readings.get("content-type") == "accepted":
        return "application/json"
    wanted = " or ".join(kind for kind in operation.media_types if kind)
    raise Refused("media-type", wanted=wanted, listed=",".join(operation.media_types), sent=header or "none")


def payload(request: Request, operation: Operation, readings: Readings) -> JSON:
    """Read a body according to its media type, its nulls included. Raises ``Refused``."""
    is_form = media_type(request, operation, readings) == "multipart/form-data"
    found = _form(request) if is_form else _json(request.body)
    if not isinstance(found, dict):
        return found
    if readings.get("empty-field") == "absent":
        found = {name: value for name, value in found.items() if value != ""}
    if is_form or readings.get("number-as-text") == "accepted":
        found = typed(operation.schema, found)
    return found


def understood(payload: JSON, readings: Readings) -> JSON:
    """Return what a body says: without its nulls, where those count as absent."""
    return without_nulls(payload)[0] if readings.get("null-field") == "absent" else payload


def stored_body(content: Payload, body: bytes) -> bytes:
    """Return a payload as JSON to keep: as it came in ``body``, or anew with its long texts cut."""
    if len(body) <= _UNCUT_BYTES and body[:1] == b"{":
        return body
    import json

    return json.dumps(_cut(content), ensure_ascii=False, separators=(",", ":")).encode()


def _json(body: bytes) -> JSON:
    if not body.strip():
        raise Refused("unreadable", fact="it is empty")
    try:
        return decoding.document(body)
    except ValueError as error:
        raise Refused("unreadable", fact=str(error)) from error


def _form(request: Request) -> dict[str, str]:
    from python_multipart import parse_form
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import parse_options_header

    # The answer says what is wrong with a form; without a handler of ours the library would print it, too.
    logging.getLogger("python_multipart").addHandler(_SILENCE)
    fields: dict[str, str] = {}

    def keep(field: object) -> None:
        name, value = field.field_name, field.value  # type: ignore[attr-defined]
        fields[name.decode("utf-8")] = (value or b"").decode("utf-8")

    def refuse(file: object) -> None:
        name = file.field_name.decode("utf-8", "replace")  # type: ignore[attr-defined]
        raise Refused("unreadable", fact=f"{name} is a file; send a URL of POST /assets")

    try:
        kind = request.headers["content-type"].encode("latin-1")
        _, options = parse_options_header(kind)
        parse_form({"Content-Type": kind}, BytesIO(_without_preamble(request.body, options)), keep, refuse)
    except UnicodeDecodeError as error:
        raise Refused("unreadable", fact="a field is not UTF-8") from error
    except (FormParserError, ValueError, KeyError) as error:
        raise Refused("unreadable", fact=str(error)) from error
    return fields


def _without_preamble(body: bytes, options: Mapping[bytes, bytes]) -> bytes:
    """Leave out what a form says before its first part; it is for readers of mail (RFC 2046, 5.1.1)."""
    line = b"\r\n--" + options.get(b"boundary", b"")
    return body if body.startswith(line[2:]) or line not in body else body[body.index(line) + 2 :]


def _cut(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {name: _cut(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value]
    if isinstance(value, str) and len(value) > _LONG_LETTERS:
        return f"{value[:64]}… ({len(value)} characters)"
    return value
