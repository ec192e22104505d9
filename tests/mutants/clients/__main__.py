"""``python -m tests.mutants.clients``: how many mutants the kit catches, and what it finds in clean clients.

Names of mutants try these only. The exit status is 1 when one escapes, when the payload that is told has a field too
many, or when there is a finding in a clean client.
"""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from mockserver.kit.client.fake_process import Stage
from mockserver.kit.client.performance import OPTIONS
from mockserver.kit.verdict import Finding
from tests.mutants.clients.mutant import Mutant
from tests.mutants.clients.reference import Reference
from tests.mutants.clients.roster import MUTANTS
from tests.mutants.clients.trial import findings, shown
from tests.mutants.clients.useapi import Useapi

_STAGES = 4
_SEEDS = 10
_EXAMPLES = 10

T = TypeVar("T")
R = TypeVar("R")


def main(names: Sequence[str]) -> int:
    chosen = [MUTANTS[name] for name in names] or [*MUTANTS.values()]
    wrong = _mutants(chosen)
    return int(wrong + (0 if names else _clean()) > 0)


def _mutants(chosen: Sequence[Mutant]) -> int:
    """Try mutants; return how many escape or are told at too great a length."""
    began, caught, choosy, small = time.monotonic(), 0, 0, 0
    for mutant, found in _played(chosen, lambda each, stage: shown(stage, each)):
        caught += bool(found)
        choosy += bool(mutant.fields)
        is_small = bool(found and mutant.fields) and found[0].payload.keys() == mutant.fields
        small += is_small
        told = f"{found[0].subject}: {found[0].received}"[:90] if found else ""
        fields = "" if is_small or not (found and mutant.fields) else f" FIELDS {', '.join(found[0].payload)}"
        print(f"{'caught ' if told else 'ESCAPED'} {mutant.id} by {mutant.check}  {told}{fields}", flush=True)
    print(
        f"{caught} of {len(chosen)} broken clients caught by the check meant for each; of {choosy} that only some "
        f"payloads show, {small} told with the fewest fields ({time.monotonic() - began:.0f} s)"
    )
    return len(chosen) - caught + choosy - small


def _clean() -> int:
    """Play clean clients with each seed, and once under every reading; return how many findings there are."""
    began = time.monotonic()
    runs: list[tuple[str, Callable[[Stage], tuple[Finding, ...]]]] = [
        (f"{kind.__name__}, seed {seed}", partial(_audition, kind, seed=seed, examples=_EXAMPLES))
        for kind in (Reference, Useapi)
        for seed in range(_SEEDS)
    ]
    runs += [
        (f"{kind.__name__}, every reading", partial(_audition, kind, readings=True)) for kind in (Reference, Useapi)
    ]
    untrue = 0
    for (name, _), found in _played(runs, lambda run, stage: run[1](stage)):
        untrue += len(found)
        for finding in found:
            print(f"untrue: {name}: {finding.key}: {finding.received}", flush=True)
    print(f"{untrue} findings in {len(runs)} runs of clean clients ({time.monotonic() - began:.0f} s)")
    return untrue


def _audition(
    kind: type[Reference], stage: Stage, *, seed: int = 0, examples: int = 0, readings: bool = False
) -> tuple[Finding, ...]:
    operations = tuple(kind.paths)
    return findings(stage, kind(), operations=operations, examples=examples, seed=seed, every_reading=readings)


def _played(subjects: Sequence[T], play: Callable[[T, Stage], R]) -> Iterator[tuple[T, R]]:
    """Play subjects on a few stages side by side, for most of it is waiting; yield what comes of each, in order."""
    with ExitStack() as stack, ThreadPoolExecutor(_STAGES) as pool:
        # The pace is a stage's, so that one stage plays one scene at a time.
        free: queue.Queue[Stage] = queue.Queue()
        for _ in range(min(_STAGES, len(subjects))):
            free.put(stack.enter_context(Stage(OPTIONS)))

        def tried(each: T) -> R:
            stage = free.get()
            try:
                return play(each, stage)
            finally:
                free.put(stage)

        yield from zip(subjects, pool.map(tried, subjects), strict=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
