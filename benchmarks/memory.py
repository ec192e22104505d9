"""Memory: what a million creates leave behind, with the bounds that a fake has by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from benchmarks.harness.figures import Figure, Goal, Sheet, table
from benchmarks.harness.process import ROOT, offered

_TASKS = 1_000_000
_TASKS_WITHOUT_BOUNDS = 100_000
_MOST_MEGABYTES = 100


def main() -> Sequence[Goal | Sheet]:
    """Fill a fake, print, and return what the page shows."""
    is_bounded = offered("--max-tasks")
    tasks = _TASKS if is_bounded else _TASKS_WITHOUT_BOUNDS
    command = [sys.executable, "-m", "benchmarks.harness.filling", str(tasks)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, process_group=0)
    start, end = map(float, done.stdout.split())
    rows = [
        ("after the first", f"{start:.0f} MB"),
        (f"after {tasks:,}", f"{end:.0f} MB"),
        ("more", f"{end - start:.0f} MB"),
    ]
    print(table("Memory of a fake after so many creates", ["", "measured"], rows))
    subject = f"memory after {_TASKS:,} tasks, above the start"
    if not is_bounded:
        return [Goal.missing(subject, f"≤ {_MOST_MEGABYTES} MB", "mockserver serve has no --max-tasks yet")]
    return [Goal.most(subject, Figure.of([end - start]), _MOST_MEGABYTES, ".0f", " MB")]
