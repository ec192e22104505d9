"""The roster: every check of a server, by its id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.kit.server.checks.answers import ANSWERS
from mockserver.kit.server.checks.callbacks import CALLBACKS
from mockserver.kit.server.checks.credentials import CREDENTIALS
from mockserver.kit.server.checks.lifecycle import LIFECYCLE
from mockserver.kit.server.checks.lists import LISTS
from mockserver.kit.server.checks.promise import Family, Promise
from mockserver.kit.server.checks.queries import QUERIES
from mockserver.kit.server.checks.readings import READINGS
from mockserver.kit.server.checks.requests import REQUESTS
from mockserver.kit.server.checks.results import RESULTS
from mockserver.kit.server.checks.stateful import STATEFUL

FAMILIES: tuple[Family, ...] = (
    ANSWERS,
    REQUESTS,
    CREDENTIALS,
    LIFECYCLE,
    RESULTS,
    QUERIES,
    LISTS,
    CALLBACKS,
    STATEFUL,
    READINGS,
)

ROSTER: Mapping[str, Promise] = MappingProxyType(
    {id: promise for family in FAMILIES for id, promise in family.promises.items()}
)
