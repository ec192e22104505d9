"""Copies: what passes by, kept as far as it can be judged."""

from __future__ import annotations

import zlib

_GZIP = (zlib.MAX_WBITS | 16,)
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}
"""How each is undone; many servers misspell deflate, without its header."""

READABLE = frozenset({"identity", *_WINDOWS})
"""The content encodings that we can undo."""


class Unknown(Exception):
    """A body is not known as it was meant; the text says why."""


class Copy:
    """A body that passes by in pieces, up to ``limit`` bytes of it."""

    def __init__(self, limit: int) -> None:
        self._limit, self._pieces, self._size, self._is_whole = limit, list[bytes](), 0, False

    @property
    def size(self) -> int:
        """How much has passed by."""
        return self._size

    def add(self, piece: bytes) -> None:
        """Keep a piece, if there is room for it."""
        self._size += len(piece)
        if self._size <= self._limit:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def end(self) -> None:
        """Say that this was all."""
        self._is_whole = True

    def content(self, encoding: str) -> bytes:
        """Return what was meant, without its content encoding. Raises ``Unknown``."""
        if not self._is_whole:
            raise Unknown("its end did not come")
        if self._size > self._limit:
            raise Unknown(f"it has {self._size} bytes, more than {self._limit}")
        body = b"".join(self._pieces)
        for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
            if name not in READABLE:
                raise Unknown(f"it is encoded as {name}")
            if name != "identity" and body:
                body = _inflated(body, self._limit, _WINDOWS[name])
        return body


def _inflated(body: bytes, limit: int, windows: tuple[int, ...]) -> bytes:
    fact = ""
    for window in windows:
        try:
            return _members(body, limit, window)
        except zlib.error as error:
            fact = fact or str(error)
    raise Unknown(f"it cannot be decompressed: {fact}")


def _members(body: bytes, limit: int, window: int) -> bytes:
    found: list[bytes] = []
    room = limit
    while body:
        inflater = zlib.decompressobj(window)
        found.append(inflater.decompress(body, room + 1))
        room -= len(found[-1])
        if room < 0 or inflater.unconsumed_tail:
            raise Unknown(f"it has more than {limit} bytes when it is decompressed")
        if not inflater.eof:
            raise Unknown("it is cut in the middle of its compression")
        body = inflater.unused_data
    return b"".join(found)
