"""Noise: as many bodies that can be read are sent as the plan says, and all that cannot be read is JSON to nobody."""

import json

import pytest

from mockserver.contract.catalog import load
from mockserver.kit.server.expectations import Terms
from mockserver.kit.server.scenarios.malformed import READABLE, noise
from tests.mutants.servers.stage import probe

MAKERS = [maker for service in load().services.values() for maker in Terms(load(), service).makers()]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.id)
def test_what_is_called_unreadable_is(maker: object) -> None:
    before = probe(maker.service, operation=maker.id)  # type: ignore[attr-defined]
    noise(before)
    bodies = [trial for trial in before.trials if trial.operation is maker and "unreadable" in trial.about]
    assert sum(not trial.about["unreadable"] for trial in bodies) == READABLE
    for trial in bodies:
        if trial.about["unreadable"] and "content-type" in trial.exchange.request.headers:
            with pytest.raises((ValueError, RecursionError)):
                json.loads(trial.exchange.request.body)
