"""The budget of a run: how many tasks it may create, what they may cost, and until when it may go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from mockserver.errors import MockserverError
from mockserver.kit.server.spending.prices import in_units
from mockserver.types import Millis

_WAITING_SHARE = 0.8
"""The share of a run's time that may pass in waiting for tasks. It leaves a film five times 90 s of the usual 600."""


class Spent(MockserverError):
    """Nothing more may be sent; the text says why."""


class TooDear(Spent):
    """One task may not be created, for what it costs; a cheaper one may be."""


class Time(Protocol):
    """What tells the time, and lets it pass."""

    def now(self) -> Millis:
        """Return the time."""

    def sleep(self, span: Millis) -> None:
        """Return when so much time has passed."""


class RealTime:
    """The machine's time."""

    def now(self) -> Millis:
        """Return the machine's time."""
        return time.time_ns() // 1_000_000

    def sleep(self, span: Millis) -> None:
        """Wait."""
        time.sleep(span / 1000)


@dataclass(slots=True)
class Charge:
    """One task, counted until the server has refused it."""

    is_due: bool = True


class Budget:
    """Counts the tasks that were created, what they cost by the contract's prices, and the seconds.

    * ``max_creates``: at most so many tasks
    * ``max_units``: at most so many units, also if the server accepts all that it should refuse. A task whose price the
      contract does not have is not created then. ``None`` for no limit
    * ``created``, ``units`` and ``unpriced``: the tasks that were created, what they cost, and how many of them have a
      price that the contract does not have
    """

    def __init__(self, max_creates: int, seconds: float, clock: Time, max_units: Decimal | None = None) -> None:
        self.max_creates, self.max_units = max_creates, max_units
        self.created, self.units, self.unpriced = 0, Decimal(0), 0
        self._clock = clock
        self._seconds = seconds
        self._began = clock.now()
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """How many tasks may still be created."""
        return self.max_creates - self.created

    @property
    def options(self) -> str:
        """The options that allow more, as a sentence names them."""
        return "--max-creates" if self.max_units is None else "--max-creates or --max-units"

    def affords(self, tasks: int, units: Decimal) -> bool:
        """Whether so many tasks may still be created, for so many units in all; 0 units are an unknown price."""
        return tasks <= self.left and (self.max_units is None or 0 < units <= self.max_units - self.units)

    @property
    def is_late(self) -> bool:
        """Whether the time is up."""
        return self._has_passed(1)

    @property
    def must_stop_waiting(self) -> bool:
        """Whether the rest of the time is needed for what is still to be sent."""
        return self._has_passed(_WAITING_SHARE)

    @contextmanager
    def of_one_task(self, units: Decimal) -> Iterator[Charge]:
        """Count a task that may be created now, for so many units; 0 of them are an unknown price.

        It is not counted if the charge is not due at the end. Raises ``Spent``, and ``TooDear`` if a cheaper one could
        be created.
        """
        self.check()
        with self._lock:
            self._check_price(units)
            self._count(1, units)
        charge = Charge()
        try:
            yield charge
        finally:
            if not charge.is_due:
                with self._lock:
                    self._count(-1, -units)

    def check(self) -> None:
        """Raise ``Spent`` when the time is up."""
        if self.is_late:
            raise Spent(f"the {self._seconds:g} seconds of --seconds were over")

    def _check_price(self, units: Decimal) -> None:
        """Raise ``Spent`` if no task may be created for so many units."""
        if not self.left:
            raise Spent(f"the {self.max_creates} tasks of --max-creates were created")
        if self.max_units is None:
            return
        if not units:
            raise TooDear("the contract does not know its price, and --max-units allows no more than is known")
        if self.units + units > self.max_units:
            rest = f"{in_units(self.max_units - self.units)} of the {in_units(self.max_units)} of --max-units are left"
            raise TooDear(f"it would cost {in_units(units)}, and {rest}")

    def _count(self, tasks: int, units: Decimal) -> None:
        self.created += tasks
        self.units += units
        self.unpriced += 0 if units else tasks

    def _has_passed(self, share: float) -> bool:
        return self._clock.now() - self._began >= share * self._seconds * 1000
