"""Stores: what a create costs that waits for SQLite or for Redis, with one worker and with two, beside the floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import redis
from benchmarks.harness.client import load
from benchmarks.harness.figures import Figure, Goal, Sheet, goals, ratios
from benchmarks.harness.process import FLOOR, Process, offered, ours, started
from benchmarks.harness.rounds import CONNECTIONS, SECONDS, Kind, Measured, in_turn
from benchmarks.harness.stream import creates

_FLOOR, _MEMORY = "floor", "memory"
_SQLITE, _SQLITES = "SQLite", "SQLite, two workers"
_REDIS, _REDISES = "Redis", "Redis, two workers"
_SQLITE_SHARE, _REDIS_SHARE, _GAIN = 0.5, 0.25, 1.7
_KIND = "create image"


def main() -> Sequence[Goal | Sheet]:
    """Measure what this version and this machine have in turn, print, and return what the page shows."""
    no_sqlite = None if offered("--store") else "mockserver serve has no --store yet"
    no_redis = no_sqlite or redis.missing()
    with TemporaryDirectory() as folder, ExitStack() as stack:
        redises: dict[str, Process] = {}
        commands = {_FLOOR: FLOOR, _MEMORY: ours()}
        if no_sqlite is None:
            for name, words in ((_SQLITE, ()), (_SQLITES, ("--workers", "2"))):
                commands[name] = ours("--store", f"sqlite:{Path(folder, f'{len(words)}.db')}", *words)
        if no_redis is None:
            for name, words in ((_REDIS, ()), (_REDISES, ("--workers", "2"))):
                redises[name] = stack.enter_context(redis.served())
                commands[name] = ours("--store", f"redis://127.0.0.1:{redises[name].port}/0", *words)
        servers = {name: stack.enter_context(started(command)) for name, command in commands.items()}
        found = in_turn(servers, {name: {_KIND: Kind(creates)} for name in servers})[_KIND]
        beside = {name: _seconds(servers[name], database) for name, database in redises.items()}
    rows = [
        (
            name,
            f"{Figure.of(one.cpu):.3f}",
            f"{beside[name]:.3f}" if name in beside else "",
            f"{Figure.of(one.rates):.0f}",
            f"{Figure.of(one.p50):.2f}",
            f"{Figure.of(one.p99):.2f}",
        )
        for name, one in found.items()
    ]
    head = ["", "CPU seconds per 1000", "and of Redis", "a second", "p50 in ms", "p99 in ms"]
    print(Sheet("Creates on each store, by all workers together", head, rows).plain)
    reached = [*_on_sqlite(found, no_sqlite), *_on_redis(found, beside.get(_REDISES, 0.0), no_redis)]
    print(goals("Stores", reached).plain)
    return reached


def _seconds(server: Process, database: Process) -> float:
    """Return the CPU seconds that a server's Redis takes for 1000 creates."""
    before = database.cpu
    found = load(server.port, creates(), seconds=SECONDS, connections=CONNECTIONS)
    return (database.cpu - before) / len(found.latencies) * 1000


def _on_sqlite(found: Mapping[str, Measured], reason: str | None) -> Sequence[Goal]:
    subject = "create on SQLite, durable, CPU: floor / ours"
    if reason is not None:
        return [Goal.missing(subject, f"≥ {_SQLITE_SHARE}", reason)]
    return [Goal.least(subject, ratios(found[_FLOOR].cpu, found[_SQLITE].cpu), _SQLITE_SHARE)]


def _on_redis(found: Mapping[str, Measured], beside: float, reason: str | None) -> Sequence[Goal]:
    """Return the goals; ``beside`` are the CPU seconds that Redis takes for 1000 creates of two workers."""
    share = "create on Redis, CPU: floor / ours"
    gain, possible = (
        "create on Redis, two workers / one, a second",
        "the same by CPU, as if there were cores enough",
    )
    if reason is not None:
        targets = {share: _REDIS_SHARE, gain: _GAIN, possible: _GAIN}
        return [Goal.missing(subject, f"≥ {target}", reason) for subject, target in targets.items()]
    one, two = found[_REDIS], found[_REDISES]
    return [
        Goal.least(share, ratios(found[_FLOOR].cpu, one.cpu), _REDIS_SHARE),
        Goal.least(gain, ratios(two.rates, one.rates), _GAIN),
        Goal.least(possible, ratios(one.cpu, [max(cpu / 2, beside) for cpu in two.cpu]), _GAIN),
    ]
