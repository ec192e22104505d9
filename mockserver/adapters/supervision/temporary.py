"""The temporary store of several workers: a file that is theirs alone, and gone when they have ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def temporary_store() -> Iterator[str]:
    """Make a folder that only we may read, and yield a file to be in it as --store takes it.

    A parent that is killed leaves the folder to whoever
    empties the system's folder of temporary files.
    """
    with TemporaryDirectory(prefix="mockserver-", ignore_cleanup_errors=True) as folder:
        yield f"sqlite:{Path(folder) / 'store.sqlite'}"
