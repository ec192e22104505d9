"""All wrong servers, by id, and how one is judged."""

from __future__ import annotations

from mockserver.kit.verdict import Verdict
from tests.mutants.servers.accounts import ACCOUNTS, FORGERIES
from tests.mutants.servers.answers import ANSWERS
from tests.mutants.servers.callbacks import CALLBACKS
from tests.mutants.servers.edges import EDGES
from tests.mutants.servers.gateways import GATEWAYS
from tests.mutants.servers.harness import Wrong, prepare
from tests.mutants.servers.lifecycle import LIFECYCLE, RESULTS
from tests.mutants.servers.mutant import Mutant
from tests.mutants.servers.newer import NEWER
from tests.mutants.servers.queries import QUERIES, READINGS
from tests.mutants.servers.refusals import REFUSALS
from tests.mutants.servers.requests import CREDENTIALS, REQUESTS
from tests.mutants.servers.stateful import STATEFUL
from tests.mutants.servers.useapi import USEAPI

MUTANTS: dict[str, Mutant] = {
    id: mutant
    for family in (
        ANSWERS,
        REQUESTS,
        REFUSALS,
        CREDENTIALS,
        LIFECYCLE,
        RESULTS,
        EDGES,
        GATEWAYS,
        QUERIES,
        CALLBACKS,
        STATEFUL,
        READINGS,
        ACCOUNTS,
        FORGERIES,
        USEAPI,
        NEWER,
    )
    for id, mutant in family.all.items()
}


def judge(mutant: Mutant, *, is_clean: bool = False, seed: int = 0) -> Verdict:
    """Judge a mutant, or the clean fake in its place, by the one check that must catch the mutant."""
    return prepare(
        mutant.service,
        Wrong() if is_clean else mutant.make(),
        fake={"seed": seed, **({"readings": mutant.chosen} if is_clean else {})},
        readings=mutant.chosen,
        operation=mutant.operation,
        is_signing=mutant.is_signing,
        seed=seed,
        only=(mutant.check,),
    ).verdict()
