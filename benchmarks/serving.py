"""Serving: requests per second, processor time and latency of each kind of request, beside the floor's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from benchmarks.client import Line, load
from benchmarks.figures import Figure, quantile, ratios, table
from benchmarks.process import FLOOR, Process, ours, started
from benchmarks.wire import get, post

IMAGES, VIDEOS = "/v1/images/omni-image", "/v1/videos/omni-video"
IMAGE = {
    "model_name": "kling-image-o1",
    "prompt": "Merge the people of <<<image_1>>> into the café of <<<image_2>>>, at dusk, in warm light",
    "image_list": [{"image": "https://example.com/people.png"}, {"image": "https://example.com/cafe.png"}],
    "resolution": "2k",
    "n": 2,
    "aspect_ratio": "16:9",
}
VIDEO = {
    "model_name": "kling-video-o1",
    "prompt": "The lighthouse of <<<image_1>>> in a storm, seen from a small boat",
    "image_list": [{"image_url": "https://example.com/lighthouse.png"}],
    "mode": "pro",
    "duration": "5",
    "aspect_ratio": "16:9",
}
CREATE = post(IMAGES, IMAGE)
_ROUNDS = 5
_SECONDS = 0.8
_CONNECTIONS = 16
_STATUSES = {"refuse": 400}
_TARGETS = {"create image": ">= 0.40", "create video": ">= 0.40"}
_BUSY = 0.9


@dataclass(slots=True)
class Measured:
    """One kind of request at one server, a value for each round; ``cpu`` is seconds per 1000 requests."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def run(self, server: Process, kind: str, requests: Sequence[bytes]) -> None:
        """Measure one round."""
        before = server.cpu
        found = load(server.port, requests, seconds=_SECONDS, connections=_CONNECTIONS)
        used = server.cpu - before
        found.expect(_STATUSES.get(kind, 200))
        self.rates.append(found.rate)
        self.cpu.append(used / len(found.latencies) * 1000)
        self.share.append(used / found.seconds)
        self.p50.append(quantile(found.latencies, 0.5) * 1000)
        self.p99.append(quantile(found.latencies, 0.99) * 1000)


Pairs = Mapping[str, tuple[Measured, Measured]]
"""By the kind of request, what the floor did and what we did."""


def main() -> None:
    """Measure the floor and ours in turn, and print."""
    with ExitStack() as stack:
        floor, our = (stack.enter_context(started(command)) for command in (FLOOR, ours("--pace", "instant")))
        kinds = {server: _kinds(server) for server in (floor, our)}
        fresh = {server: server.megabytes for server in (floor, our)}
        measured = {(server, kind): Measured() for server in (floor, our) for kind in kinds[server]}
        for server in (floor, our):  # the first refusal imports what explains it
            for kind, requests in kinds[server].items():
                load(server.port, requests, seconds=_SECONDS / 4).expect(_STATUSES.get(kind, 200))
        for _ in range(_ROUNDS):
            for kind in kinds[floor]:
                for server in (floor, our):
                    measured[server, kind].run(server, kind, kinds[server][kind])
        pairs = {kind: (measured[floor, kind], measured[our, kind]) for kind in kinds[floor]}
        for part in (_rates, _costs, _latencies):
            print(part(pairs))
        rows = [
            ("floor", f"{fresh[floor]:.0f}", f"{floor.megabytes:.0f}"),
            ("ours", f"{fresh[our]:.0f}", f"{our.megabytes:.0f}"),
        ]
        print(table("Memory while serving, MB; ours has kept every task", ["", "at start", "at the end"], rows))


def _kinds(server: Process) -> dict[str, Sequence[bytes]]:
    """Return the requests of each kind; those that query ask for a hundred finished tasks in turn."""
    with Line(server.port) as line:
        ids = [json.loads(line.ask(CREATE).body)["data"]["task_id"] for _ in range(100)]
    return {
        "create image": [CREATE],
        "create video": [post(VIDEOS, VIDEO)],
        "query one": [get(f"{IMAGES}/{id}") for id in ids],
        "list 30": [get(f"{IMAGES}?pageNum=1&pageSize=30")],
        "refuse": [post(IMAGES, {**IMAGE, "n": 20})],
    }


def _rates(pairs: Pairs) -> str:
    def row(kind: str, floor: Measured, our: Measured) -> Sequence[str]:
        rates = (f"{Figure.of(floor.rates):.0f}", f"{Figure.of(our.rates):.0f}")
        return kind, *rates, f"{ratios(our.rates, floor.rates):.2f}", _TARGETS.get(kind, "")

    title = (
        f"Requests per second, {_CONNECTIONS} connections, median (spread) of {_ROUNDS} rounds of {_SECONDS} s in turn"
    )
    return table(title, ["", "floor", "ours", "ours / floor", "target"], [row(kind, *pairs[kind]) for kind in pairs])


def _costs(pairs: Pairs) -> str:
    def row(kind: str, floor: Measured, our: Measured) -> Sequence[str]:
        cpu = (f"{Figure.of(floor.cpu):.3f}", f"{Figure.of(our.cpu):.3f}")
        shares = (f"{median(floor.share):.0%}", f"{median(our.share):.0%}")
        return kind, *cpu, f"{ratios(floor.cpu, our.cpu):.2f}", *shares

    title = "CPU seconds per 1000 requests, and how much of a core the server had"
    head = ["", "floor", "ours", "floor / ours", "floor's core", "our core"]
    found = table(title, head, [row(kind, *pairs[kind]) for kind in pairs])
    idle = [kind for kind, both in pairs.items() if any(median(one.share) < _BUSY for one in both)]
    if not idle:
        return found
    return (
        f"{found}\nWith {', '.join(idle)} a server had less than {_BUSY:.0%} of a core: such a rate is the client's,\n"
        "or a busy machine's. There the ratio of the CPU seconds says more than that of the rates."
    )


def _latencies(pairs: Pairs) -> str:
    def row(kind: str, floor: Measured, our: Measured) -> Sequence[str]:
        return kind, *(f"{Figure.of(values):.2f}" for values in (floor.p50, our.p50, floor.p99, our.p99))

    title = f"Latency in ms, {_CONNECTIONS} connections that never pause"
    head = ["", "floor p50", "ours p50", "floor p99", "ours p99"]
    return table(title, head, [row(kind, *pairs[kind]) for kind in pairs])
