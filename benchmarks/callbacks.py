"""Callbacks: how many are delivered in a second to one fast receiver, and what it costs that many wait."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from time import perf_counter

from benchmarks.harness.client import loaded, run
from benchmarks.harness.figures import Figure, Goal, Sheet, table
from benchmarks.harness.process import ROOT, Process, ours, started
from benchmarks.harness.receiver import Receiver
from benchmarks.harness.stream import IMAGES, images
from benchmarks.harness.wire import post
from benchmarks.timers import timers

_ROUNDS = 5
_TASKS = 2000
_WAITING = 1000
_LATER = 2
"""Callbacks of a task after the one that it was submitted: that it is processing, and that it has ended."""

_RAW = 20_000
_LEAST = 5000
_PATIENCE_SECONDS = 60.0


def main() -> Sequence[Goal | Sheet]:
    """Measure the receiver and ours in turn, print, and return what the page shows."""
    raw, rates, costs = [], [], []
    with started(ours("--pace", "real")) as server:
        for round in range(_ROUNDS + 1):
            sent = run(_raw())
            rate, cost = run(_burst(server))
            if round:  # the first callback imports the client
                raw.append(sent)
                rates.append(rate)
                costs.append(cost)
    with started(ours("--pace", "real")) as server:
        idle = run(_idle(server))
    rows = [
        ("that the receiver takes from a raw sender, a second", f"{Figure.of(raw):.0f}"),
        ("delivered in a second", f"{Figure.of(rates):.0f}"),
        ("CPU seconds per 1000", f"{Figure.of(costs):.3f}"),
        (f"timers while {_WAITING} wait", str(timers(_WAITING))),
        (f"CPU of a second in which {_WAITING} wait", f"{idle * 1000:.0f} ms"),
    ]
    title = f"Callbacks of {_TASKS} tasks, due at once, to one local receiver, median (spread) of {_ROUNDS}"
    print(table(title, ["", "measured"], rows))
    return [Goal.least("callbacks a second to one fast receiver", Figure.of(rates), _LEAST, ".0f")]


async def _raw() -> float:
    """Return how many callbacks a second the receiver takes from a sender that does nothing else."""
    async with Receiver() as receiver:
        command = (sys.executable, "-m", "benchmarks.harness.sender", str(receiver.port), str(_RAW))
        sender = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        await receiver.arrived(1, _PATIENCE_SECONDS)
        began = perf_counter()
        await receiver.arrived(_RAW, _PATIENCE_SECONDS)
        seconds = perf_counter() - began
        await sender.wait()
        return _RAW / seconds


async def _burst(server: Process) -> tuple[float, float]:
    """Create tasks, let an hour pass at once, and return the rate of what fell due and the CPU seconds per 1000."""
    await _control(server, "/_mock/clock/freeze", {})
    async with Receiver() as receiver:
        await _created(server, receiver, _TASKS)
        count = _TASKS * _LATER
        cpu, began = server.cpu, perf_counter()
        advanced = asyncio.create_task(_control(server, "/_mock/clock/advance", {"advance": "1h"}))
        await receiver.arrived(_TASKS + count, _PATIENCE_SECONDS)
        seconds = perf_counter() - began
        await advanced
        return count / seconds, (server.cpu - cpu) / count * 1000


async def _idle(server: Process) -> float:
    """Return the CPU seconds of one second in which every task waits for its second callback."""
    async with Receiver() as receiver:
        await _created(server, receiver, _WAITING)
        cpu = server.cpu
        await asyncio.sleep(1)
        return server.cpu - cpu


async def _created(server: Process, receiver: Receiver, count: int) -> None:
    """Create so many tasks, and wait for the first callback of each."""
    requests = [post(IMAGES, {**payload, "callback_url": receiver.url}) for payload in images()[:count]]
    (await loaded(server.port, requests, seconds=_PATIENCE_SECONDS, most=count)).expect(200)
    await receiver.arrived(count, _PATIENCE_SECONDS)


async def _control(server: Process, path: str, body: dict[str, str]) -> None:
    (await loaded(server.port, [post(path, body)], seconds=_PATIENCE_SECONDS, connections=1, most=1)).expect(200)
