"""The store in a SQLite file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from mockserver.errors import StoreUnavailable
from mockserver.fake.stores.sqlite import file
from mockserver.fake.stores.sqlite.connection import Connection
from mockserver.fake.stores.sqlite.documents import Documents
from mockserver.fake.stores.sqlite.journal import Journal
from mockserver.fake.stores.sqlite.machine import Machine
from mockserver.fake.stores.sqlite.schedule import LEASE_MILLIS, Schedule
from mockserver.fake.stores.sqlite.tasks import Tasks
from mockserver.fake.stores.sqlite.totals import Totals
from mockserver.fake.stores.store import Bounds
from mockserver.types import Millis

T = TypeVar("T")


class SQLite:
    """State that several processes on one machine share, and that outlives them."""

    kind = "sqlite"
    is_shared = True

    def __init__(self, path: str | Path, bounds: Bounds | None = None, machine: Machine | None = None) -> None:
        """Open a file, or make it. Raises ``BadSetting``."""
        path, bounds = Path(path).absolute(), bounds or Bounds()
        self._machine = machine or Machine()
        self._connection = file.opened(path)
        self._sweeper = Connection(path)
        with self._connection:
            self._base = self._agreed_base()
            self.schedule = Schedule(self._connection, self._machine)
        totals = Totals(self._connection)
        self.tasks = Tasks(self._connection, totals, bounds)
        self.journal = Journal(self._connection, totals, bounds)
        self.documents = Documents(self._connection, totals)

    @property
    def version(self) -> int:
        """Another number whenever a document of the kind ``SHARED`` has changed, also by others."""
        return self.documents.version

    @property
    def lapses(self) -> int:
        """Another number whenever a turn was not kept, so that what it reserved is not reserved either."""
        return self._connection.unkept

    def now(self) -> Millis:
        """Return the time that all who share the file go by. It never goes back, and needs no look into the file."""
        return self._base + self._machine.elapsed()

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Call each job in one turn, and keep all that they wrote, or nothing if one raises."""
        with self._connection:
            return [job() for job in jobs]

    def reserve(self, name: str, size: int, start: int) -> int:
        """Reserve ``size`` numbers that nobody else gets, and return the first; the very first is ``start``."""
        sql = "INSERT INTO numbers VALUES (?, ?) ON CONFLICT DO UPDATE SET next = next + ? RETURNING next"
        return int(self._connection.value(sql, (name, start + size, size))) - size

    def reserve_up_to(self, name: str, number: int) -> None:
        """Let nobody get a number up to this one any more."""
        sql = "INSERT INTO numbers VALUES (?, ?) ON CONFLICT DO UPDATE SET next = max(next, excluded.next)"
        self._connection.rows(sql, (name, number + 1))

    def beat(self) -> None:
        """Say that this worker is alive, give free what the dead had taken, and put the file in order."""
        # Beside the turns of others: whoever has a turn would do it for all, and all would wait for the disk. And first
        # of all, because on a full disk this alone makes room.
        self._sweeper.rows("PRAGMA wal_checkpoint(PASSIVE)")
        self.schedule.beat()
        self._connection.rows("UPDATE totals SET latest = max(latest, ?)", (self.now(),))
        self.tasks.tidy()

    def close(self) -> None:
        """Give back what was taken, and let go of the file."""
        with suppress(StoreUnavailable):  # others will give it back when this worker has been silent for long enough
            self.schedule.give_back()
            self._connection.rows("UPDATE totals SET latest = max(latest, ?)", (self.now(),))
        self._sweeper.close()
        self._connection.close()

    def _agreed_base(self) -> Millis:
        """Return when the machine's steady clock began, as all agree who share the file.

        Whoever comes alone goes by the machine's clock. Time never goes back, even if somebody has set that clock back.
        """
        boot, base, latest = self._connection.rows("SELECT boot, base, latest FROM totals")[0]
        elapsed, started = self._machine.elapsed(), self._machine.boot()
        others = self._connection.value(
            "SELECT count(*) FROM workers WHERE beat BETWEEN ? AND ?", (elapsed - LEASE_MILLIS, elapsed)
        )
        if others:
            return int(base)
        # After a kill the greatest time that was seen may be as much later than the last that was noted.
        seen = base + elapsed if boot and boot == started else latest + LEASE_MILLIS
        base = max(self._machine.wall(), seen if latest else 0) - elapsed
        sql = "UPDATE totals SET boot = ?, base = ?, latest = max(latest, ?)"
        self._connection.rows(sql, (started, base, base + elapsed))
        return int(base)
