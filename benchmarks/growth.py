"""Growth: whether a create, a page and a reset cost the same with 200 000 tasks stored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import perf_counter

from benchmarks.harness.client import Line, load
from benchmarks.harness.figures import Figure, Goal, Sheet, goals, ratios, table
from benchmarks.harness.process import Process, offered, ours, started
from benchmarks.harness.rounds import Kind, in_turn
from benchmarks.harness.stream import IMAGES, creates, images
from benchmarks.harness.wire import get, post

_TASKS = 200_000
_TENTH = _TASKS // 10
_ROUNDS = 10
_PAGE, _FAR = 30, 1000
_OWN = 100
"""Tasks of the account that is reset."""

_RESETS = 15
"""The shortest of them counts: other programs can only make one longer."""

_SAME = 1.1
"""Up to this ratio two costs are one, on a machine that does other things, too."""

_PATIENCE_SECONDS = 300.0


def main() -> Sequence[Goal | Sheet]:
    """Fill one server but for the last tenth, ask it and a fresh one in turn, print, and return what the page shows."""
    command = ours("--max-tasks", str(2 * _TASKS)) if offered("--max-tasks") else ours()
    with started(command) as fresh, started(command) as full:
        for server in (fresh, full):
            _create(server, 1000)  # the first ones pay for imports
        _create(full, _TASKS - _TENTH)
        first, last = [], []
        for _ in range(_ROUNDS):
            first.append(_create(fresh, _TENTH // _ROUNDS))
            last.append(_create(full, _TENTH // _ROUNDS))
        near, far = _pages(full)
        with started(command) as empty:
            alone, beside = _resets(empty, full)
    rows = [
        ("CPU of a create, the first tenth", f"{Figure.of(first):.0f} us"),
        ("CPU of a create, the last tenth", f"{Figure.of(last):.0f} us"),
        ("CPU of page 1", f"{Figure.of(near):.0f} us"),
        (f"CPU of page {_FAR}", f"{Figure.of(far):.0f} us"),
        (f"reset of {_OWN} tasks, alone", f"{Figure.of(alone):.0f} us"),
        ("the same beside all others", f"{Figure.of(beside):.0f} us"),
    ]
    print(table(f"Growth to {_TASKS:,} tasks, median (spread) in turn", ["", "measured"], rows))
    reached = [
        Goal.most(f"create, CPU: the last tenth of {_TASKS:,} / the first", ratios(last, first), _SAME),
        Goal.most(f"list {_PAGE}, CPU: page {_FAR} / page 1", ratios(far, near), _SAME),
        Goal.most("reset of one account, time: beside others / alone", Figure.of([min(beside) / min(alone)]), _SAME),
    ]
    print(goals("Growth", reached).plain)
    return reached


def _create(server: Process, count: int) -> float:
    """Create so many tasks, and return the microseconds of processor time for each."""
    before = server.cpu
    load(server.port, creates(), seconds=_PATIENCE_SECONDS, most=count).expect(200)
    return (server.cpu - before) / count * 1e6


def _pages(server: Process) -> tuple[list[float], list[float]]:
    """Return the microseconds of processor time for the first page and for a far one."""
    kinds = {str(number): {"list": Kind(partial(_listing, number))} for number in (1, _FAR)}
    found = in_turn(dict.fromkeys(kinds, server), kinds)["list"]
    near, far = ([cpu * 1e3 for cpu in measured.cpu] for measured in found.values())
    return near, far


def _listing(number: int) -> Sequence[bytes]:
    return [get(f"{IMAGES}?pageNum={number}&pageSize={_PAGE}")]


def _resets(*servers: Process) -> tuple[list[float], ...]:
    """Return the microseconds that each server takes to reset an account."""
    found: tuple[list[float], ...] = tuple([] for _ in servers)
    own = [post(IMAGES, payload, "own") for payload in images()[:_OWN]]
    for _ in range(_RESETS):
        for server, times in zip(servers, found, strict=True):
            with Line(server.port) as line:
                for each in own:
                    line.ask(each)
                began = perf_counter()
                answer = line.ask(post("/_mock/reset", {"account": "own"}))
                times.append((perf_counter() - began) * 1e6)
            if answer.status != 200:
                raise RuntimeError(f"a reset was answered with {answer.status}")
    return found
