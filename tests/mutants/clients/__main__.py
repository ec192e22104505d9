"""``python -m tests.mutants.clients``: how many mutants the kit catches, and what it finds in clients without faults.

Given names of mutants, it tries only these. The exit status is 1 if a mutant escapes, if a payload in a finding has a
field too many, or if there is a finding in a client without faults.
"""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.fake_process import FakeProcess
from mockserver.kit.client.player import FAKE_OPTIONS
from mockserver.kit.client.settings import Settings
from tests.mutants.clients.finding import Finding, Named
from tests.mutants.clients.gateways import Gateways
from tests.mutants.clients.mutant import Mutant
from tests.mutants.clients.reference import Reference
from tests.mutants.clients.registry import MUTANTS
from tests.mutants.clients.trial import findings, found_in
from tests.mutants.clients.useapi import Useapi

_FAKES = 8
"""A run is mostly waiting for the pauses of clients: eight at a time keep one core busy."""

_SEEDS = 8
_EXAMPLES = 10

_CLEAN = (Reference, Gateways, Useapi, Finding, Named)
"""The clients without faults."""

_GENERATED = ("any-payload", "any-mistake")
"""The scenarios in which a seed makes a difference."""

T = TypeVar("T")
R = TypeVar("R")


def main(names: Sequence[str]) -> int:
    chosen = [MUTANTS[name] for name in names] or [*MUTANTS.values()]
    wrong = _try_mutants(chosen)
    return int(wrong + (0 if names else _try_clean_clients()) > 0)


def _try_mutants(chosen: Sequence[Mutant]) -> int:
    """Try mutants; return how many escape or are shown with a field too many."""
    began, caught, partial, small = time.monotonic(), 0, 0, 0
    for mutant, found in _tried(chosen, lambda each, fake: found_in(fake, each)):
        is_caught = mutant.is_told(found)
        caught += is_caught
        partial += bool(mutant.fields)
        is_small = bool(found and mutant.fields) and found[0].payload.keys() == mutant.fields
        small += is_small
        shown = f"{found[0].subject}: {found[0].received}"[:90] if found else ""
        fields = "" if is_small or not (found and mutant.fields) else f" FIELDS {', '.join(found[0].payload)}"
        print(f"{'caught ' if is_caught else 'ESCAPED'} {mutant.id} by {mutant.check}  {shown}{fields}", flush=True)
    print(
        f"{caught} of {len(chosen)} broken clients caught by the check meant for each; of {partial} that only some "
        f"payloads show, {small} shown with the fewest fields ({time.monotonic() - began:.0f} s)"
    )
    return len(chosen) - caught + partial - small


def _try_clean_clients() -> int:
    """Check clients without faults once under every reading, and what depends on payloads with each seed.

    Return how many findings there are.
    """
    began = time.monotonic()
    seeded = tuple(id for id, check in CHECKS.items() if not {*_GENERATED}.isdisjoint(check.scenarios))
    runs = [(f"{kind.__name__}, every reading", _settings(kind, examples=0, every_reading=True)) for kind in _CLEAN]
    runs += [
        (f"{kind.__name__}, seed {seed}", _settings(kind, seed=seed, examples=_EXAMPLES, only=seeded))
        for kind in (Reference, Gateways, Useapi)
        for seed in range(_SEEDS)
    ]
    wrong = 0
    for (name, _), found in _tried(runs, lambda run, fake: findings(fake, run[1])):
        wrong += len(found)
        for finding in found:
            print(f"untrue: {name}: {finding.key}: {finding.received}", flush=True)
    print(f"{wrong} findings in {len(runs)} runs of clean clients ({time.monotonic() - began:.0f} s)")
    return wrong


def _settings(
    kind: type[Reference], *, examples: int, seed: int = 0, every_reading: bool = False, only: Sequence[str] = ()
) -> Settings:
    return Settings(
        testee=kind(),
        operations=[*kind.paths],
        examples=examples,
        seed=seed,
        every_reading=every_reading,
        only=only,
    )


def _tried(subjects: Sequence[T], check: Callable[[T, FakeProcess], R]) -> Iterator[tuple[T, R]]:
    """Check subjects with a few fakes side by side; yield what comes of each, in order."""
    with ExitStack() as stack, ThreadPoolExecutor(_FAKES) as pool:
        # The pace is a setting of the whole fake, so one fake serves one client at a time.
        free: queue.Queue[FakeProcess] = queue.Queue()
        for _ in range(min(_FAKES, len(subjects))):
            free.put(stack.enter_context(FakeProcess(FAKE_OPTIONS)))

        def checked(each: T) -> R:
            fake = free.get()
            try:
                return check(each, fake)
            finally:
                free.put(fake)

        yield from zip(subjects, pool.map(checked, subjects), strict=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
