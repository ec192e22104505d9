"""All scenarios, by name, in the order in which they are played."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.kit.server.scenarios.accounts import ACCOUNTS
from mockserver.kit.server.scenarios.authentication import AUTHENTICATION
from mockserver.kit.server.scenarios.creates import BURST, VALID_PAYLOADS
from mockserver.kit.server.scenarios.malformed import MALFORMED
from mockserver.kit.server.scenarios.queries import QUERIES
from mockserver.kit.server.scenarios.random_walk import RANDOM_WALK
from mockserver.kit.server.scenarios.refusals import BROKEN_PAYLOADS
from mockserver.kit.server.scenarios.scenario import Scenario
from mockserver.kit.server.scenarios.scheduler import SCHEDULER
from mockserver.kit.server.scenarios.task_lifecycle import TASK_LIFECYCLE
from mockserver.kit.server.scenarios.uploads import UPLOADS

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        scenario.name: scenario
        for scenario in (
            AUTHENTICATION,
            TASK_LIFECYCLE,
            BURST,
            RANDOM_WALK,
            ACCOUNTS,
            SCHEDULER,
            UPLOADS,
            BROKEN_PAYLOADS,
            MALFORMED,
            QUERIES,
            VALID_PAYLOADS,
        )
    }
)
"""Those with a fixed cost come before the last one, which takes the rest of the budget. Queries ask for what the others
created."""
