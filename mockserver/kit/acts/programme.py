"""The programme: all acts, in the order in which they are played."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mockserver.kit.acts.acceptance import acceptance
from mockserver.kit.acts.anyorder import any_order
from mockserver.kit.acts.burst import burst
from mockserver.kit.acts.credentials import credentials
from mockserver.kit.acts.lives import lives
from mockserver.kit.acts.noise import noise
from mockserver.kit.acts.queries import queries
from mockserver.kit.acts.refusals import refusals
from mockserver.kit.probe import Probe

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
