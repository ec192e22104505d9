"""The checks are themselves tested: each wrong server is caught by the check written for it, and the right one by none.

``make test`` takes one wrong server for each family, ``make torture`` all, and every reading; ``make mutants`` counts.
"""

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.verdict import ExitStatus
from mockserver.settings import Key
from tests.mutants.servers.__main__ import PACES
from tests.mutants.servers.harness import URL, prepare
from tests.mutants.servers.mutant import VIDEO
from tests.mutants.servers.registry import MUTANTS, judge
from tests.support.representatives import CHOSEN

CATALOG = load()
OF_EACH_CHECK = {mutant.check: mutant for mutant in reversed(MUTANTS.values()) if mutant.operation != VIDEO}
OF_EACH_FAMILY = {CHECKS[check].family: check for check in reversed(OF_EACH_CHECK)}.values()
"""The first check of each family."""
CREATES = [
    create for service in CATALOG.services.values() for create in Expectations(CATALOG, service).create_operations()
]
_BY_LIKING = sorted(CREATES, key=lambda each: (bool(each.when), not each.name.startswith("omni-")))
OPERATIONS = {each.service: each.id for each in reversed(_BY_LIKING)}
"""An operation of each service that exists unless a reading says otherwise: one for Omni, or else any."""
USUAL = ("kling", "kling-2", "chainhub", "useapi", "yutoai", "new-api", "kie")
"""The services that ``make test`` judges: each other is a gateway that is like one of them."""
ROUNDS = [
    (service, round)
    for service in USUAL
    for round in range(1, max(len(question.readings) for question in CATALOG.service(service).questions.values()))
]


def others(service: str, round: int) -> dict[str, str]:
    """Return a reading of each question of a service that is not its default: in some round it is each of them."""
    found = {}
    for question in CATALOG.service(service).questions.values():
        left = [reading for reading in question.readings if reading != question.default]
        found[question.id] = left[(round - 1) % len(left)]
    return found


def test_there_is_a_mutant_for_every_check() -> None:
    assert len(MUTANTS) >= 60
    assert CHECKS.keys() - {mutant.check for mutant in MUTANTS.values()} == set()


def test_every_mutant_says_how_its_fault_is_told() -> None:
    assert [mutant.id for mutant in MUTANTS.values() if not mutant.told] == []


@pytest.mark.parametrize("check", [check for check in OF_EACH_CHECK if check in OF_EACH_FAMILY])
def test_a_wrong_server_is_caught_by_the_check_meant_for_it(check: str) -> None:
    mutant = OF_EACH_CHECK[check]
    verdict = judge(mutant)
    found = list(verdict.of(check))
    assert mutant.is_told(found), [finding.received for finding in found]
    assert all(finding.subject and finding.received and finding.documented and finding.source for finding in found)
    assert verdict.status is (ExitStatus.KEPT if CHECKS[check].severity == "warning" else ExitStatus.BROKEN)


@pytest.mark.torture
@pytest.mark.parametrize("id", sorted(MUTANTS.keys() - {OF_EACH_CHECK[check].id for check in OF_EACH_FAMILY}))
def test_every_other_wrong_server_is_caught_too(id: str) -> None:
    found = judge(MUTANTS[id]).findings
    assert MUTANTS[id].is_told(found), [finding.received for finding in found]


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.torture)])
@pytest.mark.parametrize(
    "service",
    [*USUAL, *(pytest.param(each, marks=pytest.mark.torture) for each in OPERATIONS if each not in USUAL)],
)
def test_nothing_is_found_in_the_clean_fake(service: str, seed: int) -> None:
    verdict = prepare(service, operation=OPERATIONS[service], fake={"seed": seed}, seed=seed).verdict()
    assert verdict.findings == ()
    assert verdict.status is ExitStatus.KEPT
    assert len(verdict.made) >= 50


@pytest.mark.torture
@pytest.mark.parametrize(
    ("place", "create"), [pytest.param(*each, id=each[1].id) for each in enumerate(CREATES) if each[1].id in CHOSEN]
)
def test_nothing_is_found_in_any_kind_of_operation_of_the_clean_fake(place: int, create: Operation) -> None:
    """``make mutants`` tries more seeds, and all operations of a service together."""
    pace = PACES[place % len(PACES)]
    fake = {"seed": place, "pace": pace, "readings": dict(create.when)}
    run = prepare(create.service, operation=create.id, fake=fake, readings=create.when, seed=place)
    assert run.verdict().findings == ()


@pytest.mark.torture
@pytest.mark.parametrize("round", [0, 1])
@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("service", ["kling", "kling-2", "useapi"])
def test_nothing_is_found_in_the_clean_fake_at_any_pace(service: str, pace: str, round: int) -> None:
    seed = PACES.index(pace) + len(PACES) * round
    run = prepare(service, operation=OPERATIONS[service], fake={"seed": seed, "pace": pace}, seed=seed)
    assert run.verdict().findings == ()


@pytest.mark.torture
@pytest.mark.parametrize("slots", [4, 9, 20])
@pytest.mark.parametrize("service", ["kling", "kling-2", "chainhub"])
def test_a_right_server_with_few_slots_is_not_blamed(service: str, slots: int) -> None:
    run = prepare(service, operation=OPERATIONS[service], fake={"slots": slots})
    assert run.verdict().findings == ()


@pytest.mark.torture
@pytest.mark.parametrize(("service", "round"), ROUNDS)
def test_readings_that_are_open_are_no_findings(service: str, round: int) -> None:
    fake = {"readings": others(service, round)}
    assert prepare(service, operation=OPERATIONS[service], fake=fake).verdict().findings == ()


@pytest.mark.torture
@pytest.mark.parametrize(("service", "round"), ROUNDS)
def test_readings_that_are_settled_are_held(service: str, round: int) -> None:
    readings = others(service, round)
    run = prepare(service, operation=OPERATIONS[service], fake={"readings": readings}, readings=readings)
    assert run.verdict().findings == ()


def test_access_keys_are_judged_too() -> None:
    run = prepare("kling", operation=OPERATIONS["kling"], is_signing=True, only=("credentials",))
    verdict = run.verdict()
    assert verdict.findings == ()
    assert [check.id for check in verdict.made] == [
        check.id for check in CHECKS.values() if check.family == "credentials" and check.id != "near-key-refused"
    ]


def test_a_server_that_rejects_the_credentials_cannot_be_judged() -> None:
    verdict = prepare("kling", fake={"keys": (Key("another key"),)}).verdict()
    assert verdict.status is ExitStatus.UNJUDGED
    assert verdict.obstacle is not None
    assert verdict.obstacle.startswith(f"{URL} rejects these credentials: 401")


def test_a_small_budget_is_kept_and_told() -> None:
    verdict = prepare("kling", operation=OPERATIONS["kling"], max_creates=6).verdict()
    assert dict(verdict.facts)["tasks created"] == "6"
    assert verdict.findings == ()
    reasons = [skipped.reason for skipped in verdict.skipped]
    assert any("--max-creates" in reason for reason in reasons)
