"""``python -m benchmarks.foreign [OPTION …]``: what the kit says of a server that is not ours.

Options are those of ``mockserver check server``; the whole report goes to ARTIFACTS.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter

from benchmarks.figures import table
from benchmarks.foreign.examination import examined
from benchmarks.foreign.prism import missing
from mockserver.kit.reports.summary import sentence

_WIDE = 130


def main() -> None:
    """Print how often each promise is broken, with one case of it, and the verdict."""
    if reason := missing():
        sys.exit(reason)
    folder = Path(os.environ.get("ARTIFACTS", "artifacts")).resolve() / "foreign"
    folder.mkdir(parents=True, exist_ok=True)
    began = perf_counter()
    verdict = examined(folder, sys.argv[1:])
    counts = Counter(finding.check for finding in verdict.findings)
    cases = {finding.check: finding for finding in reversed(verdict.findings)}
    rows = [(f"{id}: {cases[id].subject}: {cases[id].received}"[:_WIDE], str(count)) for id, count in counts.items()]
    print(table("What the kit says of Prism, a mock without state.", ("check: the first finding", "findings"), rows))
    print(f"\n{sentence(verdict)}\n{perf_counter() - began:.0f} s; the whole report is {folder / 'report.html'}")


if __name__ == "__main__":
    main()
