"""A disk that is full under load, and has room again."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import PATIENCE
from tests.slow.destruction.figures import note
from tests.slow.destruction.load import Load, check
from tests.slow.destruction.sink import sink
from tests.support.process import Process, started

pytestmark = pytest.mark.torture

SIZE = "40m"
"""More than the log of changes takes before it is moved into the file."""
FILLS = 3


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a file system that is soon full, where we may."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(ballast: Path) -> None:
    """Take all room that is left."""
    with ballast.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def is_told(server: Process) -> bool:
    """Whether a probe is told soon that requests are refused; what was refused now and then may still find room."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if server.request("GET", "/_mock/ready").status == 503:
            return True
    return False


async def fill_and_free(server: Process, load: Load, ballast: Path) -> None:
    async with load.on(clients=16):
        for _ in range(FILLS):
            await load.more(created=200)
            await asyncio.to_thread(fill, ballast)
            await load.more(unavailable=50)
            assert await asyncio.to_thread(is_told, server)
            await asyncio.to_thread(ballast.unlink)
            await load.more(created=200)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_loses_nothing_that_was_answered_and_is_told(workers: int, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, sink() as hook:
        where = ("--store", f"sqlite:{disk / 'state.db'}")
        options = ("--pace", "instant", "--seed", "7", "--workers", str(workers), *where)
        with started(*options) as server:
            load = Load([server.url], hook.url)
            asyncio.run(fill_and_free(server, load, disk / "ballast"))
            assert not load.others
            assert load.reasons == {"the disk is full. Make room on it."}
            assert load.cut == len(load.found) == 0
            began = time.monotonic()
            hook.wait_for(set(load.told.values()))
            last = time.monotonic() - began
            assert asyncio.run(check(server.url, load.told)) == len(load.told)
            assert "Traceback" not in server.stderr
        with started(*options) as server:
            assert asyncio.run(check(server.url, load.told)) == len(load.told)
            assert server.stderr == ""
    note(
        f"7 disk full, {workers} worker{'s' * (workers > 1)}",
        f"filled {FILLS} times under load: {load.unavailable} answers were 503/5001, none was cut off; all "
        f"{len(load.told)} creates that were answered are there by both ids, none twice, also after a restart; all "
        f"callbacks arrived, the last {last:.0f} s after the load",
    )
