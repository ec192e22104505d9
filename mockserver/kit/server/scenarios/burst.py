"""A burst: several creates at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mockserver.kit.server.budget import Spent
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.accounts import fields
from mockserver.kit.server.watched_tasks import base_payload

SIZE = 4


def burst(probe: Probe) -> None:
    """Create several tasks of the cheapest operation at once, all alike. Raises ``Spent``."""
    maker = probe.target.operations[0]
    if probe.budget.left < SIZE:
        raise Spent(f"fewer than the {SIZE} tasks of a burst were left")
    payload = {**base_payload(probe.terms, maker), **fields(probe, maker)}
    with ThreadPoolExecutor(SIZE) as pool:
        sent = [pool.submit(probe.create, maker, payload, "burst") for _ in range(SIZE)]
        for each in sent:
            each.result()
