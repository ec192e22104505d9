"""The programme: all acts, in the order in which they are played."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.authentication import credentials
from mockserver.kit.server.scenarios.burst import burst
from mockserver.kit.server.scenarios.creates import acceptance
from mockserver.kit.server.scenarios.malformed import noise
from mockserver.kit.server.scenarios.queries import queries
from mockserver.kit.server.scenarios.random_walk import any_order
from mockserver.kit.server.scenarios.refusals import refusals
from mockserver.kit.server.scenarios.task_lifecycle import lives

Act = Callable[[Probe], None]

PROGRAMME: Mapping[str, Act] = MappingProxyType(
    {
        "credentials": credentials,
        "lives": lives,
        "burst": burst,
        "any order": any_order,
        "noise": noise,
        "refusals": refusals,
        "queries": queries,
        "acceptance": acceptance,
    }
)
"""What costs tasks for sure comes before what takes the rest of the budget."""
