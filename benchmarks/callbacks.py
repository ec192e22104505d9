"""Callbacks: how many are delivered in a second, and what it costs that many wait."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter

from benchmarks.client import loaded, run
from benchmarks.figures import Figure, table
from benchmarks.process import Process, ours, started
from benchmarks.receiver import Receiver
from benchmarks.serving import IMAGE, IMAGES
from benchmarks.timers import timers
from benchmarks.wire import post

_ROUNDS = 3
_TASKS = 1000
_EACH = 3
"""A task is reported when it is submitted, while it is processing, and at its end."""

_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Burst:
    """Callbacks per second in all and after the last create, and the server's CPU seconds per 1000 of them."""

    rate: float
    later: float
    cpu: float


def main() -> None:
    """Measure and print."""
    with started(ours("--pace", "instant")) as server:
        run(_burst(server, 20))  # the first callback imports the client
        bursts = [run(_burst(server, _TASKS)) for _ in range(_ROUNDS)]
    with started(ours("--pace", "real")) as server:
        idle = run(_idle(server))
    rows = [
        ("delivered in a second, while creating, too", f"{Figure.of(burst.rate for burst in bursts):.0f}", ""),
        ("delivered in a second, after the last create", f"{Figure.of(burst.later for burst in bursts):.0f}", ""),
        ("CPU seconds per 1000, creating included", f"{Figure.of(burst.cpu for burst in bursts):.3f}", ""),
        (f"timers while {_TASKS} wait", str(timers(_TASKS)), "1"),
        (f"CPU of a second in which {_TASKS} wait", f"{idle * 1000:.0f} ms", "0 ms"),
    ]
    title = f"Callbacks of {_TASKS} tasks, {_EACH} each, to one local receiver, median (spread) of {_ROUNDS}"
    print(table(title, ["", "measured", "target"], rows))


async def _burst(server: Process, tasks: int) -> Burst:
    """Create tasks whose callbacks are all due at once, and wait for the last."""
    async with Receiver() as receiver:
        create = post(IMAGES, {**IMAGE, "callback_url": receiver.url})
        cpu, began = server.cpu, perf_counter()
        (await loaded(server.port, [create], seconds=_PATIENCE, most=tasks)).expect(200)
        before, created = receiver.count, perf_counter()
        count = tasks * _EACH
        await receiver.arrived(count, _PATIENCE)
        end = perf_counter()
        return Burst(count / (end - began), (count - before) / (end - created), (server.cpu - cpu) / count * 1000)


async def _idle(server: Process) -> float:
    """Return the CPU seconds of one second in which every task waits for its second callback."""
    async with Receiver() as receiver:
        create = post(IMAGES, {**IMAGE, "callback_url": receiver.url})
        (await loaded(server.port, [create], seconds=_PATIENCE, most=_TASKS)).expect(200)
        await receiver.arrived(_TASKS, _PATIENCE)
        cpu = server.cpu
        await asyncio.sleep(1)
        return server.cpu - cpu
