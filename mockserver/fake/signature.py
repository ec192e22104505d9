"""Signatures of callbacks: Standard Webhooks, as Kling has them since August 2026 (kling 3)."""

from __future__ import annotations

from datetime import UTC, datetime

from mockserver.errors import BadSetting
from mockserver.types import Millis


def signed(secret: str, id: str, at: Millis, body: bytes) -> dict[str, str]:
    """Return the headers that prove a callback: its id, the time of this attempt in Unix seconds, the signature.

    Raises ``BadSetting`` for a secret that is none.
    """
    from standardwebhooks import Webhook
    from standardwebhooks.webhooks import EmptyWebhookSecretError

    moment = datetime.fromtimestamp(at // 1000, UTC)
    try:
        signature = Webhook(secret).sign(id, moment, body.decode())
    except (ValueError, RuntimeError, EmptyWebhookSecretError) as error:
        raise BadSetting("--webhook-secret", "whsec_…", "whsec_ and the Base64 of a key") from error
    return {"webhook-id": id, "webhook-timestamp": str(at // 1000), "webhook-signature": signature}
