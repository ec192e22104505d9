"""What is to be done when, in SQLite: a worker that is alive holds what it has taken."""

from __future__ import annotations

from mockserver.fake.stores.sqlite.connection import Connection
from mockserver.fake.stores.sqlite.machine import Machine
from mockserver.types import Millis

LEASE_MILLIS = 5000
"""Who has not said for so long that it is alive has died: it says so every second."""


class Schedule:
    """Keys in the order in which they are due."""

    def __init__(self, connection: Connection, machine: Machine) -> None:
        self._connection, self._machine = connection, machine
        with connection:
            self._worker = int(connection.value("INSERT INTO workers (beat) VALUES (?) RETURNING id", (self._beat(),)))

    def __len__(self) -> int:
        """Count what is planned or taken."""
        return int(self._connection.value("SELECT count(*) FROM schedule"))

    def plan(self, key: str, due: Millis) -> None:
        """Plan something, in the place of when it was planned before, and whoever had taken it."""
        self._connection.rows("REPLACE INTO schedule VALUES (NULL, ?, ?, NULL)", (key, due))

    def drop(self, key: str) -> None:
        """Forget what was planned, if anything."""
        self._connection.rows("DELETE FROM schedule WHERE key = ?", (key,))

    def clear(self) -> None:
        """Forget all that is planned or taken."""
        self._connection.rows("DELETE FROM schedule")

    def take(self, now: Millis, most: int) -> list[str]:
        """Take at most so many things that are due, the earliest first."""
        due = self.next()
        if due is None or due > now:
            return []
        with self._connection:
            self._renew()
            found = self._connection.rows(
                "UPDATE schedule SET worker = ? WHERE place IN"
                " (SELECT place FROM schedule WHERE worker IS NULL AND due <= ? ORDER BY due, place LIMIT ?)"
                " RETURNING due, place, key",
                (self._worker, now, most),
            )
        return [key for _, _, key in sorted(found)]

    def next(self) -> Millis | None:
        """Return when the next thing is due that nobody has taken."""
        found = self._connection.row("SELECT due FROM schedule WHERE worker IS NULL ORDER BY due LIMIT 1")
        return None if found is None else int(found[0])

    def unfinished(self, moment: Millis) -> int:
        """Count what was due by a moment, taken or not."""
        sql = (
            "SELECT (SELECT count(*) FROM schedule WHERE worker IS NULL AND due <= ?)"
            " + (SELECT count(*) FROM schedule WHERE worker IS NOT NULL AND due <= ?)"
        )
        return int(self._connection.value(sql, (moment, moment)))

    def beat(self) -> None:
        """Say that this worker is alive, and give free what the dead had taken."""
        with self._connection:
            self._renew()
            now = self._beat()
            # A beat from the future is from before the machine was started again.
            for worker in self._connection.rows(
                "DELETE FROM workers WHERE beat NOT BETWEEN ? AND ? RETURNING id", (now - LEASE_MILLIS, now)
            ):
                self._release(*worker)

    def give_back(self) -> None:
        """Give free what this worker has taken, and take its leave."""
        with self._connection:
            self._release(self._worker)
            self._connection.rows("DELETE FROM workers WHERE id = ?", (self._worker,))

    def _beat(self) -> Millis:
        return self._machine.elapsed()

    def _renew(self) -> None:
        """Put off the end of this worker's leases; after a long sleep others may think that it has died."""
        self._connection.rows("INSERT OR REPLACE INTO workers VALUES (?, ?)", (self._worker, self._beat()))

    def _release(self, worker: int) -> None:
        self._connection.rows("UPDATE schedule SET worker = NULL WHERE worker = ?", (worker,))
