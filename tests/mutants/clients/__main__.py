"""``python -m tests.mutants.clients``: how many mutants the kit catches by the check meant for them.

Names of mutants try these only. The exit status is 1 when one escapes.
"""

from __future__ import annotations

import queue
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from mockserver.kit.stage import Stage
from tests.mutants.clients.mutant import Mutant
from tests.mutants.clients.roster import MUTANTS
from tests.mutants.clients.trial import findings

_STAGES = 4


def main(names: list[str]) -> int:
    began = time.monotonic()
    chosen = [MUTANTS[name] for name in names] or list(MUTANTS.values())
    with ExitStack() as stack, ThreadPoolExecutor(_STAGES) as pool:
        # The pace is a stage's, so that one stage plays one scene at a time; most of the time is waiting.
        free: queue.Queue[Stage] = queue.Queue()
        for _ in range(min(_STAGES, len(chosen))):
            free.put(stack.enter_context(Stage()))

        def tried(each: Mutant) -> tuple[Mutant, str]:
            stage = free.get()
            try:
                found = findings(stage, each.born(), [each.check], is_enough=True)
            finally:
                free.put(stage)
            return each, f"{found[0].subject}: {found[0].received}" if found else ""

        caught = 0
        for each, told in pool.map(tried, chosen):
            caught += bool(told)
            print(f"{'caught ' if told else 'ESCAPED'} {each.id} by {each.check}  {told[:90]}", flush=True)
    print(
        f"{caught} of {len(chosen)} mutants of the client are caught by the check meant for them "
        f"({time.monotonic() - began:.0f} s)"
    )
    return int(caught < len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
