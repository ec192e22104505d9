"""A Redis of one's own: on a free port of the loopback address, in a temporary folder, and gone afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from tempfile import TemporaryDirectory

from benchmarks.harness.process import Process, free_port, listening


def missing() -> str | None:
    """Say why there can be none; ``None`` if there can."""
    if find_spec("redis") is None:
        return "the extra [redis] is not installed"
    return None if shutil.which("redis-server") else "this machine has no redis-server"


@contextmanager
def served() -> Iterator[Process]:
    """Start one that keeps everything in memory and evicts nothing, and stop it in any case."""
    with TemporaryDirectory() as folder:
        port = free_port()
        options = {
            "port": str(port),
            "bind": "127.0.0.1",
            "dir": folder,
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
        command = ["redis-server", *(word for name, value in options.items() for word in (f"--{name}", value))]
        with listening(command, port) as process:
            yield process
