"""A Redis server of our own, on a free port, which keeps nothing on the disk.

Processes that share a store in the tests import this, too. Dozens are started, and to import pytest and Hypothesis
takes as long as all of the rest: only who starts a server does.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import redis

COMMAND = shutil.which("redis-server") or shutil.which("valkey-server")


def needed() -> str:
    """Return the command of a server; without one the test is skipped, or fails where all have to run."""
    if COMMAND is None:
        import pytest

        reason = "there is no redis-server here: apt-get install redis-server"
        if os.environ.get("TESTS_SKIP_NOTHING"):
            pytest.fail(reason)
        pytest.skip(reason)
    return COMMAND


class RedisServer:
    """A server that can be stopped and started again on the same port."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._command = needed()
        self._folder, self._options = folder, options
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, protocol=2)

    def start(self) -> None:
        from tests.conftest import PATIENCE

        command = [self._command, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        command += ["--save", "", "--appendonly", "no", *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while not self._answers(PATIENCE):
            assert self._process.poll() is None, "redis-server has ended"
            assert time.monotonic() < until, "redis-server does not answer"
            time.sleep(0.005)

    def _answers(self, seconds: float) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), seconds) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(100).startswith((b"+PONG", b"-NOAUTH"))
        return False

    def stop(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


def _free_port() -> int:
    """Return a port; a node of a cluster listens on the one 10000 above it, too."""
    while True:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        if port < 55_000:
            return port
