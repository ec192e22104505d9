"""``python -m benchmarks.foreign [OPTION …]``: what the kit finds in a server that is not ours.

The options are those of ``mockserver check server``. The whole report goes to ARTIFACTS.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter

from benchmarks.foreign.check import check_prism
from benchmarks.foreign.prism import missing
from benchmarks.harness.figures import table
from mockserver.kit.reports.summary import sentence

_LONGEST_ROW = 130


def main() -> None:
    """Print how often each promise is broken, with one case of each, and the verdict."""
    if reason := missing():
        sys.exit(reason)
    folder = Path(os.environ.get("ARTIFACTS", "artifacts")).resolve() / "foreign"
    folder.mkdir(parents=True, exist_ok=True)
    began = perf_counter()
    verdict = check_prism(folder, sys.argv[1:])
    counts = Counter(finding.check for finding in verdict.findings)
    cases = {finding.check: finding for finding in reversed(verdict.findings)}
    rows = [
        (f"{id}: {cases[id].subject}: {cases[id].received}"[:_LONGEST_ROW], str(count)) for id, count in counts.items()
    ]
    print(table("What the kit finds in Prism, a mock without state.", ("check: the first finding", "findings"), rows))
    print(f"\n{sentence(verdict)}\n{perf_counter() - began:.0f} s; the whole report is {folder / 'report.html'}")


if __name__ == "__main__":
    main()
