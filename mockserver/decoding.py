"""Decoding: from the bytes of a body to what they say, as strictly as JSON and HTTP have it, and within bounds."""

from __future__ import annotations

import re
import zlib
from codecs import BOM_UTF8
from math import isinf

import jiter

from mockserver.types import JSON

_GZIP = (zlib.MAX_WBITS | 16,)
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}
"""The zlib windows that decode each coding; many clients and servers send deflate without its header."""

READABLE = frozenset({"identity", *_WINDOWS})
"""The content codings that we can decode."""

_MOST_CODINGS = 4
"""Codings of one body; nobody sends more than one, and a thousand of them would be work without end."""

_MOST_MEMBERS, _PIECE_BYTES = 4096, 16 * 1024
"""Compressed pieces of one body, as programs for large files write them, and how much is looked at in one go."""

_OTHER_ENCODING = re.compile(rb"\xff\xfe|\xfe\xff|\x00")
"""The beginning of UTF-16 and UTF-32: a byte order mark, or a letter of ASCII with its zeros."""


class UnreadableBody(Exception):
    """A body cannot be read as it was meant; the text says why."""


class UnknownCoding(UnreadableBody):
    """A body has a content coding that we cannot decode; ``name`` is how the sender calls it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"it is encoded as {name}")
        self.name = name


class LargeBody(UnreadableBody):
    """A body is too large once it is decompressed."""


def document(text: bytes) -> JSON:
    """Read JSON: UTF-8, perhaps with a byte order mark, without doubled names, NaN or numbers that are out of range.

    Raises ``ValueError``.
    """
    if (text[:1] != b"{" and _OTHER_ENCODING.match(text)) or text[1:2] == b"\x00":
        raise ValueError("it is UTF-16 or UTF-32, and JSON is UTF-8. Encode it as UTF-8")
    try:
        found = jiter.from_json(text.removeprefix(BOM_UTF8), allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        hint = ". Send both halves of a surrogate pair, or none" if "hex escape" in str(error) else ""
        raise ValueError(f"{error}{hint}") from error
    if _has_infinity(found):
        raise ValueError("a number is out of range")
    return found


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """Return a body without the codings of its ``Content-Encoding``, at most ``limit`` bytes of it.

    Raises ``UnreadableBody``, more exactly ``UnknownCoding`` or ``LargeBody``.
    """
    names = [name for part in encoding.split(",") if (name := part.strip().lower())]
    if unknown := [name for name in names if name not in READABLE]:
        raise UnknownCoding(unknown[0])
    if len(names) > _MOST_CODINGS:
        raise UnreadableBody(f"it has {len(names)} codings, one over the other")
    for name in reversed(names):
        if name != "identity" and body:
            body = _inflated(body, limit, _WINDOWS[name])
    return body


def _inflated(body: bytes, limit: int, windows: tuple[int, ...]) -> bytes:
    fact = ""
    for window in windows:
        try:
            return _members(body, limit, window)
        except zlib.error as error:
            fact = fact or str(error)
    raise UnreadableBody(f"it cannot be decompressed: {fact}")


def _members(body: bytes, limit: int, window: int) -> bytes:
    """Decompress what may be several pieces in a row, each compressed for itself (RFC 1952, 2.2)."""
    found: list[bytes] = []
    room, at = limit, 0
    for _ in range(_MOST_MEMBERS):
        inflater = zlib.decompressobj(window)
        while not inflater.eof and at < len(body):
            piece = body[at : at + _PIECE_BYTES]
            found.append(inflater.decompress(piece, room + 1))
            room -= len(found[-1])
            at += len(piece) - len(inflater.unused_data)
            if room < 0 or inflater.unconsumed_tail:
                raise LargeBody(f"it has more than {limit} bytes when it is decompressed")
        if not inflater.eof:
            raise UnreadableBody("it is cut in the middle of its compression")
        if at == len(body):
            return b"".join(found)
    raise UnreadableBody(f"it is compressed in more than {_MOST_MEMBERS} pieces")


def _has_infinity(value: JSON) -> bool:
    found = [value]
    for each in found:  # it grows while we go through it
        kind = type(each)  # the parser makes no subclasses, and to ask for one takes as long as all of the rest
        if kind is dict:
            found.extend(each.values())
        elif kind is list:
            found.extend(each)
        elif kind is float and isinf(each):
            return True
    return False
