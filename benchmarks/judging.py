"""Judging: how long ``check client`` takes for each example, and ``check server`` for the fake, and how much memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.harness.figures import table
from benchmarks.harness.process import ours, started

_EXAMPLES = Path(__file__).parents[1] / "examples"

_COMMANDS = {
    "python_httpx": (sys.executable, "testee.py"),
    "python_requests": (sys.executable, "testee.py"),
    "node_fetch": ("node", "testee.mjs"),
    "shell_curl": ("bash", "testee.sh"),
}

_MEGABYTE = 1 << 20
_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
"""What ``ru_maxrss`` counts."""


def main() -> None:
    """Judge each example whose program is here, and the fake, and print."""
    rows = [
        _judged(name, "client", "--", program, str(_EXAMPLES / name / script))
        for name, (program, script) in _COMMANDS.items()
        if shutil.which(program)
    ]
    with started(ours()) as server:
        rows.append(_judged("the fake", "server", f"http://127.0.0.1:{server.port}"))
    title = "Judging: wall time, processor time of all that took part but the fake server, peak memory of the judge"
    print(table(title, ["", "seconds", "target", "of processor time", "memory", "target"], rows))


def _judged(name: str, *words: str) -> Sequence[str]:
    began = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "mockserver", "check", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = perf_counter() - began
    if process.returncode != 0:
        name = f"{name} (exit status {process.returncode})"
    worked = usage.ru_utime + usage.ru_stime
    megabytes = usage.ru_maxrss * _UNIT_BYTES / _MEGABYTE
    return (name, f"{seconds:.1f}", "< 60", f"{worked:.1f}", f"{megabytes:.0f} MB", "< 200 MB")
