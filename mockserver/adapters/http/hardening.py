"""Hardening: headers that keep a browser from running what we serve, which clients and other services have made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Message, Send


NOSNIFF = (b"x-content-type-options", b"nosniff")
"""A browser takes a body for what its type says, and for nothing else."""

POLICY = b"content-security-policy"

_REST = b"default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
"""Browsers build a page around a picture or a film that is opened in a tab, and that page may show it."""

_SANDBOX = (POLICY, b"sandbox; " + _REST)
"""No script runs, and what is shown has an origin of its own."""

_PLAYER = (POLICY, b"sandbox allow-same-origin; " + _REST)
"""No script runs. A film is asked for once more by the page around it, which only one of the same origin may do."""

Pairs = list[tuple[bytes, bytes]]


def hardened(pairs: Iterable[tuple[bytes, bytes]]) -> Pairs:
    """Return headers with those that keep a browser from running the body; the names are in lower case.

    Policies add up, so one that is there already stays. JSON needs none: by its type it is neither page nor script.
    """
    kept = [pair for pair in pairs if pair[0] != NOSNIFF[0]]
    types = [value.partition(b";")[0].strip().lower() for name, value in kept if name == b"content-type"]
    if types and all(kind == b"application/json" for kind in types):
        return [*kept, NOSNIFF]
    is_media = types and all(kind.startswith((b"video/", b"audio/")) and b"," not in kind for kind in types)
    return [*kept, NOSNIFF, _PLAYER if is_media else _SANDBOX]


def hardening(send: Send) -> Send:
    """Return a ``send`` that hardens answers; one with a policy of its own, such as a page of ours, stays as it is."""

    async def hardened_send(message: Message) -> None:
        if message["type"] == "http.response.start" and POLICY not in dict(message["headers"]):
            message["headers"] = hardened(message["headers"])
        await send(message)

    return hardened_send
