"""Refusals: what a refused create must not leave behind is looked for, and a right server has nothing to hide."""

import pytest

from mockserver.kit.server.evidence import Purpose
from mockserver.kit.server.scenarios.refusals import LEAVES_NOTHING, send_broken_payloads
from tests.mutants.servers.harness import prepare
from tests.support.sampling import sampled

IMAGE = "kling/omni-image.create"


@pytest.mark.parametrize("slots", sampled([1, 2, 9], 1))
def test_a_server_with_few_slots_is_not_blamed(slots: int) -> None:
    run = prepare("kling", operation=IMAGE, fake={"slots": slots}, only=("refusals", "requests"))
    assert run.verdict().findings == ()


def test_refused_creates_have_names_and_some_are_asked_for() -> None:
    probe = prepare("kling", operation=IMAGE).probe()
    send_broken_payloads(probe)
    evidence = probe.evidence()
    payloads = [each.payload for each in evidence.of(Purpose.BREAK_RULE) if isinstance(each.payload, dict)]
    names = [payload.get("external_task_id") for payload in payloads]
    assert sum(isinstance(name, str) for name in names) > 0.8 * len(names)
    assert len([*evidence.of(Purpose.FIND_REFUSED)]) >= 8
    assert all(not each.is_accepted for each in evidence.of(Purpose.FIND_REFUSED))
    [after] = evidence.of(Purpose.AFTER_REFUSALS)
    assert after.is_accepted
    assert after.payload["external_task_id"] in names


def test_without_tasks_to_spend_the_rules_are_broken_all_the_same() -> None:
    probe = prepare("kling", operation=IMAGE, max_creates=1).probe()
    send_broken_payloads(probe)
    assert probe.budget.created == 0
    assert len([*probe.evidence().of(Purpose.BREAK_RULE)]) > 100
    assert LEAVES_NOTHING in {untried.check for untried in probe.evidence().untried}
