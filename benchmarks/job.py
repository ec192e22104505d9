"""The cold CI job: launch a server, have its first 200, send a thousand creates one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from benchmarks.client import Line
from benchmarks.figures import Figure, ratios, table
from benchmarks.process import FLOOR, ours, started
from benchmarks.serving import CREATE

_ROUNDS = 5
_CREATES = 1000


@dataclass(frozen=True, slots=True)
class Job:
    """Seconds from the launch to the first 200, and to the last create; ``cpu`` is what the server used."""

    first: float
    whole: float
    cpu: float


def main() -> None:
    """Measure the floor's job and ours in turn, and print."""
    for command in (FLOOR, ours()):
        with started(command):
            pass  # compiles what is not compiled yet, as an installation does
    floors, our = [], []
    for _ in range(_ROUNDS):
        floors.append(_job(FLOOR))
        our.append(_job(ours()))
    rows = []
    for name, field, target in (
        ("launch to first 200", "first", ""),
        (f"the whole job, {_CREATES} creates", "whole", "<= 2.00"),
        ("CPU of the server", "cpu", ""),
    ):
        ones, others = ([getattr(job, field) for job in jobs] for jobs in (floors, our))
        row = (f"{Figure.of(ones):.2f}", f"{Figure.of(others):.2f}", f"{ratios(others, ones):.2f}")
        rows.append((name, *row, target))
    head = ["", "floor", "ours", "ours / floor", "target"]
    print(table(f"Cold CI job in seconds, median (spread) of {_ROUNDS} in turn", head, rows))


def _job(command: tuple[str, ...]) -> Job:
    began = perf_counter()
    with started(command) as server, Line(server.port) as line:
        if line.ask(CREATE).status != 200:
            raise RuntimeError("the first create was refused")
        first = perf_counter() - began
        line.seconds(CREATE, _CREATES)
        return Job(first, perf_counter() - began, server.cpu)
