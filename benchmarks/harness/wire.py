"""HTTP on the wire: requests built once as bytes, and messages read back with as little work as will do.

A client that costs as much as the server would measure itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from mockserver.types import JSON

TOKEN = "benchmark"
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Message:
    """One request or answer: its first line, its body, and the bytes it took in all."""

    start: bytes
    body: bytes
    size: int

    @property
    def status(self) -> int:
        """An answer's status."""
        return int(self.start.split(b" ", 2)[1])


def message(data: bytes | bytearray) -> Message | None:
    """Read the message that ``data`` begins with; ``None`` while it is not complete.

    Raises ``ValueError`` for an answer without a length: no server measured here sends one.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(data[:end])
    length = _LENGTH.search(head)
    start = head.partition(b"\r\n")[0]
    if length is None and start.startswith(b"HTTP/"):
        raise ValueError(f"an answer without content-length: {start!r}")
    size = end + 4 + (int(length[1]) if length else 0)
    return Message(start, bytes(data[end + 4 : size]), size) if len(data) >= size else None


def get(path: str) -> bytes:
    """Build a GET."""
    return _head("GET", path) + b"\r\n"


def post(path: str, payload: JSON, token: str = TOKEN) -> bytes:
    """Build a POST of JSON."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    about = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return _head("POST", path, token) + about.encode() + body


def _head(method: str, path: str, token: str = TOKEN) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n".encode()
