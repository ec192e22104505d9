"""A client that can only sign its own tokens is judged as fully as one with a key, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.kit import check_client
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.fake_process import FakeProcess
from mockserver.kit.client.plan import make_plan
from mockserver.kit.client.player import FAKE_OPTIONS, Connection, play
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.client.settings import Settings
from mockserver.kit.client.testee import Hello, ObjectTestee
from tests.mutants.clients.reference import Answer, Reference
from tests.mutants.clients.registry import MUTANTS
from tests.mutants.clients.trial import findings, settings

CATALOG = load()
PRODUCTS = [
    operation.id.removesuffix(".create")
    for service in CATALOG.services.values()
    for operation in service.operations.values()
    if operation.does == "create"
]
SIGNING = [
    product for product in PRODUCTS if "jwt" in CATALOG.services[product.partition("/")[0]].credentials
]  # fmt: skip


class Signing(Reference):
    """A client without faults that has an access key and a secret only."""

    def hello(self) -> Answer:
        return {**super().hello(), "operations": ["kling/omni-image"], "credentials": ["jwt"]}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeProcess]:
    with FakeProcess(FAKE_OPTIONS) as running:
        yield running


def plan(*credentials: str, product: str = "kling/omni-image") -> Any:
    return make_plan(Settings(testee=Signing()), Hello("a", "1", (product,), True, credentials, True))


@pytest.mark.parametrize("product", SIGNING)
def test_a_client_that_signs_plays_what_one_with_both_plays(product: str) -> None:
    signing, both = plan("jwt", product=product), plan("token", "jwt", product=product)
    assert [str(each) for each in signing.all] == [str(each) for each in both.all]
    assert signing.skipped == both.skipped
    assert {each.credentials for each in signing.all} == {"jwt"}
    assert {each.scenario.id for each in both.all if each.credentials == "jwt"} == {
        scenario.id for scenario in SCENARIOS.values() if scenario.credentials == "jwt"
    }


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_client_with_a_key_plays_all_that_needs_no_signature(product: str) -> None:
    played = {each.scenario.id for each in plan("token", product=product).all}
    signed = {id for id, scenario in SCENARIOS.items() if scenario.credentials == "jwt"}
    assert played == {each.scenario.id for each in plan("token", "jwt", product=product).all} - signed
    reasons = {each.check: each.reason for each in plan("token", product=product).skipped}
    assert reasons["jwt-has-its-claims"] == "a does not take jwt credentials"


@pytest.mark.parametrize("product", sorted({*PRODUCTS} - {*SIGNING}))
def test_a_service_that_takes_no_signed_token_says_so(product: str) -> None:
    found = plan("jwt", product=product)
    assert found.all == ()
    assert {each.reason for each in found.skipped if "token" in each.reason} == {"a does not take token credentials"}


NEEDED = plan("jwt").scripted


@pytest.mark.torture
@pytest.mark.parametrize("planned", NEEDED, ids=str)
def test_what_goes_wrong_strikes_a_client_that_signs_as_any_other(planned: Any, fake: FakeProcess) -> None:
    connection = Connection(ObjectTestee(Signing()), fake)
    signing = play(connection, planned)
    assert {each.scheme for each in signing.calls} == {"Bearer"}
    assert signing.creates[0].claims is not None
    if planned.scenario.credentials is None:
        other = play(connection, replace(planned, credentials="token"))
        assert other.creates[0].claims is None
        assert (signing.outcome, signing.tasks) == (other.outcome, other.tasks)
        assert {each.status for each in signing.calls} == {each.status for each in other.calls}


@pytest.mark.torture
def test_a_clean_client_that_signs_gets_each_check_and_no_finding() -> None:
    signing, both = (
        check_client(Signing(), examples=0),
        check_client(Reference(), examples=0, operations=["kling/omni-image"]),
    )
    assert signing.findings == both.findings == ()
    assert [check.id for check in signing.made] == [check.id for check in both.made]


@pytest.mark.torture
def test_a_clean_client_that_keeps_what_it_has_signed_gets_no_finding() -> None:
    class Keeping(Signing):
        kept: str | None = None

        def token(self) -> str:
            if self.kept is None or self.task_refused:
                self.kept, self.task_refused = super().token(), False
            return self.kept

        task_refused = False

        def is_worth_it(self, method: str, response: Any) -> bool:
            self.task_refused = response is not None and response.status_code == 401
            return super().is_worth_it(method, response)

    assert check_client(Keeping(), examples=0).findings == ()


SAMPLE = (
    "rounds-big-numbers",
    "invents-a-field",
    "takes-submitted-for-a-failure",
    "never-gives-up",
    "ends-on-a-500",
    "reads-no-seconds",
    "makes-a-lost-task-twice",
    "tries-thirty-times",
    "hears-nothing",
    "believes-any-caller",
)


@pytest.mark.torture
@pytest.mark.parametrize("id", SAMPLE)
def test_a_mutant_that_signs_is_caught_as_well(id: str, fake: FakeProcess) -> None:
    mutant = MUTANTS[id]

    class Mutant(type(mutant.client())):  # type: ignore[misc] # a class that is made by the mutant
        def hello(self) -> Answer:
            return {**super().hello(), "credentials": ["jwt"]}

    found = findings(fake, settings(Mutant(), only=(mutant.check,)))
    assert {each.check for each in found} == {mutant.check}
    assert mutant.is_told(found)


def test_every_check_but_those_of_signing_can_be_made_with_either(fake: FakeProcess) -> None:
    signed = {id for id, scenario in SCENARIOS.items() if scenario.credentials == "jwt"}
    of_signing = {check.id for check in CHECKS.values() if {*check.scenarios} <= signed}
    made = {
        kind: {check.id for check in CHECKS.values()} - {each.check for each in plan(kind).skipped}
        for kind in ("token", "jwt")
    }
    assert made["jwt"] - made["token"] == of_signing
    assert made["token"] <= made["jwt"]
