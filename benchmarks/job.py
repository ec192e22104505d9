"""The cold CI job: launch a server, have its first 200, send a thousand creates one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from benchmarks.harness.client import Line
from benchmarks.harness.figures import Figure, Goal, Sheet, ratios, table
from benchmarks.harness.process import FLOOR, ours, started
from benchmarks.harness.stream import creates

_ROUNDS = 5
_CREATES = 1000
_MOST = 1.3


@dataclass(frozen=True, slots=True)
class Job:
    """Seconds from the launch to the first 200, and to the last create; ``cpu`` is what the server used."""

    first: float
    whole: float
    cpu: float


def main() -> Sequence[Goal | Sheet]:
    """Measure the floor's job and ours in turn, print, and return what the page shows."""
    for command in (FLOOR, ours()):
        with started(command):
            pass  # compiles what is not compiled yet, as an installation does
    floors, our = [], []
    for _ in range(_ROUNDS):
        floors.append(_job(FLOOR))
        our.append(_job(ours()))
    rows = []
    for name, field in (("launch to first 200", "first"), ("the whole job", "whole"), ("CPU of the server", "cpu")):
        ones, others = ([getattr(job, field) for job in jobs] for jobs in (floors, our))
        rows.append((name, f"{Figure.of(ones):.2f}", f"{Figure.of(others):.2f}", f"{ratios(others, ones):.2f}"))
    title = f"Cold CI job of {_CREATES} creates in seconds, median (spread) of {_ROUNDS} in turn"
    print(table(title, ["", "floor", "ours", "ours / floor"], rows))
    whole = ratios([job.whole for job in our], [job.whole for job in floors])
    cpu = ratios([job.cpu for job in our], [job.cpu for job in floors])
    subject = f"cold CI job (start, first 200, {_CREATES} creates)"
    return [
        Goal.most(f"{subject}, seconds: ours / floor", whole, _MOST),
        Goal.most(f"{subject}, CPU: ours / floor", cpu, _MOST),
    ]


def _job(command: tuple[str, ...]) -> Job:
    first, *others = creates()[: _CREATES + 1]
    began = perf_counter()
    with started(command) as server, Line(server.port) as line:
        if line.ask(first).status != 200:
            raise RuntimeError("the first create was refused")
        answered = perf_counter() - began
        for each in others:
            line.ask(each)
        return Job(answered, perf_counter() - began, server.cpu)
