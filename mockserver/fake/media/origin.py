"""The origin of result URLs: the one that was set, the one that a trusted proxy names, or the one the client used."""

from __future__ import annotations

from mockserver.settings import Settings
from mockserver.types import Request


def origin(request: Request, settings: Settings) -> str:
    """Return where a client reaches us, without a trailing slash.

    What a proxy says is believed only with ``trust_proxy``.
    """
    if settings.public_url:
        return settings.public_url
    if not settings.trust_proxy:
        return request.base_url
    from mockserver.fake.media.forwarded import forwarded

    return forwarded(request)
