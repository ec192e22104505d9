"""Signatures of callbacks, as a receiver verifies them: Standard Webhooks (kling 3)."""

from __future__ import annotations

from datetime import UTC, datetime

from mockserver.kit.server.evidence import Callback

_TOLERANCE = 5 * 60
"""Seconds by which the time of a signature may differ from the receiver's."""


def fault_of(secret: str, callback: Callback) -> str | None:
    """Say what is wrong with a callback's signature by a secret that is one; ``None`` if nothing is.

    The time that counts is when the callback came, so that a transcript can be judged later.
    """
    from standardwebhooks import Webhook

    headers = {name: callback.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")}
    if not all(headers.values()):
        return f"no webhook-{next(name for name, value in headers.items() if not value)}"
    if not headers["timestamp"].isdecimal():
        return f"webhook-timestamp {headers['timestamp']} is no time"
    moment = int(headers["timestamp"])
    if abs(moment - callback.at // 1000) > _TOLERANCE:
        return f"webhook-timestamp {moment}, when it was {callback.at // 1000}"
    try:
        wanted = Webhook(secret).sign(headers["id"], datetime.fromtimestamp(moment, UTC), callback.body.decode())
    except ValueError as error:  # a body that is no text, or a time beyond all years
        return f"cannot be verified: {error}"
    return None if wanted in headers["signature"].split() else f"{headers['signature']} instead of {wanted}"
