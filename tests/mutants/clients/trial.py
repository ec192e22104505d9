"""A trial: a client is played through the scenes of some checks, and what is found in it is told."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.kit.client.fake_process import Stage
from mockserver.kit.client.fuzzing import improvise
from mockserver.kit.client.runner import Audition
from mockserver.kit.client.settings import Booking
from mockserver.kit.client.testee import Object, hello
from mockserver.kit.verdict import Finding
from tests.mutants.clients.mutant import Mutant
from tests.mutants.clients.reference import Reference

_EXAMPLES = 10


def findings(
    stage: Stage,
    client: Reference,
    checks: Sequence[str] = (),
    operations: Sequence[str] = (),
    *,
    examples: int = 0,
    seed: int = 0,
    every_reading: bool = False,
    is_enough: bool = False,
) -> list[Finding]:
    """Return what the checks, all if none are named, find in a client; ``is_enough``: the first finding is.

    It plays the first operation that it knows, unless others are named.
    """
    testee = Object(client)
    who = hello(testee)
    booking = Booking(
        testee=("reference",),
        operations=tuple(operations) or who.operations[:1],
        only=tuple(checks),
        examples=examples,
        every_reading=every_reading,
    )
    held = Audition(stage, testee, who, booking.programme(who))
    for each in held.programme.scripted:
        held.play([each])
        if held.findings and is_enough:
            return held.findings
    for each in held.programme.improvised:
        improvise(held, each, examples=examples, seed=seed)
    return held.findings


def shown(stage: Stage, mutant: Mutant) -> list[Finding]:
    """Return what the check that is meant for a mutant finds in it; payloads are drawn if nothing else shows it."""
    examples = _EXAMPLES if mutant.fields else 0
    return findings(stage, mutant.born(), [mutant.check], examples=examples, is_enough=True)
