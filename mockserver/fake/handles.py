"""Handles: what a test does with a fake from outside. The control API offers the same over HTTP.

``fake.tasks.force(…)``, ``fake.requests.verify(…)``, ``fake.faults.add("1303 x2")``, ``fake.profiles.start("flaky")``,
``fake.callbacks.send_again(…)``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from mockserver.errors import MockserverError
from mockserver.fake.answering.reasons import FORCED
from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.faults.fault import PROFILE, Fault, Happening
from mockserver.fake.faults.held import Held
from mockserver.fake.journal import Entry
from mockserver.fake.lifecycle import Status, Task
from mockserver.fake.world import World
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.fake.faults.profiles import Profile
    from mockserver.fake.verification import Expectation, Verdict

T = TypeVar("T")

_LOOK_SECONDS = 0.01
"""How often it looks whether what is waited for is there: another process may have it."""


class TooFewHeld(MockserverError, TimeoutError):
    """Less was held in time than somebody has waited for."""

    def __init__(self, count: int, held: int, seconds: float) -> None:
        text = f"{held} held after {seconds:g} s, not {count}. Is the fault in force, and was the request sent?"
        super().__init__(text)
        self.count, self.held, self.seconds = count, held, seconds


class Turn(Protocol):
    """Does something as one atomic step of the store."""

    def __call__(self, work: Callable[[], T]) -> T: ...


class Tasks:
    """The tasks of a fake, newest first."""

    def __init__(self, world: World, turn: Turn) -> None:
        self._world, self._turn = world, turn

    def __len__(self) -> int:
        return len(self._world.tasks)

    def __iter__(self) -> Iterator[Task]:
        return self._world.tasks.newest()

    def get(self, service: str, id: str) -> Task | None:
        """Find a task by its own id."""
        return self._world.tasks.get(service, id)

    def force(self, task: Task, status: Status, reason: str | None = None) -> Task:
        """Put a task into a state now. A failure has a reason: one such as ``moderation``, or your own words."""
        reason = reason or "moderation"
        known = self._world.catalog.services[task.operation.partition("/")[0]].reasons
        return self._turn(
            lambda: self._world.force(task, status, self._world.clock.now(), known.get(reason, reason), FORCED)
        )

    def delete(self, task: Task) -> None:
        """Forget a task."""
        self._turn(lambda: self._world.tasks.remove(task))


class Requests:
    """The exchanges of a fake, newest first."""

    def __init__(self, world: World, turn: Turn) -> None:
        self._world, self._turn = world, turn

    def __len__(self) -> int:
        return len(self._world.journal)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._world.journal)

    def like(self, expected: Expectation, *, with_cleared: bool = False) -> Iterator[Entry]:
        """Yield the exchanges that meet an expectation, also those that were cleared and kept, if asked for."""
        from mockserver.fake.verification import reasons

        wanted = self._known(expected)
        cleared = self._world.journal.cleared if with_cleared else []
        found = sorted([*self, *cleared], key=lambda entry: -entry.number) if cleared else self
        return (entry for entry in found if not reasons(entry, wanted))

    def keep_cleared(self) -> None:
        """From now on, keep what a reset clears, for whoever judges the client in the end."""
        self._turn(self._world.journal.keep_cleared)

    def verify(
        self,
        operation: str | None = None,
        *,
        where: Mapping[str, JSON] | None = None,
        times: int | None = None,
        account: str | None = None,
        status: int | None = None,
    ) -> Verdict:
        """Say whether the client sent what it should have, and if not, which requests came nearest.

        ``where`` is a pattern of the body; ``times`` is how many requests there must be, without it at least one.
        """
        from mockserver.fake.verification import Expectation

        return self.meet(Expectation(operation=operation, where=where, times=times, account=account, status=status))

    def meet(self, expected: Expectation) -> Verdict:
        """Say whether an expectation is met, and if not, which requests came nearest."""
        from mockserver.fake.verification import verified

        return verified(self._world.journal, self._known(expected))

    def _known(self, expected: Expectation) -> Expectation:
        account = expected.account
        return expected if account is None else replace(expected, account=self._world.known_as(account))


class Callbacks:
    """The callbacks of a fake, oldest first, each with its attempts."""

    def __init__(self, world: World, turn: Turn) -> None:
        self._world, self._turn = world, turn

    def __len__(self) -> int:
        return self._world.callbacks.total

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._world.callbacks.deliveries)

    def __reversed__(self) -> Iterator[Delivery]:
        return self._world.callbacks.newest()

    def of(self, task: Task) -> list[Delivery]:
        """Return the callbacks about a task, oldest first; nobody knows the attempts of those that ``is_forgotten``."""
        return self._turn(lambda: self._world.callbacks.of(task, self._world.clock.now()))

    def is_forgotten(self, delivery: Delivery) -> bool:
        """Whether there were so many callbacks since that nobody knows what became of this one."""
        return self._world.callbacks.is_forgotten(delivery)

    def get(self, id: str) -> Delivery | None:
        """Find a callback, as long as it is remembered."""
        return self._world.callbacks.get(id)

    def send_again(self, id: str) -> Delivery | None:
        """Send a callback once more, now; ``None`` if no callback of a task that is still there has that id."""
        return self._turn(lambda: self._world.callbacks.again(id, self._world.clock.now()))


class FaultLines:
    """The faults of a fake."""

    def __init__(self, world: World, turn: Turn) -> None:
        self._world, self._turn = world, turn

    def __iter__(self) -> Iterator[tuple[int, Fault, int]]:
        """Yield each fault with its number and how often it has happened."""
        return iter(self._world.faults)

    def add(
        self,
        line: str,
        *,
        account: str | None = None,
        path: str | None = None,
        where: Mapping[str, JSON] | None = None,
        origin: str = "python",
    ) -> int:
        """Add a fault and return its number: ``add("1303 x2 on kling", account=token)``.

        ``path`` may contain ``*``; ``where`` is a pattern of the payload; ``origin`` says in reasons where it was asked
        for. Raises ``BadFault``.
        """
        found = self._world.fault_reader.fault(line, account, origin)
        scoped = replace(found, path=path, where=dict(where or {}))
        return self._turn(lambda: self._world.faults.add(Happening(scoped)))

    def remove(self, number: int) -> bool:
        """Remove a fault; ``False`` if no fault has that number."""
        return self._turn(lambda: self._world.faults.remove(number))

    def clear(self, account: str | None = None) -> None:
        """Remove all faults, or those for one account."""
        self._turn(lambda: self._world.faults.clear(account and self._world.known_as(account)))


class Profiles:
    """The profiles of a fake: ours and those of its settings, and others that are on in a store that is shared."""

    def __init__(self, world: World, turn: Turn) -> None:
        self._world, self._turn = world, turn

    def __iter__(self) -> Iterator[Profile]:
        from mockserver.fake.faults.profiles import listed

        return iter(listed(self._world.settings.profiles, self._world.faults))

    def start(self, name: str, *, account: str | None = None) -> list[int]:
        """Switch a profile on, for all or for one account, and return the numbers of its faults.

        What is on stays as it is. Raises ``NoSuchProfile``, and ``BadSetting`` if no fault of it can happen here.
        """
        wanted = self._world.fault_reader.profile(name, account)
        return self._turn(lambda: [self._world.faults.ensure(fault) for fault in wanted])

    def stop(self, name: str, *, account: str | None = None) -> None:
        """Switch a profile off, for all or for one account: its faults go, and no other. Raises ``NoSuchProfile``."""
        if name not in (found := [profile.name for profile in self]):
            from mockserver.fake.faults.profiles import NoSuchProfile

            raise NoSuchProfile(name, found)
        self._turn(lambda: self._world.faults.clear(account and self._world.known_as(account), PROFILE + name))

    def in_force(self, name: str) -> dict[int, str | None]:
        """Return the numbers of the faults that a profile has in force, each with the account that it is for."""
        return {number: fault.account for number, fault, _ in self._world.faults if fault.origin == PROFILE + name}


class AllHeld:
    """What the faults ``hold`` and ``callback-hold`` hold, oldest first, in all processes that share the store."""

    def __init__(self, world: World, turn: Turn) -> None:
        self._world, self._turn = world, turn

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Held]:
        return iter(self._turn(lambda: list(self._world.held)))

    def wait(self, count: int = 1, *, timeout: float = 10.0) -> list[Held]:
        """Wait until so many are held, and return all that are; ``timeout`` is in seconds of real time.

        It keeps its thread waiting: in a coroutine, call it in another one. Raises ``TooFewHeld``.
        """
        end = time.monotonic() + timeout
        while len(found := list(self)) < count:
            if time.monotonic() > end:
                raise TooFewHeld(count, len(found), timeout)
            time.sleep(_LOOK_SECONDS)
        return found

    def release(self, number: int | None = None, *, account: str | None = None) -> int:
        """Release what has a number, or all, or what an account has; return how many were released."""
        whose = account and self._world.known_as(account)
        return self._turn(lambda: self._world.held.release(number, whose))
