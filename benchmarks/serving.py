"""Serving: processor time, requests per second and latency of each kind of request, beside the floor and the peers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from statistics import median

from benchmarks.harness.client import Line
from benchmarks.harness.figures import Figure, Goal, Sheet, goals, ratios
from benchmarks.harness.process import FLOOR, Process, ours, started
from benchmarks.harness.rounds import CONNECTIONS, ROUNDS, SECONDS, Kind, Measured, Table, in_turn
from benchmarks.harness.stream import IMAGES, VIDEOS, creates, refusals
from benchmarks.harness.wire import get
from benchmarks.peers import mocks

_FLOOR, _OURS = "floor", "ours"
_CREATE = "create image"
_SHARES = {_CREATE: 0.8, "create video": 0.8, "query one": 0.8, "list 30": 0.6, "refuse": 0.5}
"""The floor's processor time for a request as a share of ours: at least so much."""

_TAIL = 3
_PAGE = 30
_QUERIED = 500


def main() -> Sequence[Goal | Sheet]:
    """Measure all in turn, print, and return what the page shows."""
    with ExitStack() as stack:
        servers = {_FLOOR: stack.enter_context(started(FLOOR))}
        servers[_OURS] = stack.enter_context(started(ours("--pace", "instant")))
        servers |= stack.enter_context(mocks.served())
        kinds = {name: _kinds(name, server) for name, server in servers.items()}
        fresh = {name: f"{server.megabytes:.0f}" for name, server in servers.items()}
        found = in_turn(servers, kinds, mocks.WARMING)
        memory = [(name, fresh[name], f"{server.megabytes:.0f}") for name, server in servers.items()]
    order = f"median (spread) of {ROUNDS} rounds of {SECONDS} s in turn, {CONNECTIONS} connections that never pause"
    for sheet in (
        _sheet(f"CPU seconds per 1000 requests, {order}", found, lambda one: f"{Figure.of(one.cpu):.3f}"),
        _sheet("Requests per second", found, lambda one: f"{Figure.of(one.rates):.0f}"),
        _sheet("How much of a core the server had", found, lambda one: f"{median(one.share):.0%}"),
        _sheet("p50 in ms", found, lambda one: f"{Figure.of(one.p50):.2f}"),
        _sheet("p99 in ms", found, lambda one: f"{Figure.of(one.p99):.2f}"),
        Sheet("Memory in MB; the floor and ours have kept tasks", ["", "at start", "at the end"], memory),
    ):
        print(sheet.plain)
    costs = _compared("CPU per request, as multiples of the floor's", found, lambda one: one.cpu)
    rates = _compared("Requests per second, as multiples of the floor's", found, lambda one: one.rates)
    tails = _sheet("p99 as multiples of the p50", found, lambda one: f"{Figure.of(one.tail):.1f}")
    reached = [*_shares(found), _tail(found), *_beside(found)]
    for sheet in (costs, rates, tails, goals("Serving: the floor's CPU per request as a share of ours", reached)):
        print(sheet.plain)
    return [*reached, costs, rates, tails]


def _kinds(name: str, server: Process) -> dict[str, Kind]:
    """Return the requests of each kind."""
    page = get(f"{IMAGES}?pageNum=1&pageSize={_PAGE}")
    kinds = {
        _CREATE: Kind(creates),
        "create video": Kind(partial(creates, VIDEOS)),
        "query one": Kind(partial(_queries, server)),
        "list 30": Kind(lambda: [page]),
        "refuse": Kind(refusals, 400),
    }
    _queries(server)
    with Line(server.port) as line:
        if len(json.loads(line.ask(page).body)["data"]) != _PAGE:  # a mock that keeps no tasks lists none
            del kinds["list 30"]
    if name != mocks.JOURNALING:
        return kinds
    return {each: replace(kind, requests=partial(mocks.emptied, server, kind.requests)) for each, kind in kinds.items()}


def _queries(server: Process) -> Sequence[bytes]:
    """Create some hundred tasks, and return the requests that look at them: older ones may have been dropped."""
    with Line(server.port) as line:
        answers = [json.loads(line.ask(each).body) for each in creates()[:_QUERIED]]
    return [get(f"{IMAGES}/{answer['data']['task_id']}") for answer in answers]


def _sheet(title: str, found: Table, cell: Callable[[Measured], str]) -> Sheet:
    """Return a row for each kind of request and a column for each server."""
    return _rows(title, found, list(found[_CREATE]), lambda one, _: cell(one))


def _compared(title: str, found: Table, values: Callable[[Measured], Sequence[float]]) -> Sheet:
    """Return the same with multiples of the floor's values, and so without the floor."""
    others = [name for name in found[_CREATE] if name != _FLOOR]
    return _rows(title, found, others, lambda one, floor: f"{ratios(values(one), values(floor)):.2f}")


def _rows(title: str, found: Table, names: Sequence[str], cell: Callable[[Measured, Measured], str]) -> Sheet:
    rows = [
        (kind, *(cell(by[name], by[_FLOOR]) if name in by else "lists none" for name in names))
        for kind, by in found.items()
    ]
    return Sheet(title, ["", *names], rows)


def _shares(found: Table) -> Iterable[Goal]:
    """Compare us with the floor."""
    for kind, target in _SHARES.items():
        floor, our = found[kind][_FLOOR], found[kind][_OURS]
        yield Goal.least(f"{kind}, CPU: floor / ours", ratios(floor.cpu, our.cpu), target)


def _tail(found: Table) -> Goal:
    """Compare the slowest of a hundred creates with the middle one."""
    return Goal.most(f"{_CREATE}, p99 / p50", Figure.of(found[_CREATE][_OURS].tail), _TAIL)


def _beside(found: Table) -> Iterable[Goal]:
    """Compare what our creates cost with the peers'."""
    for name in (mocks.WIREMOCK, mocks.BACKEND):
        subject = f"{_CREATE}, CPU: ours / {name}"
        peer = found[_CREATE].get(name)
        if peer is None:
            yield Goal.missing(subject, "< 1", "not installed")
        else:
            yield Goal.most(subject, ratios(found[_CREATE][_OURS].cpu, peer.cpu), 1)
