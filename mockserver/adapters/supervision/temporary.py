"""The temporary store of several workers: a file that is theirs alone, and gone when they have ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def temporary_store() -> Iterator[str]:
    """Make an empty SQLite file that only we may read, in a folder of its own, and yield it as --store takes it.

    SQLite gives the files that it puts beside it the same mode. A parent that is killed leaves the folder to whoever
    empties the system's folder of temporary files.
    """
    with TemporaryDirectory(prefix="mockserver-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "store.sqlite"
        path.touch(0o600)
        yield f"sqlite:{path}"
