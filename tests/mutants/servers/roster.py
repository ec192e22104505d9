"""All mutants, and how one is judged."""

from __future__ import annotations

from mockserver.kit.verdict import Verdict
from tests.mutants.servers.answers import ANSWERS
from tests.mutants.servers.callbacks import CALLBACKS
from tests.mutants.servers.lives import LIVES, RESULTS
from tests.mutants.servers.mutant import Mutant
from tests.mutants.servers.order import ORDER
from tests.mutants.servers.queries import QUERIES, READINGS
from tests.mutants.servers.requests import CREDENTIALS, REQUESTS
from tests.mutants.servers.stage import Wrong, trial

MUTANTS: dict[str, Mutant] = {
    id: mutant
    for family in (ANSWERS, REQUESTS, CREDENTIALS, LIVES, RESULTS, QUERIES, CALLBACKS, ORDER, READINGS)
    for id, mutant in family.all.items()
}


def judged(mutant: Mutant, *, is_clean: bool = False, seed: int = 0) -> Verdict:
    """Let the check that is meant for a mutant judge it, or the clean fake in its place."""
    return trial(
        mutant.service,
        Wrong() if is_clean else mutant.make(),
        fake={"seed": seed, **({"readings": mutant.chosen} if is_clean else {})},
        readings=mutant.chosen,
        operation=mutant.operation,
        is_signing=mutant.is_signing,
        seed=seed,
        only=(mutant.check,),
    ).verdict()
