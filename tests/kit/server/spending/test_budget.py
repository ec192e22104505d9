"""The budget: no more is spent than may be, whatever the server accepts, and what is left out for it is told."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import BadSetting
from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.runner import play
from mockserver.kit.server.scenarios.creates import send_burst
from mockserver.kit.server.scenarios.refusals import REFUSES
from mockserver.kit.server.scenarios.registry import SCENARIOS
from mockserver.kit.server.scenarios.task_lifecycle import watch_tasks
from mockserver.kit.server.spending.budget import Budget, Spent, TooDear
from mockserver.kit.server.spending.plan import plan, scenarios_for
from mockserver.kit.server.spending.prices import in_units, units
from mockserver.types import Millis, Request, Response
from tests.mutants.servers.harness import Ask, Run, Wrong, prepare

IMAGE = "kling/omni-image.create"


class Standing:
    """A time that stands still."""

    def now(self) -> Millis:
        return 0

    def sleep(self, span: Millis) -> None:
        raise AssertionError("nobody waits")


PRICES = st.decimals(0, 100, places=2)


@given(tasks=st.lists(st.tuples(PRICES, st.booleans())), most=st.integers(0, 9), units=st.none() | st.decimals(0, 200))
def test_no_order_of_creates_and_refusals_spends_more_than_may_be(
    tasks: list[tuple[Decimal, bool]], most: int, units: Decimal | None
) -> None:
    budget, created = Budget(most, 60, Standing(), units), list[Decimal]()
    for price, is_due in tasks:
        affords = budget.affords(1, price)
        try:
            with budget.of_one_task(price) as charge:
                charge.is_due = is_due
        except Spent:
            assert not affords
        else:
            assert affords
            created += [price] if is_due else []
        assert (budget.created, budget.units) == (len(created), sum(created, Decimal(0)))
        assert budget.created <= most
        assert units is None or budget.units <= units
        assert budget.unpriced == sum(not each for each in created)


def test_a_cheaper_task_may_be_created_where_a_dear_one_may_not() -> None:
    budget = Budget(9, 60, Standing(), Decimal(10))
    with budget.of_one_task(Decimal("7.5")):
        pass
    with pytest.raises(TooDear, match=r"^it would cost 3 units, and 2\.5 units of the 10 units of --"):
        budget.of_one_task(Decimal(3)).__enter__()
    with budget.of_one_task(Decimal("2.5")):
        pass
    assert budget.units == 10


def prepared(service: str, operation: str, **settings: Any) -> Run:
    return prepare(service, operation=operation, **settings)


def _accepts_all(ask: Ask, request: Request) -> Response:
    """Accept each create, as a server does that checks nothing: a wrong one is answered as a right one is."""
    answer = ask(request)
    if request.method != "POST" or answer.status == 200:
        return answer
    return ask(Request("POST", request.path, headers=request.headers, body=b'{"prompt": "A cat"}', query=request.query))


@pytest.mark.parametrize("limit", [0, 8, 200])
def test_a_run_spends_no_more_units_than_it_may_also_where_the_server_accepts_all(limit: int) -> None:
    run = prepared("kling", IMAGE, wrong=Wrong(_accepts_all), max_units=limit)
    with run.connect(run.settings) as probe:
        play(probe, CHECKS.values())
        created = [
            units(each.operation, each.payload)
            for each in probe.recorder.attempts
            if each.operation is not None and each.operation.does == "create" and each.is_accepted
        ]
    assert sum(created, Decimal(0)) <= limit
    assert probe.budget.units <= limit


def test_a_run_that_is_paid_for_tries_as_much_as_one_without_a_limit() -> None:
    runs = [prepared("kling", IMAGE, max_units=limit).verdict() for limit in (None, 100_000)]
    assert runs[0].made == runs[1].made
    assert runs[0].skipped == runs[1].skipped
    assert runs[0].findings == runs[1].findings == ()


def test_what_is_too_dear_to_be_refused_is_left_out_and_told() -> None:
    run = prepared("kling", IMAGE, max_units=60, only=(REFUSES,))
    verdict = run.verdict()
    [reason] = [each.reason for each in verdict.skipped if each.check == REFUSES]
    assert reason.startswith(f"{IMAGE}: ")
    assert "payloads would cost too much, if the server accepted them (" in reason
    assert "n.maximum" in reason
    assert reason.endswith("; raise --max-units")
    assert verdict.findings == ()


def test_tasks_that_were_paid_for_are_watched_also_where_no_more_can_be() -> None:
    probe = prepared("kling", IMAGE, max_units=10).probe()
    with pytest.raises(TooDear):
        watch_tasks(probe)
    [history] = probe.evidence().histories
    assert history.end is not None
    assert history.downloads


def test_what_the_contract_has_no_price_of_is_not_created_under_a_limit_in_units_and_the_plan_says_so() -> None:
    run = prepared("useapi", "useapi/omni-image.create", max_units=1000)
    verdict = run.verdict()
    facts = dict(verdict.facts)
    assert (facts["tasks created"], facts["cost"]) == ("0", "0 units, by the contract's prices")
    assert any("the contract does not know its price" in each.reason for each in verdict.skipped)
    with run.connect(run.settings) as probe:
        lines = list(plan(probe.target, SCENARIOS.values(), 50, Decimal(1000)).lines())
    assert lines[0] == "The plan: this run creates no tasks."
    assert lines[1].startswith("  --max-units leaves out what the contract has no price of: useapi/omni-image.create.")


def test_what_a_run_has_cost_is_in_the_verdict() -> None:
    run = prepared("kling", IMAGE, only=("ids-differ",))
    verdict = run.verdict()
    with run.connect(run.settings) as probe:
        planned = plan(probe.target, scenarios_for([CHECKS["ids-differ"]]), 1000)
    assert dict(verdict.facts)["cost"] == f"{in_units(planned.units)}, by the contract's prices"
    assert dict(verdict.facts)["tasks created"] == str(planned.tasks)


@pytest.mark.parametrize(("service", "operation"), [("kling", IMAGE), ("kling-2", "kling-2/text-to-video-2.6.create")])
def test_what_the_server_says_of_the_cost_is_told_beside_it(service: str, operation: str) -> None:
    verdict = prepared(service, operation, only=("task-ends",)).verdict()
    facts = dict(verdict.facts)
    cost, told = facts["cost"].partition(",")[0], facts["cost told"].partition(",")[0]
    assert facts["cost told"].endswith(f", as the server says of {facts['tasks created']} tasks")
    assert told == cost


def test_what_has_no_price_is_told_beside_the_cost() -> None:
    facts = dict(prepared("useapi", "useapi/omni-image.create", only=("ids-differ",)).verdict().facts)
    rest = f"and {facts['tasks created']} tasks at prices that it does not have"
    assert facts["cost"] == f"0 units, by the contract's prices, {rest}"


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), Decimal("-0.5"), "a", [], True, "1e999999999"])
def test_what_is_no_amount_of_units_is_refused_before_anything_is_sent(wrong: Any) -> None:
    with pytest.raises(BadSetting, match=r"^--max-units: .* is no amount"):
        prepared("kling", IMAGE, max_units=wrong).verdict()


def test_a_burst_is_not_begun_that_cannot_be_paid_for() -> None:
    probe = prepared("kling", IMAGE, max_units=47).probe()
    with pytest.raises(Spent, match="fewer than the 6 tasks of a burst were left of --max-creates or --max-units"):
        send_burst(probe)
    assert not probe.recorder.attempts
    send_burst(prepared("kling", IMAGE, max_units=48).probe())
