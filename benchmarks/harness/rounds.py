"""Rounds: one kind of request at one server, measured several times in turn with the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from benchmarks.harness.client import load
from benchmarks.harness.figures import quantile
from benchmarks.harness.process import Process

ROUNDS = 5
SECONDS = 0.8
CONNECTIONS = 16
_WARM_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What is asked, made anew for each round, and the status of a right answer."""

    requests: Callable[[], Sequence[bytes]]
    status: int = 200


@dataclass(slots=True)
class Measured:
    """A value for each round: requests a second, CPU seconds per 1000 requests, share of a core, latency in ms."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    @property
    def tail(self) -> list[float]:
        """The p99 as multiples of the p50."""
        return [far / near for near, far in zip(self.p50, self.p99, strict=True)]

    def add(self, server: Process, kind: Kind, round: int) -> None:
        """Measure one round; each begins at another place of the stream."""
        stream = kind.requests()
        start = len(stream) * round // ROUNDS
        requests = [*stream[start:], *stream[:start]]
        before = server.cpu
        found = load(server.port, requests, seconds=SECONDS, connections=CONNECTIONS)
        used = server.cpu - before
        found.expect(kind.status)
        self.rates.append(found.rate)
        self.cpu.append(used / len(found.latencies) * 1000)
        self.share.append(used / found.seconds)
        self.p50.append(quantile(found.latencies, 0.5) * 1000)
        self.p99.append(quantile(found.latencies, 0.99) * 1000)


Table = Mapping[str, Mapping[str, Measured]]
"""By the kind of request, and by the name of the server."""


def in_turn(
    servers: Mapping[str, Process],
    kinds: Mapping[str, Mapping[str, Kind]],
    warming: Mapping[str, float] = MappingProxyType({}),
) -> Table:
    """Measure each kind of request at each server, by turns; ``kinds`` are those of each server.

    Before, each server is kept busy with each kind, for a second or as ``warming`` says: the first refusal imports what
    explains it, and a machine that compiles while it runs is slow at first.
    """
    for name, server in servers.items():
        for kind in kinds[name].values():
            seconds = warming.get(name, _WARM_SECONDS)
            load(server.port, kind.requests(), seconds=seconds, connections=CONNECTIONS).expect(kind.status)
    names = dict.fromkeys(each for found in kinds.values() for each in found)
    measured = {each: {name: Measured() for name in servers if each in kinds[name]} for each in names}
    for round in range(ROUNDS):
        for each, by_server in measured.items():
            for name, found in by_server.items():
                found.add(servers[name], kinds[name][each], round)
    return measured
