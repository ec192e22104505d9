"""Survivors: processes that a test has let start, found by a mark in their environment or by a pipe that they hold."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import PATIENCE


@dataclass(frozen=True)
class Held:
    """A named pipe, which tells whether anybody holds its other end. A shell holds it with ``exec 3> PATH``."""

    path: Path
    end: int

    @property
    def is_held(self) -> bool:
        """Whether somebody holds it now. Until somebody has, nobody lets go of it either."""
        return select.select([self.end], [], [], 0)[0] == []

    def wait_until_let_go(self) -> bool:
        """Wait until nobody holds it any more."""
        return select.select([self.end], [], [], PATIENCE)[0] == [self.end]

    def wait_for_a_word(self) -> bytes:
        """Wait until somebody writes into it, and return what that is."""
        assert select.select([self.end], [], [], PATIENCE)[0] == [self.end], "nobody wrote"
        return os.read(self.end, 1000)


@contextmanager
def held(folder: Path, name: str = "held") -> Iterator[Held]:
    """Make a named pipe."""
    path = folder / name
    os.mkfifo(path)
    end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield Held(path, end)
    finally:
        os.close(end)


def survivors(mark: str) -> list[int]:
    """Return the processes that have a word such as ``NAME=VALUE`` in their environment; Linux tells."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended meanwhile
        if mark.encode() in variables:
            found.append(int(folder.name))
    return found
