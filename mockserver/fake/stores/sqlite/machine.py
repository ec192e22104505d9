"""The machine's time: what its clock shows, how long it has been up, and which start of it this is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mockserver.fake.clock import system_millis
from mockserver.types import Millis

_BOOT = Path("/proc/sys/kernel/random/boot_id")

_elapsed_ns = partial(time.clock_gettime_ns, time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic_ns


def _elapsed() -> Millis:
    return _elapsed_ns() // 1_000_000


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a store asks the machine.

    * ``wall``: the clock that people and programs set
    * ``elapsed``: a clock that nobody sets, alike in all processes; it begins again when the machine starts
    * ``boot``: another text each time the machine starts; empty where nobody knows
    """

    wall: Callable[[], Millis] = system_millis
    elapsed: Callable[[], Millis] = _elapsed
    boot: Callable[[], str] = _boot
