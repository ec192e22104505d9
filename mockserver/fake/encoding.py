"""JSON as the services write it. It stands alone because every part of the fake that answers needs it."""

from __future__ import annotations

import json

from mockserver.types import JSON

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encoded(body: JSON) -> bytes:
    """Write JSON compactly, as the services do."""
    return _ENCODER.encode(body).encode(errors="backslashreplace")  # half a surrogate pair can only be escaped
