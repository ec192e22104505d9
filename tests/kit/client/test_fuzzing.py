"""Fuzzing: payloads are played once each, findings get small, and whatever ends a run ends it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from mockserver.contract.catalog import load
from mockserver.errors import MockserverError
from mockserver.kit.client.fuzzing import Play, fuzz
from mockserver.kit.client.plan import PlannedScenario
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.verdict import Finding
from mockserver.types import Payload

KLING = load().services["kling"]
VALID, INVALID = (
    PlannedScenario(KLING, KLING.operations["kling/omni-image.create"], SCENARIOS[id])
    for id in ("any-payload", "any-mistake")
)


def finding(payload: Payload) -> list[Finding]:
    return [Finding("a-check", "kling/omni-image", "wrong", payload=payload)]


def test_each_payload_is_played_once() -> None:
    played: list[str] = []

    def play(payload: Payload) -> Sequence[Finding]:
        played.append(json.dumps(payload, sort_keys=True))
        return []

    assert fuzz(VALID, play, examples=20) == []
    assert len(played) == len(set(played)) > 20


@pytest.mark.parametrize(
    ("fields", "play"),
    [
        ({"prompt"}, finding),
        ({"prompt", "n"}, lambda payload: finding(payload) if "n" in payload else []),
        (
            {"prompt", "image_list", "element_list"},
            lambda payload: finding(payload) if payload.keys() >= {"image_list", "element_list"} else [],
        ),
    ],
)
def test_a_finding_is_shown_with_the_fewest_fields(fields: set[str], play: Play) -> None:
    (found,) = fuzz(VALID, play, examples=20)
    assert found.payload.keys() == fields
    assert found.rule is None


def test_a_finding_in_an_invalid_payload_names_its_rule() -> None:
    (found,) = fuzz(INVALID, lambda payload: finding(payload) if payload.get("n") == 10 else [], examples=5)
    assert (found.rule, found.payload["n"]) == ("n.maximum", 10)


def test_nothing_is_played_after_the_end() -> None:
    played: list[Payload] = []

    def play(payload: Payload) -> Sequence[Finding] | None:
        played.append(payload)
        return finding(payload) if len(played) < 3 else None

    (found,) = fuzz(VALID, play, examples=20)
    assert (found.check, len(played)) == ("a-check", 3)


def test_an_error_ends_it_at_once() -> None:
    played: list[Payload] = []

    def play(payload: Payload) -> Sequence[Finding]:
        played.append(payload)
        raise MockserverError("the fake has ended")

    with pytest.raises(MockserverError, match="the fake has ended"):
        fuzz(VALID, play, examples=20)
    assert len(played) == 1


def test_a_mistake_of_ours_is_not_taken_for_a_finding() -> None:
    def play(payload: Payload) -> Sequence[Finding]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fuzz(VALID, play, examples=20)
