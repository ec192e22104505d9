"""The outlay: what will be made, and what it costs, is known before anything is sent."""

from decimal import Decimal

from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.plan import lines, outlay
from mockserver.kit.server.runner import play
from mockserver.kit.server.scenarios.registry import PROGRAMME
from tests.mutants.servers.stage import trial

IMAGE = "kling/omni-image.create"


def test_no_more_is_planned_than_may_be_made() -> None:
    target = trial("kling").settings.target()
    planned = outlay(target, PROGRAMME, 50)
    assert sum(item.tasks for item in planned) == 50
    assert {item.act for item in planned} == {"lives", "burst", "any order", "noise", "acceptance"}
    assert sum(item.tasks for item in outlay(target, PROGRAMME, 3)) == 3


def test_what_is_made_was_planned() -> None:
    before = trial("kling", operation=IMAGE).probe()
    planned = outlay(before.target, PROGRAMME, before.budget.most)
    play(before, CHECKS.values())
    for item in planned:
        aims = {"lives": "live", "any order": "step", "acceptance": "accept"}
        made = [trial for trial in before.trials if trial.aim == aims.get(item.act, item.act) and trial.is_accepted]
        created = [trial for trial in made if trial.operation is before.target.operations[0]]
        assert len(created) <= item.tasks
        assert item.act == "noise" or len(created) == item.tasks


def test_acts_that_only_ask_cost_nothing() -> None:
    assert outlay(trial("kling").settings.target(), ["refusals", "queries", "credentials"], 50) == ()


def test_the_plan_is_told_in_units() -> None:
    planned = outlay(trial("kling", operation=IMAGE).settings.target(), ["lives", "burst"], 50)
    assert [(item.act, item.tasks, item.units) for item in planned] == [
        ("lives", 3, Decimal(40)),
        ("burst", 4, Decimal(32)),
    ]
    told = list(lines(planned, 50))
    assert told[0] == "The plan: at most 7 tasks (--max-creates 50), about 72 units by the contract's prices."
    assert told[1] == "  lives: 3 × kling/omni-image.create, 40 units"
