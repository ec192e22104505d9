"""One connection to the file: the threads of a process use it in turn, and it waits for what others do to the file."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from mockserver.errors import StoreUnavailable
from mockserver.suggestions import quoted

T = TypeVar("T")

PATIENCE_SECONDS = 5.0
"""A turn takes milliseconds. Whoever has waited so long for those of others waits for a process that is stopped."""

_PAUSE_SECONDS = 0.000_5
"""SQLite itself would try again ever more rarely, and a busy neighbour would always be faster."""

_STATEMENTS = 256
"""Statements that stay compiled: more than there are."""

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

_REASONS = {
    sqlite3.SQLITE_BUSY: "another process has held it for too long. End that process, or wait for it",
    sqlite3.SQLITE_FULL: "the disk is full. Make room on it",
    sqlite3.SQLITE_READONLY: "it must not be written. Allow it, or name another file",
    sqlite3.SQLITE_CORRUPT: "it is damaged. Move it away, and start anew",
    sqlite3.SQLITE_NOTADB: "it is no SQLite file. Name another file",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written. Look at the disk, and how full it is",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened. Look at who may write it and its folder",
}
"""Why the file cannot be used, and what to do, by the lower byte of SQLite's code."""

Value = str | bytes | int | None
Row = tuple[Any, ...]

_Execute = Callable[[str, Any], sqlite3.Cursor]


class Connection:
    """A connection, and a context in which everything is one turn: kept at its end, or not at all.

    Raises ``StoreUnavailable`` for whatever SQLite cannot do.
    """

    def __init__(self, path: Path, patience: float = PATIENCE_SECONDS) -> None:
        self._path, self._patience = path, patience
        self._lock = threading.RLock()
        self._depth = 0
        self.unkept = 0  # turns of which nothing was kept
        self._failure: StoreUnavailable | None = None
        self._turns = 0
        self._later: dict[Callable[[], None], None] = {}
        try:
            self._sqlite = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
            )
            self._cursor = self._sqlite.cursor()  # one for all: each statement is read to its end
        except sqlite3.Error as error:
            raise self._unavailable(error) from error

    def __enter__(self) -> None:
        """Begin a turn, unless this thread has one."""
        self._lock.acquire()
        try:
            if not self._depth:
                self._failure = None
                self._patiently("BEGIN IMMEDIATE", ())
                self._turns += 1
            self._depth += 1
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End it: keep what it wrote, or nothing if anything has failed."""
        try:
            self._depth -= 1
            if not self._depth:
                self._end(is_kept=error is None)
        finally:
            self._lock.release()

    @property
    def turn(self) -> int | None:
        """The number of the turn that this thread has, if any. Until its end nobody else changes what it reads."""
        with self._lock:
            return self._turns if self._depth else None

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """Return all rows of a statement; outside of a turn it is a turn of its own."""
        with self._lock:
            if not self._depth:
                return self._patiently(sql, values)
            if self._later:
                self._catch_up()
            return self._executed(sql, values)

    def many(self, sql: str, values: Sequence[Sequence[Value]]) -> None:
        """Execute a statement that returns nothing with each of some values, within a turn."""
        self._executed(sql, values, self._cursor.executemany)

    def later(self, write: Callable[[], None]) -> None:
        """Call ``write`` before the next statement of this turn, or at its end; once, however often this is asked."""
        self._later[write] = None

    def row(self, sql: str, values: Sequence[Value] = ()) -> Row | None:
        """Return the first row of a statement, if there is one."""
        return next(iter(self.rows(sql, values)), None)

    def value(self, sql: str, values: Sequence[Value] = ()) -> Any:
        """Return the one value of a statement that has one."""
        return self.rows(sql, values)[0][0]

    def reading(self, read: Callable[[], T]) -> T:
        """Return what several statements read while nobody writes."""
        with self._lock:
            if self._depth:
                return read()
            self._failure = None
            self._patiently("BEGIN", ())
            self._turns += 1
            self._depth += 1
            try:
                return read()
            finally:
                self._depth -= 1
                self._give_up()

    def script(self, sql: str) -> None:
        """Run several statements within a turn."""
        for statement in _statements(sql):
            self._executed(statement, ())

    def close(self) -> None:
        """Let go of the file."""
        with self._lock, suppress(sqlite3.Error):
            self._sqlite.close()

    def _end(self, *, is_kept: bool) -> None:
        if is_kept and self._failure is None:
            try:
                self._catch_up()
                self._executed("COMMIT", ())
            except StoreUnavailable:
                self.unkept += 1
                raise
            finally:
                self._give_up()
        else:
            self.unkept += 1
            self._give_up()
            if is_kept and self._failure is not None:
                raise self._failure

    def _give_up(self) -> None:
        """Undo what is not kept. SQLite has done so already after some failures."""
        self._later.clear()
        with suppress(sqlite3.Error):
            if self._sqlite.in_transaction:
                self._sqlite.execute("ROLLBACK")

    def _catch_up(self) -> None:
        while self._later:
            write = next(iter(self._later))
            del self._later[write]
            write()

    def _patiently(self, sql: str, values: Sequence[Any], execute: _Execute | None = None) -> list[Row]:
        """Execute what waits for others."""
        execute = execute or self._cursor.execute
        end = time.monotonic() + self._patience
        while True:
            try:
                return execute(sql, values).fetchall()
            except sqlite3.Error as error:
                if code(error) not in _BUSY or time.monotonic() > end:
                    raise self._unavailable(error) from error
            time.sleep(_PAUSE_SECONDS)

    def _executed(self, sql: str, values: Sequence[Any], execute: _Execute | None = None) -> list[Row]:
        if self._failure is not None:  # a turn in which something has failed must not go on as if nothing had
            raise self._failure
        try:
            return self._patiently(sql, values, execute)
        except StoreUnavailable as error:
            self._failure = error
            raise

    def _unavailable(self, error: sqlite3.Error) -> StoreUnavailable:
        return StoreUnavailable(f"the store {quoted(str(self._path))} cannot be used: {reason(error)}.")


def code(error: sqlite3.Error) -> int | None:
    """Return SQLite's code of an error, if it comes from SQLite: the one for all of its kind."""
    found = getattr(error, "sqlite_errorcode", None)
    return None if found is None else found & 0xFF


def reason(error: sqlite3.Error) -> str:
    """Say why the file cannot be used, and what to do."""
    return _REASONS.get(code(error) or 0, str(error))


def _statements(sql: str) -> list[str]:
    found, statement = [], ""
    for line in sql.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            found.append(statement)
            statement = ""
    return found
