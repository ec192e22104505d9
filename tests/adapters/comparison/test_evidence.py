"""What a check of a server has seen tells its readings, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from mockserver.adapters.comparison.evidence import observations
from mockserver.adapters.comparison.observation import Observation
from mockserver.adapters.comparison.told import as_json, summary
from mockserver.contract.catalog import load
from mockserver.kit.checks import select
from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.runner import play
from tests.mutants.servers.harness import URL, prepare

SERVICES = load().services
LIVES = ("answers", "lifecycle", "stateful")
"""Families of checks that look at tasks, and do not break thousands of rules."""


def seen(
    service: str,
    readings: Mapping[str, str],
    *only: str,
    url: str = URL,
    told: Mapping[str, str] = MappingProxyType({}),
    **settings: Any,
) -> dict[str, Observation]:
    """Return what a check of a fake under some readings shows of each question but those that it is ``told``."""
    chosen = {f"{service}/{id}": reading for id, reading in readings.items()}
    prefix = url.removeprefix(URL)
    fake = {"pace": "instant", "readings": chosen, "prefixes": (prefix,) if prefix else ()}
    run = prepare(service, fake=fake, readings=told, max_creates=30, **settings)
    with run.connect(replace(run.settings, url=url)) as probe:
        play(probe, select(CHECKS, only, ())[0])
        return {each.question.id: each for each in observations(probe.evidence(), url)}


def test_a_reading_that_is_not_the_default_is_seen() -> None:
    found = seen("kling", {"error-data": "null"}, "credentials", operation="kling/omni-image")
    assert found["error-data"].reading == "null"
    assert "error-data=null" in summary([*found.values()])
    assert "not the default: error-data" in summary([*found.values()])


def test_what_the_settings_settle_is_not_told() -> None:
    readings = {"error-data": "null"}
    assert "error-data" not in seen("kling", readings, "credentials", operation="kling/omni-image", told=readings)


def test_a_server_behind_a_path_is_seen_as_well() -> None:
    found = seen("kling", {"error-data": "null"}, "credentials", operation="kling/omni-image", url=f"{URL}/gate")
    assert found["error-data"].reading == "null"


@pytest.mark.torture
@pytest.mark.parametrize("service", SERVICES)
def test_no_reading_of_a_server_is_seen_wrongly(service: str) -> None:
    readings = {id: [*question.readings][-1] for id, question in SERVICES[service].questions.items()}
    shown = {"gateway-query": "same-path"} if "gateway-query" in readings else {}
    readings |= shown  # without it no task is shown, and little else is seen
    for id, found in seen(service, readings, *LIVES).items():
        assert not found.is_contradictory, (id, as_json([found]))
        assert readings[id] in found.possible, (id, as_json([found]))
