"""What traffic cannot tell: questions, and single readings, that no recording settles, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

UNSEEN: Mapping[str, str] = MappingProxyType(
    {
        "series-slots": "how many slots an account has is not in the traffic",
        "asset-too-large": "files of that size are in no recording",
        "max-jobs": "how many jobs an account runs elsewhere is not in the traffic",
        "empty-pack": "what is left in a pack is not in the traffic when a task is created",
    }
)
"""Questions that no recording settles."""

UNSURE: Mapping[str, str] = MappingProxyType(
    {"callback-signed=no": "a callback without a signature may mean that there is no secret"}
)
"""Single readings that no recording shows, ``question=reading``."""
