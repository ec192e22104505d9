"""Accounts: what is asked of two, what is not checked with one, and what cannot be told."""

from decimal import Decimal
from typing import Any

import pytest

from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.evidence import Purpose
from mockserver.kit.server.scenarios.accounts import ACCOUNTS
from mockserver.kit.server.spending.plan import plan
from mockserver.kit.verdict import ExitStatus, Verdict
from mockserver.settings import Key
from tests.mutants.servers.harness import OTHER_TOKEN, TOKEN, prepare

OF_ACCOUNTS = [id for id, check in CHECKS.items() if check.family == "accounts"]
SERVICES = ("kling", "chainhub", "yutoai", "useapi")


def judged(service: str, **settings: Any) -> Verdict:
    return prepare(service, only=("accounts",), **settings).verdict()


@pytest.mark.parametrize("service", SERVICES)
def test_with_one_account_nothing_is_checked_and_nothing_is_sent(service: str) -> None:
    verdict = judged(service, other_token=None)
    reasons = {skipped.check: skipped.reason for skipped in verdict.skipped}
    assert verdict.status is ExitStatus.UNJUDGED
    assert {reasons[id] for id in OF_ACCOUNTS} == {
        "there is one account only: give --other-token, the token or AK:SK of another"
    }
    assert dict(verdict.facts)["tasks created"] == "0"


@pytest.mark.parametrize("service", SERVICES)
def test_two_accounts_of_the_fake_have_nothing_in_common(service: str) -> None:
    verdict = judged(service)
    assert verdict.findings == ()
    assert {"others-task-is-missing", "others-task-is-unlisted", "name-is-free-beside-others"} <= {
        check.id for check in verdict.made
    }


def test_at_useapi_files_and_running_jobs_are_apart_too() -> None:
    made = {check.id for check in judged("useapi").made}
    assert {"others-task-is-untouched", "others-file-is-unlisted", "others-file-is-missing"} <= made


@pytest.mark.parametrize("service", SERVICES)
def test_two_keys_of_one_account_are_told_as_what_they_are(service: str) -> None:
    shared = (Key(str(TOKEN.token), None, "both"), Key(OTHER_TOKEN, None, "both"))
    verdict = judged(service, fake={"keys": shared})
    assert {"others-task-is-missing", "others-task-is-unlisted"} <= {finding.check for finding in verdict.findings}


def test_another_account_that_is_not_let_in_gives_no_finding() -> None:
    verdict = judged("kling", fake={"keys": (Key(str(TOKEN.token)),)})
    reasons = [skipped.reason for skipped in verdict.skipped if skipped.check == "others-task-is-missing"]
    assert verdict.findings == ()
    assert reasons[0].startswith("as --other-token, no task could be created: 401")


def test_a_budget_that_is_too_small_is_told() -> None:
    verdict = judged("kling", max_creates=1)
    assert verdict.findings == ()
    assert any("in part, of accounts: the 1 tasks of --max-creates" in each.reason for each in verdict.skipped)


def test_what_both_accounts_create_is_in_the_plan() -> None:
    operation = "kling/omni-image.create"
    run = prepare("kling", operation=operation)
    items = plan(run.settings.target(), [ACCOUNTS], 50).items
    assert [(item.scenario, item.tasks, item.units) for item in items] == [("accounts", 2, Decimal(16))]
    probe = run.probe()
    ACCOUNTS.play(probe)
    assert probe.budget.created == 2
    assert plan(prepare("kling", other_token=None).settings.target(), [ACCOUNTS], 50).items == ()


def test_each_account_shows_its_own_key() -> None:
    probe = prepare("useapi").probe()
    ACCOUNTS.play(probe)
    keys = {"as --token": TOKEN.token, "as --other-token": OTHER_TOKEN}
    told = [attempt for attempt in probe.recorder.attempts if attempt.case]
    assert {attempt.purpose for attempt in told} == {Purpose.BESIDE, Purpose.REACH_OVER}
    for attempt in told:
        key = keys[attempt.case.partition(",")[0]]
        assert attempt.exchange.request.headers["authorization"] == f"Bearer {key}"
