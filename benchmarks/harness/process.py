"""A server in a process group of its own, and what the system knows about all processes and threads of it."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

ROOT = Path(__file__).parents[2]
FLOOR = (sys.executable, "-m", "benchmarks.floor")
_PATIENCE_SECONDS = 20.0
"""How long a Python may take to start, and a quarter of it to stop."""

_PEER_PATIENCE_SECONDS = 90.0
"""How long a peer may take to start: Node and Java are slow on a busy machine."""

_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Process:
    """A server that answers on ``port`` of 127.0.0.1; ``id`` is that of its first process, and of its group."""

    id: int
    port: int

    @property
    def cpu(self) -> float:
        """The seconds of processor time used so far, in steps of 10 ms, by all threads of all its processes."""
        return sum(seconds for seconds, _ in _usages(self.id))

    @property
    def megabytes(self) -> float:
        """The memory that it holds now (resident set), in MB of 10^6 bytes; what processes share counts for each."""
        return sum(megabytes for _, megabytes in _usages(self.id))


def ours(*options: str) -> tuple[str, ...]:
    """Return the command that serves the fake on a free port, and prints nothing of requests: nobody would read it."""
    return (sys.executable, "-m", "mockserver", "serve", "--log", "off", *options, "--port", "0")


def offered(option: str) -> bool:
    """Whether ``mockserver serve --help`` names an option."""
    command = [*ours()[:-2], "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment()).stdout
    return option in said


@contextmanager
def started(command: Sequence[str]) -> Iterator[Process]:
    """Start a server that says ``… on http://127.0.0.1:PORT`` once it answers, and end it in any case."""
    child = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, process_group=0)
    try:
        yield Process(child.pid, _port(child))
    finally:
        _stop_all(child)
        assert child.stdout is not None
        child.stdout.close()


@contextmanager
def listening(command: Sequence[str], port: int) -> Iterator[Process]:
    """Start a server that is told its port and is ready once it accepts connections there, and end it in any case.

    Raises ``RuntimeError`` with the last that it said when it ends instead, or takes too long.
    """
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, process_group=0)
        try:
            end = monotonic() + _PEER_PATIENCE_SECONDS
            while not _accepts(port):
                if child.poll() is not None or monotonic() > end:
                    said.seek(0)
                    raise RuntimeError(f"{' '.join(command)} did not start: {said.read()[-1000:].decode()}")
                sleep(_PAUSE_SECONDS)
            yield Process(child.pid, port)
        finally:
            _stop_all(child)


def free_port() -> int:
    """Return a port of the loopback address on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def stop(child: subprocess.Popen[Any]) -> None:
    """Ask a process to end, and end it if it does not."""
    child.terminate()
    try:
        child.wait(_PATIENCE_SECONDS / 4)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _stop_all(child: subprocess.Popen[Any]) -> None:
    """Stop a process and what it has left running."""
    stop(child)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def environment() -> dict[str, str]:
    """Return ours without the wish to keep no bytecode: what pip has installed is compiled; and nothing configured."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "MOCKSERVER_")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def _port(child: subprocess.Popen[bytes]) -> int:
    assert child.stdout is not None
    end = monotonic() + _PATIENCE_SECONDS
    said = b""
    while not said.endswith(b"\n"):
        readable, _, _ = select.select([child.stdout], [], [], max(end - monotonic(), 0))
        chunk = os.read(child.stdout.fileno(), 4096) if readable else b""
        if not chunk:
            raise RuntimeError(f"{' '.join(child.args)} did not start within {_PATIENCE_SECONDS:g} s; it said {said!r}")  # type: ignore[arg-type]
        said += chunk
    return int(said.rpartition(b":")[2])


def _accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _usages(group: int) -> list[tuple[float, float]]:
    """Return the seconds and megabytes of each process of a group."""
    if Path("/proc/self/stat").exists():
        fields = [_fields(folder) for folder in Path("/proc").glob("[0-9]*")]
        return [_usage(found) for found in fields if found and int(found[2]) == group]
    # ``ps`` knows where there is no /proc, if less exactly.
    command = ["ps", "-A", "-o", "pgid=,time=,rss="]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = [line.split() for line in lines]
    return [(clock_seconds(time), int(rss) * 1024 / 1e6) for id, time, rss in found if int(id) == group]


def _fields(folder: Path) -> list[str]:
    """Return what /proc says about a process from its state on, or nothing when it has ended meanwhile."""
    try:
        # The name in parentheses may hold anything, so the fields are counted from its end.
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _usage(fields: Sequence[str]) -> tuple[float, float]:
    """Return the seconds, those of children that have ended included, and the megabytes of a process."""
    seconds = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return seconds, int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def clock_seconds(text: str) -> float:
    """Read a time as ``ps`` writes it: ``[[days-]hours:]minutes:seconds``."""
    days, _, clock = text.rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + int(days or 0) * 86400
