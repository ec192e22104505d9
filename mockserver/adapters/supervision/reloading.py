"""Reloading: a fake takes the contract anew when somebody saves a file of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mockserver.contract.catalog import read
from mockserver.errors import MockserverError, unexpected
from mockserver.fake.core import Fake
from mockserver.resources import folder, own_schemas

_PAUSE_SECONDS = 0.2
"""Between two looks at the files; to read them again takes as long, and both together should be less than a second."""

_Stamp = dict[str, tuple[int, int, int]]


class Reloading:
    """Looks at the files of the contract, in a thread of its own, for as long as the process lives."""

    def __init__(self, fake: Fake, tell: Callable[[str], None]) -> None:
        """``tell`` is called with what a saved file led to, in one line."""
        self._fake, self._tell = fake, tell
        self._seen = _stamp()

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="mockserver reload", daemon=True).start()

    def look(self) -> bool:
        """Look once, and return whether anything was saved. Of a contract that is broken, the one before stays."""
        now = _stamp()
        if now == self._seen:
            return False
        self._seen = now
        try:
            self._fake.take_contract(read(folder("schemas"), own_schemas()))
        except (MockserverError, OSError) as error:
            self._tell(f"{str(error).rstrip('.')}. The contract stays as it was.")
        else:
            self._tell("the contract was read again.")
        return True

    def _run(self) -> None:
        while True:
            time.sleep(_PAUSE_SECONDS)
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - the thread must go on: the next file that is saved may be sound
                unexpected(error, "the contract stays as it was")


def _stamp() -> _Stamp:
    """Return the files of the contract, each with what changes when it is saved."""
    found: _Stamp = {}
    for path in _files():
        try:
            status = path.stat()
        except OSError:  # somebody is just replacing it
            continue
        found[str(path)] = status.st_mtime_ns, status.st_size, status.st_ino
    return found


def _files() -> Iterator[Path]:
    ours = folder("schemas")
    for place in (*((ours,) if isinstance(ours, Path) else ()), *map(Path, own_schemas())):
        yield from place.glob("*.json")
        yield from place.glob("*/*.json")
