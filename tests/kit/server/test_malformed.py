"""Malformed requests: as many readable bodies are sent as the plan says, and no parser can read the others."""

import json

import pytest

from mockserver.contract.catalog import load
from mockserver.kit.server.evidence import OddBody
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.scenarios.malformed import READABLE, send_malformed
from tests.mutants.servers.harness import prepare

CREATES = [
    create for service in load().services.values() for create in Expectations(load(), service).create_operations()
]


@pytest.mark.parametrize("create", CREATES, ids=lambda create: create.id)
def test_what_is_called_unreadable_is(create: object) -> None:
    probe = prepare(create.service, operation=create.id).probe()  # type: ignore[attr-defined]
    send_malformed(probe)
    bodies = [each for each in probe.evidence().about(OddBody) if each[0].operation is create]
    assert sum(body.is_readable for _, body in bodies) == READABLE
    for attempt, body in bodies:
        if not body.is_readable and "content-type" in attempt.exchange.request.headers:
            with pytest.raises((ValueError, RecursionError)):
                json.loads(attempt.exchange.request.body)
