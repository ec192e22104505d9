"""The file: made for its owner alone, known as ours, and whole, before anything is kept in it.

It is in WAL mode. What a turn has kept survives whatever happens to the process; what the last turns have kept may be
lost when the power fails, but never half a turn. To wait for the disk after each turn would cost milliseconds.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import suppress
from functools import partial
from pathlib import Path

from mockserver.errors import BadSetting, StoreUnavailable
from mockserver.fake.stores.sqlite.connection import Connection
from mockserver.fake.stores.sqlite.schema import APPLICATION_ID, SCHEMA, VERSION
from mockserver.suggestions import quoted

OPTION = "--store"

_MODE = 0o600
"""For its owner alone. SQLite gives the files beside it the same mode."""

_EFFECTIVE = os.access in os.supports_effective_ids

_OLDEST_SQLITE = (3, 35)
"""The first that returns what a statement has changed."""

_MOST_CHECKED_BYTES = 32 << 20
"""A larger file is not looked through when it is opened: that would take seconds."""

_CACHE_KIB = 16 << 10
"""What each connection remembers of the file: the pages that creates and queries need, with a million tasks, too."""

_WAL_PAGES = 4096
"""So many pages of four KiB wait in the WAL at most before they are moved to their places; ``beat`` does so earlier."""

_WAL_BYTES = 32 << 20
"""A WAL that has grown is cut to this again."""


def opened(path: Path) -> Connection:
    """Return a connection to a file, which is made if it is not there. Raises ``BadSetting``."""
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        text = f"SQLite {sqlite3.sqlite_version} is too old. Install 3.35 or later, or leave out the option."
        raise BadSetting(OPTION, text)
    _make(path)
    connection = None
    try:
        connection = Connection(path)
        _check(path, connection)
        return connection
    except StoreUnavailable as error:
        if connection is not None:
            connection.close()
        raise BadSetting(OPTION, str(error)) from error
    except BaseException:
        if connection is not None:
            connection.close()
        raise


def _make(path: Path) -> None:
    """Make the file if it is not there, and let nobody else read it."""
    if not path.parent.is_dir():
        raise BadSetting(OPTION, f"there is no folder {quoted(str(path.parent))}. Make it, or name another file.")
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE))
        # One that was there is not opened: to close it would end the locks that this process may have on it.
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError
        if not stat.S_ISREG(mode):
            raise BadSetting(OPTION, f"{quoted(str(path))} is no file. Name another one.")
        if stat.S_IMODE(mode) != _MODE:
            path.chmod(_MODE)
        if not all(os.access(each, os.W_OK, effective_ids=_EFFECTIVE) for each in (path, path.parent)):
            raise PermissionError
    except IsADirectoryError as error:
        raise BadSetting(OPTION, f"{quoted(str(path))} is a folder. Name a file in it.") from error
    except PermissionError as error:
        text = f"{quoted(str(path))} and its folder must be writable. Allow it, or name another file."
        raise BadSetting(OPTION, text) from error
    except OSError as error:
        raise BadSetting(
            OPTION, f"{quoted(str(path))} cannot be written: {error.strerror}. Name another file."
        ) from error


def _check(path: Path, connection: Connection) -> None:
    """Make the schema of a new file; see whether another is one that we can use."""
    connection.reading(partial(_refuse_strangers, path, connection))  # at one moment: another process may be making it
    if connection.rows("PRAGMA journal_mode = WAL") != [("wal",)]:
        text = (
            f"processes cannot share {quoted(str(path))} on its disk: it has no shared memory. Name a file elsewhere."
        )
        raise BadSetting(OPTION, text)
    connection.rows("PRAGMA synchronous = NORMAL")
    # Some builds write each page that is given free once more, full of zeros. What is kept has no secrets in it.
    connection.rows("PRAGMA secure_delete = FAST")
    connection.rows(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.rows(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    connection.rows(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
    with connection:
        if _refuse_strangers(path, connection):
            connection.script(SCHEMA)
            connection.rows(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.rows(f"PRAGMA user_version = {VERSION}")
    if path.stat().st_size <= _MOST_CHECKED_BYTES and connection.rows("PRAGMA quick_check(1)") != [("ok",)]:
        raise BadSetting(OPTION, f"{quoted(str(path))} is damaged. Move it away, and start anew.")


def _refuse_strangers(path: Path, connection: Connection) -> bool:
    """Return whether a file is empty. Raises ``BadSetting`` for one that is neither empty nor ours."""
    (whose,), (version,) = (connection.rows(f"PRAGMA {name}")[0] for name in ("application_id", "user_version"))
    if not whose and not connection.value("SELECT count(*) FROM sqlite_schema"):
        return True
    if whose != APPLICATION_ID:
        raise BadSetting(OPTION, f"{quoted(str(path))} belongs to another program. Name another file.")
    if version > VERSION:
        text = f"{quoted(str(path))} was written by a later mockserver. Install that one, or name another file."
        raise BadSetting(OPTION, text)
    return False
