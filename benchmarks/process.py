"""A server in a process of its own, and what the system knows about it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

ROOT = Path(__file__).parent.parent
FLOOR = (sys.executable, "-m", "benchmarks.floor")
_PATIENCE = 20.0
"""Seconds that a server may take to start, and five of them to stop."""


@dataclass(frozen=True, slots=True)
class Process:
    """A server that answers on ``port`` of 127.0.0.1."""

    id: int
    port: int

    @property
    def cpu(self) -> float:
        """The seconds of processor time it has used so far, in steps of 10 ms."""
        return _usage(self.id)[0]

    @property
    def megabytes(self) -> float:
        """The memory it holds now (resident set), in MB of 10^6 bytes."""
        return _usage(self.id)[1]


def ours(*options: str) -> tuple[str, ...]:
    """Return the command that serves the fake on a free port."""
    return (sys.executable, "-c", "from mockserver.cli import main; main()", "serve", "--port", "0", *options)


@contextmanager
def started(command: Sequence[str]) -> Iterator[Process]:
    """Start a server that says ``… on http://127.0.0.1:PORT`` once it answers, and end it in any case."""
    child = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE)
    try:
        yield Process(child.pid, _port(child))
    finally:
        stop(child)
        assert child.stdout is not None
        child.stdout.close()


def stop(child: subprocess.Popen[Any]) -> None:
    """Ask a process to end, and end it if it does not."""
    child.terminate()
    try:
        child.wait(_PATIENCE / 4)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def environment() -> dict[str, str]:
    """Return ours without the wish to keep no bytecode: what pip has installed is compiled."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _port(child: subprocess.Popen[bytes]) -> int:
    assert child.stdout is not None
    end = monotonic() + _PATIENCE
    said = b""
    while not said.endswith(b"\n"):
        readable, _, _ = select.select([child.stdout], [], [], max(end - monotonic(), 0))
        chunk = os.read(child.stdout.fileno(), 4096) if readable else b""
        if not chunk:
            raise RuntimeError(f"{' '.join(child.args)} did not start within {_PATIENCE:g} s; it said {said!r}")  # type: ignore[arg-type]
        said += chunk
    return int(said.rpartition(b":")[2])


def _usage(id: int) -> tuple[float, float]:
    """Return a process's seconds and megabytes; ``ps`` knows them where there is no /proc, if less exactly."""
    folder = Path(f"/proc/{id}")
    if folder.is_dir():
        # The name in parentheses may hold anything, so the fields are counted from its end.
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return seconds, int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    command = ["ps", "-o", "time=,rss=", "-p", str(id)]
    time, rss = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return clock_seconds(time), int(rss) * 1024 / 1e6


def clock_seconds(text: str) -> float:
    """Read a time as ``ps`` writes it: ``[[days-]hours:]minutes:seconds``."""
    days, _, clock = text.rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + int(days or 0) * 86400
