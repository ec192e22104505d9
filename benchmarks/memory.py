"""Memory: what 100 000 tasks take, and whether the next one costs what the first did."""

from __future__ import annotations

from statistics import median

from benchmarks.client import Line, load
from benchmarks.figures import Figure, ratios, table
from benchmarks.process import ours, started
from benchmarks.serving import CREATE

_TASKS = 100_000
_JOURNAL = 20_000
"""From here on the journal is full, and only tasks are added."""

_ROUNDS = 7
_CREATES = 200
_PATIENCE = 120.0


def main() -> None:
    """Fill one server, leave one fresh, ask both in turn, and print."""
    with started(ours()) as fresh, started(ours()) as full:
        empty = full.megabytes
        load(full.port, [CREATE], seconds=_PATIENCE, most=_JOURNAL).expect(200)
        journaled = full.megabytes
        load(full.port, [CREATE], seconds=_PATIENCE, most=_TASKS - _JOURNAL).expect(200)
        filled = full.megabytes
        first, later = [], []
        with Line(fresh.port) as one, Line(full.port) as other:
            one.seconds(CREATE, _CREATES)
            for _ in range(_ROUNDS):
                first.append(median(one.seconds(CREATE, _CREATES)) * 1e6)
                later.append(median(other.seconds(CREATE, _CREATES)) * 1e6)
    rows = [
        ("at start", f"{empty:.0f} MB", ""),
        (f"after {_JOURNAL} tasks, journal full", f"{journaled:.0f} MB", ""),
        (f"after {_TASKS} tasks", f"{filled:.0f} MB", "< 300 MB"),
        ("a task alone", f"{(filled - journaled) / (_TASKS - _JOURNAL) * 1e6:.0f} bytes", ""),
        (f"a create after {_CREATES} tasks", f"{Figure.of(first):.0f} us", ""),
        (f"a create after {_TASKS} tasks", f"{Figure.of(later):.0f} us", ""),
        ("the later / the first", f"{ratios(later, first):.2f}", "1"),
    ]
    title = f"Memory, and the cost of one more: medians of {_CREATES}, median (spread) of {_ROUNDS} rounds in turn"
    print(table(title, ["", "measured", "target"], rows))
