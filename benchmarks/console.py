"""The console: what a line for each request adds to a start and to a create, beside a server that prints nothing."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from time import perf_counter

from benchmarks.harness.client import Line
from benchmarks.harness.figures import Figure, Sheet, ratios
from benchmarks.harness.process import free_port, listening
from benchmarks.harness.rounds import ROUNDS, Kind, in_turn
from benchmarks.harness.stream import creates

_OFF, *_ON = ("off", "text", "json")


def main() -> None:
    """Measure and print. What is printed goes to a file, as in most pipelines."""
    starts: dict[str, list[float]] = {form: [] for form in (_OFF, *_ON)}
    for _ in range(ROUNDS):
        for form, found in starts.items():
            found.append(_start(form))
    with ExitStack() as stack:
        ports = {form: free_port() for form in starts}
        servers = {form: stack.enter_context(listening(_command(form, port), port)) for form, port in ports.items()}
        kinds = {form: {"create image": Kind(creates)} for form in servers}
        measured = in_turn(servers, kinds)["create image"]
    rows = [
        (
            form,
            f"{ratios(starts[form], starts[_OFF]):.2f}",
            f"{ratios(measured[form].cpu, measured[_OFF].cpu):.2f}",
            f"{ratios(measured[form].p50, measured[_OFF].p50):.2f}",
            f"{Figure.of(measured[form].p50):.2f}",
        )
        for form in _ON
    ]
    title = f"The console, as multiples of --log off; median (spread) of {ROUNDS} in turn"
    head = ["--log", "launch to first 200", "CPU of a create", "p50 of a create", "p50 in ms"]
    print(Sheet(title, head, rows).plain)


def _command(form: str, port: int) -> tuple[str, ...]:
    return (sys.executable, "-m", "mockserver", "serve", "--port", str(port), "--log", form, "--pace", "instant")


def _start(form: str) -> float:
    """Return the seconds from the launch to the first 200."""
    port, began = free_port(), perf_counter()
    with listening(_command(form, port), port), Line(port) as line:
        if line.ask(creates()[0]).status != 200:
            raise RuntimeError("the first create was refused")
        return perf_counter() - began
