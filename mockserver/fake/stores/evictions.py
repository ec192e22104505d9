"""Evictions: that a store was full is told once to all who share it."""

from __future__ import annotations

from mockserver.fake.stores.store import Documents, Kind, as_it_is
from mockserver.types import JSON

_TOLD: Kind[JSON] = Kind("told", as_it_is, as_it_is)
_EVICTIONS = "evictions"


def is_first(documents: Documents) -> bool:
    """Return whether nobody was told before that tasks had to go, within a turn; from now on somebody was."""
    is_first = documents.get(_TOLD, _EVICTIONS) is None
    if is_first:
        documents.put(_TOLD, _EVICTIONS, value=True)
    return is_first
