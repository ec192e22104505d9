"""JSON as the services write it. It stands alone because every part of the fake that answers needs it."""

from __future__ import annotations

import json
from collections.abc import Callable

from mockserver.types import JSON


def writer(between: str = ",", colon: str = ":") -> Callable[[JSON], str]:
    """Return what writes JSON with these separators, and letters beyond ASCII as they are.

    ``JSONEncoder.encode`` makes an encoder in C for each document, which takes as long as to write a small one; here
    one writes all of them.
    """
    usual = json.JSONEncoder(ensure_ascii=False, separators=(between, colon))
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # an interpreter that has no such encoder
        return usual.encode
    pieces = make(None, usual.default, json.encoder.encode_basestring, None, colon, between, False, False, True)
    return lambda body: "".join(pieces(body, 0))


_written = writer()


def encoded(body: JSON) -> bytes:
    """Write JSON compactly, as the services do."""
    return _written(body).encode(errors="backslashreplace")  # half a surrogate pair can only be escaped
