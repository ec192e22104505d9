"""Owned: the tasks that an account has at one service, or at several that share them.

Each service keeps its own tasks: what shares them looks at all. A Kling account has the tasks of both generations of
paths (family R10).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge

from mockserver.contract.service import Service
from mockserver.fake.lifecycle import Task
from mockserver.fake.stores.store import Flight, Owner, Tasks
from mockserver.types import Millis, value


@value
class Owned:
    """The tasks of ``owners``, which are one account at different services."""

    tasks: Tasks
    owners: tuple[Owner, ...]

    def get(self, id: str) -> Task | None:
        """Find a task by its own id."""
        found = (self.tasks.get(service, id, account) for service, account in self.owners)
        return next((task for task in found if task is not None), None)

    def get_external(self, external_id: str) -> Task | None:
        """Find a task by the id that its client gave it: of several with one id, the latest."""
        found = [self.tasks.get_external(owner, external_id) for owner in self.owners]
        return max((task for task in found if task is not None), key=_created, default=None)

    def in_flight(self, model: str, now: Millis) -> Flight:
        """Count what is not over on one model."""
        flights = [self.tasks.in_flight(owner, model, now) for owner in self.owners]
        return Flight(sum(each.tasks for each in flights), sum(each.slots for each in flights))

    def latest(self) -> Iterator[Task]:
        """Yield all tasks, the newest first."""
        return merge(*map(self.tasks.latest, self.owners), key=_created, reverse=True)


def shared(services: Iterable[Service]) -> Mapping[str, tuple[str, ...]]:
    """Return the services whose tasks are asked about at others, too, by the family that they are."""
    kin: dict[str, tuple[str, ...]] = {}
    for service in services:
        kin[service.family] = (*kin.get(service.family, ()), service.id)
    return {family: ids for family, ids in kin.items() if ids != (family,)}


def owned(tasks: Tasks, service: Service, account: str, shared: Mapping[str, tuple[str, ...]]) -> Owned:
    """Return the tasks that an account has at a service, with those at services that share them."""
    ids = dict.fromkeys((service.id, *shared.get(service.family, ())))
    return Owned(tasks, tuple((id, account) for id in ids))


def _created(task: Task) -> tuple[Millis, int, str]:
    """Return what orders tasks by their creation; of one moment those with longer ids, which count, are later."""
    return task.created_at, len(task.id), task.id
