"""The time of a run: it ends when it should, however slow the client is, and says what it has left out."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from mockserver.kit import check_client
from mockserver.kit.client import judged
from mockserver.kit.client.plan import make_plan
from mockserver.kit.client.runner import run
from mockserver.kit.client.settings import Settings
from mockserver.kit.client.testee import Hello
from mockserver.kit.verdict import Verdict
from tests.conftest import PATIENCE
from tests.mutants.clients.reference import Answer, Reference

IMAGE = ["kling/omni-image"]


class Slow(Reference):
    """A client that repeats each refused create for ten seconds."""

    def generate(self, request: Answer) -> Answer:
        answer = super().generate(request)
        end = time.monotonic() + 10
        while answer.get("http_status") == 400 and time.monotonic() < end:
            time.sleep(1)
            answer = super().generate(request)
        return answer


TRUE_OF_SLOW = {
    "own-mistakes-are-not-repeated",
    "gives-up-in-time",
    "refused-polls-have-an-end",
    "a-poll-leads-to-no-second-task",
}
"""It asks for all anew, also where only a poll was refused."""


def facts(verdict: Verdict) -> dict[str, str]:
    return dict(verdict.facts)


@pytest.mark.torture
def test_a_run_ends_in_the_middle_of_a_play_and_says_what_was_not_played() -> None:
    class Sleeping(Reference):
        def generate(self, request: Answer) -> Answer:
            if request["payload"].get("n") == 3:
                time.sleep(3 * PATIENCE)
            return super().generate(request)

    began = time.monotonic()
    only = ["results-are-fetched-without-credentials", "all-results-in-order", "content-type-is-json"]
    verdict = check_client(Sleeping(), operations=IMAGE, only=only, seconds=5, examples=1)
    assert time.monotonic() - began < PATIENCE
    assert {check.id for check in verdict.made} >= {"content-type-is-json"}
    assert verdict.findings == ()
    assert facts(verdict)["not played"].startswith("kling/omni-image several-results, kling/omni-image series")
    assert facts(verdict)["not played"].endswith(": the time limit of --seconds had passed")


def test_a_client_that_answers_nothing_in_time_is_not_judged_and_the_verdict_says_why() -> None:
    class Hanging(Reference):
        def generate(self, request: Answer) -> Answer:
            time.sleep(3 * PATIENCE)
            return {}

    began = time.monotonic()
    verdict = check_client(Hanging(), operations=IMAGE, only=["content-type-is-json"], seconds=0.1)
    assert time.monotonic() - began < PATIENCE
    assert int(verdict.status) == 2
    assert verdict.obstacle is not None
    assert "did not return from generate()" in verdict.obstacle
    assert "the time limit of --seconds had passed" in verdict.obstacle


@pytest.mark.parametrize("examples", [1, pytest.param(20, marks=pytest.mark.torture)])
def test_what_slow_plays_have_shown_is_not_shown_a_hundred_times(
    examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Inventing(Reference):
        asked = 0

        def body(self, payload: Answer) -> Answer:
            self.asked += 1
            return {**payload, "client": "acme"}

    monkeypatch.setattr(judged, "_SLOW_SECONDS", 0.0)
    client = Inventing()
    verdict = run(Settings(testee=client, operations=IMAGE, only=["nothing-is-invented"], examples=examples))
    assert {finding.check for finding in verdict.findings} == {"nothing-is-invented"}
    assert any(finding.subject == "kling/omni-image any-payload" for finding in verdict.findings)
    assert client.asked < 12
    assert facts(verdict)["not played to its end"].startswith(
        "kling/omni-image any-payload: it showed the same again and again, in 0 s each"
    )


@pytest.mark.torture
def test_quick_plays_are_all_played() -> None:
    verdict = check_client(Reference(), operations=IMAGE, only=["nothing-is-invented"], examples=1)
    assert {"not played", "not played to its end"}.isdisjoint(facts(verdict))
    assert int(facts(verdict)["times asked"]) > 30


PROGRAM = """
import json, sys
sys.path.insert(0, {root!r})
from {module} import {name}
client = {name}()
for line in sys.stdin:
    ask = json.loads(line)
    answer = client.hello() if ask["do"] == "hello" else client.generate(ask)
    print(json.dumps({{"id": ask["id"], **answer}}), flush=True)
"""


def program(kind: type[Reference]) -> list[str]:
    """Return a client as a program, which is asked on two lanes."""
    root = str(Path(__file__).parents[3])
    return [sys.executable, "-c", PROGRAM.format(root=root, module=kind.__module__, name=kind.__name__)]


@pytest.mark.torture
@pytest.mark.parametrize("seconds", [40, 70])
def test_a_client_that_repeats_refused_requests_gets_its_verdict_in_time(seconds: int) -> None:
    began = time.monotonic()
    verdict = check_client(program(Slow), seconds=seconds, skip=["callbacks"])
    assert time.monotonic() - began < seconds + PATIENCE
    assert float(facts(verdict)["seconds"]) < seconds + 5
    assert "not played" in facts(verdict)
    assert "own-mistakes-are-not-repeated" in {finding.check for finding in verdict.findings}
    assert {finding.check for finding in verdict.findings} <= TRUE_OF_SLOW


@pytest.mark.torture
def test_such_a_client_is_judged_whole_within_the_default_time() -> None:
    verdict = check_client(program(Slow), skip=["callbacks"])
    assert float(facts(verdict)["seconds"]) < Settings.seconds
    assert "not played" not in facts(verdict)
    assert "any-mistake" in facts(verdict)["not played to its end"]
    assert {finding.check for finding in verdict.findings} == TRUE_OF_SLOW


def test_each_check_is_made_with_one_operation_before_the_next_comes() -> None:
    hello = Hello("a", "1", ("kling/omni-image", "kling/omni-video"), True, ("token", "jwt"))
    plan = make_plan(Settings(testee=Reference()), hello)
    operations = [each.operation.id for each in plan.scripted]
    assert operations == sorted(operations)
    of_images = {each.scenario.id for each in plan.scripted if each.operation.id == operations[0]}
    assert {check.id for check in plan.checks if of_images.isdisjoint(check.scenarios)} == {
        skip.check for skip in plan.skipped
    }


def test_the_default_is_a_limit() -> None:
    assert 0 < Settings.seconds <= 600
