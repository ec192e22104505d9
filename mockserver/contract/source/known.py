"""What is known of a folder of contracts: that it was found whole as it is now, so that a start need not read it all.

It is kept as Python keeps compiled modules: in ``__pycache__``, by the sizes and times of the files, and of the code
that checks them. Where nothing can be written, or Python is told to write no bytecode, each start checks the folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.files import write

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

State = bytes
"""The names, sizes and times of all files that matter."""

_CODE = Path(__file__).parents[1]


def state(folder: Traversable) -> State | None:
    """Return the state that a folder has now; ``None`` for one in an archive."""
    if not isinstance(folder, Path):
        return None
    return "\n".join([*_files(str(folder), ".json"), *_files(str(_CODE), ".py")]).encode()


def is_known(found: State | None) -> bool:
    """Whether a folder was found whole in this state."""
    with suppress(OSError, NotImplementedError):  # there is no such file, or this Python keeps no bytecode
        return found == _place().read_bytes()
    return False


def remember(found: State | None) -> None:
    """Remember that a folder is whole in this state, if that can be written."""
    if found is None or sys.dont_write_bytecode:
        return
    with suppress(OSError, NotImplementedError):
        place = _place()
        place.parent.mkdir(exist_ok=True)
        write(place, found)


def _place() -> Path:
    return Path(cache_from_source(__file__)).with_suffix(".whole")


def _files(folder: str, ending: str) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(entry.path, ending)
        elif entry.name.endswith(ending):
            found = entry.stat()
            yield f"{entry.path} {found.st_size} {found.st_mtime_ns}"
