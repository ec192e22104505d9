"""Noise: as many bodies that can be read are sent as the plan says, and all that cannot be read is JSON to nobody."""

import json

import pytest

from mockserver.contract.catalog import load
from mockserver.kit.server.expectations import Terms
from mockserver.kit.server.scenarios.malformed import READABLE, noise
from tests.mutants.servers.stage import trial

MAKERS = [maker for service in load().services.values() for maker in Terms(load(), service).makers()]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.id)
def test_what_is_called_unreadable_is(maker: object) -> None:
    before = trial(maker.service, operation=maker.id).probe()  # type: ignore[attr-defined]
    noise(before)
    bodies = [attempt for attempt in before.trials if attempt.operation is maker and "unreadable" in attempt.about]
    assert sum(not attempt.about["unreadable"] for attempt in bodies) == READABLE
    for attempt in bodies:
        if attempt.about["unreadable"] and "content-type" in attempt.exchange.request.headers:
            with pytest.raises((ValueError, RecursionError)):
                json.loads(attempt.exchange.request.body)
