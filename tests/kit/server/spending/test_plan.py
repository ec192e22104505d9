"""The plan: what will be created, and what it costs, is known before anything is sent."""

from decimal import Decimal

import pytest

from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.evidence import Purpose
from mockserver.kit.server.runner import play
from mockserver.kit.server.scenarios.registry import SCENARIOS
from mockserver.kit.server.spending.plan import plan, scenarios_for
from mockserver.kit.server.spending.prices import units
from mockserver.kit.server.watched_tasks import watched_tasks
from tests.mutants.servers.harness import prepare

IMAGE = "kling/omni-image.create"


def test_no_more_is_planned_than_may_be_created() -> None:
    target = prepare("kling", operation=IMAGE).settings.target()
    planned = plan(target, SCENARIOS.values(), 50)
    assert planned.tasks == 50
    creating = {"task lifecycle", "burst", "random walk", "broken payloads", "malformed", "valid payloads"}
    assert {item.scenario for item in planned.items} >= creating
    assert plan(target, SCENARIOS.values(), 3).tasks == 3


def test_what_is_created_was_planned() -> None:
    probe = prepare("kling", operation=IMAGE).probe()
    planned = plan(probe.target, SCENARIOS.values(), probe.budget.max_creates)
    play(probe, CHECKS.values())
    for item in planned.items:
        purposes = SCENARIOS[item.scenario].purposes
        made = [each for each in probe.recorder.attempts if each.purpose in purposes and each.is_accepted]
        created = [each for each in made if each.operation is probe.target.create_operations[0]]
        assert len(created) <= item.tasks
        assert item.scenario == "malformed" or len(created) == item.tasks


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_makes_only_attempts_of_its_purposes(name: str) -> None:
    probe = prepare("kling", operation=IMAGE).probe()
    SCENARIOS[name].play(probe)
    purposes = {attempt.purpose for attempt in probe.recorder.attempts}
    assert purposes <= SCENARIOS[name].purposes | {Purpose.READ}


def test_scenarios_that_only_ask_cost_nothing() -> None:
    asking = [SCENARIOS[name] for name in ("queries", "authentication")]
    planned = plan(prepare("kling").settings.target(), asking, 50)
    assert planned.items == ()
    assert next(planned.lines()) == "The plan: this run creates no tasks."


def test_only_the_scenarios_that_checks_need_are_played() -> None:
    assert [scenario.name for scenario in scenarios_for([CHECKS["ids-differ"]])] == ["task lifecycle", "burst"]
    assert scenarios_for(CHECKS.values()) == tuple(SCENARIOS.values())


def test_the_plan_is_worded_in_units() -> None:
    few = [SCENARIOS["task lifecycle"], SCENARIOS["burst"]]
    planned = plan(prepare("kling", operation=IMAGE).settings.target(), few, 50)
    assert [(item.scenario, item.tasks, item.units) for item in planned.items] == [
        ("task lifecycle", 3, Decimal(40)),
        ("burst", 5, Decimal(40)),
    ]
    lines = list(planned.lines())
    assert lines[0] == "The plan: at most 8 tasks (--max-creates 50) for about 80 units, by the contract's prices."
    assert lines[1] == "  task lifecycle: 3 tasks of kling/omni-image.create, 40 units"


def test_a_price_that_the_contract_does_not_have_is_not_told_as_nothing() -> None:
    planned = plan(prepare("useapi", operation="useapi/omni-image.create").settings.target(), [SCENARIOS["burst"]], 50)
    (item,) = planned.items
    assert item.unpriced == item.tasks == planned.unpriced
    head, line, _ = planned.lines()
    assert head.endswith(
        f"for about 0 units, by the contract's prices, and {item.tasks} of them at prices that it does not have."
    )
    assert line.endswith("of useapi/omni-image.create, at a price that the contract does not have")


def test_a_run_with_films_costs_what_they_ask_for() -> None:
    create = "kling-2/omni-video-3.0.create"
    target = prepare("kling-2", operation=create).settings.target()
    planned = plan(target, [SCENARIOS["task lifecycle"]], 50)
    payloads = [task.payload for task in watched_tasks(target.expectations, target.create_operations[0])]
    prices = {units(target.create_operations[0], payload) for payload in payloads}
    assert prices == {Decimal("1.8"), Decimal("2.4")}
    assert planned.unpriced == 0
    assert planned.units >= sum(prices)
