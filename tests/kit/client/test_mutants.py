"""The checks of clients are tested: a sample of the mutants is caught, and the client without faults is not.

``make client-mutants`` tries all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.fake_process import FakeProcess
from mockserver.kit.client.player import FAKE_OPTIONS
from tests.mutants.clients.finding import Finding, Named
from tests.mutants.clients.gateways import Gateways
from tests.mutants.clients.mutant import Mutant
from tests.mutants.clients.newer import Newer
from tests.mutants.clients.reference import Reference
from tests.mutants.clients.registry import MUTANTS
from tests.mutants.clients.trial import findings, found_in, settings
from tests.mutants.clients.useapi import Useapi

SAMPLE = (
    "rounds-big-numbers",
    "polls-a-path-of-its-own",
    "takes-submitted-for-a-failure",
    "polls-where-older-films-are",
    "takes-404-for-a-failure",
    "dies-of-useapis-error-in-200",
    "takes-a-task-that-exists-for-a-refusal",
    "returns-what-another-task-made",
    "strips-the-prompt",
    "believes-any-caller",
    "repeats-a-moderation",
)
"""One of each kind, the quickest first; ``make client-mutants`` plays all."""
SOME_PAYLOADS = ("counts-no-further-than-nine",)
"""The quickest; each of the others plays some hundred payloads."""
QUICK = (
    "payload-arrives-unchanged",
    "credentials-are-a-bearer-token",
    "jwt-has-its-claims",
    "mistakes-are-not-repaired",
    "creates-at-the-right-path",
    "polls-the-right-path",
    "all-results-in-order",
    "a-refusal-carries-what-was-said",
    "a-refused-poll-is-an-error",
)

AFTER_A_LOSS = ("a-lost-task-is-found-again", "a-lost-answer-makes-no-second-task", "nothing-is-invented")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeProcess]:
    with FakeProcess(FAKE_OPTIONS) as running:
        yield running


@pytest.mark.parametrize("id", [*SAMPLE[:3], *(pytest.param(id, marks=pytest.mark.torture) for id in SAMPLE[3:])])
def test_a_mutant_is_caught_by_the_check_meant_for_it(id: str, fake: FakeProcess) -> None:
    found = found_in(fake, MUTANTS[id])
    assert {finding.check for finding in found} == {MUTANTS[id].check}
    assert MUTANTS[id].is_told(found), [finding.received for finding in found]


@pytest.mark.torture
@pytest.mark.parametrize("id", SOME_PAYLOADS)
def test_what_only_some_payloads_show_is_shown_with_the_fewest_fields(id: str, fake: FakeProcess) -> None:
    mutant = MUTANTS[id]
    found = found_in(fake, mutant)
    assert found
    assert {finding.check for finding in found} == {mutant.check}
    assert all(finding.payload.keys() == mutant.fields for finding in found)


@pytest.mark.parametrize(
    ("kind", "only"),
    [
        (Reference, QUICK),
        *(
            pytest.param(*each, marks=pytest.mark.torture)
            for each in (
                (Gateways, QUICK),
                (Newer, QUICK),
                (Useapi, QUICK),
                (Finding, AFTER_A_LOSS),
                (Named, AFTER_A_LOSS),
            )
        ),
    ],
)
def test_nothing_is_found_in_a_clean_client(kind: type[Reference], only: tuple[str, ...], fake: FakeProcess) -> None:
    assert findings(fake, settings(kind(), only=only)) == ()


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_every_mutant_says_how_its_fault_must_be_told(mutant: Mutant) -> None:
    assert len(mutant.told) >= len("n was 3")
    for empty in ("", CHECKS[mutant.check].documented, f"the client reported '{mutant.id}'"):
        assert not re.search(mutant.told, empty)


def test_every_check_has_a_mutant_that_it_has_to_catch() -> None:
    assert {mutant.check for mutant in MUTANTS.values()} == CHECKS.keys()
    assert len(MUTANTS) >= 50
