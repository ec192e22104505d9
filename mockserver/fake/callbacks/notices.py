"""Notices: what is sent when a task enters a state, in the words of its dialect, and what faults make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.fake.callbacks.delivery import Delivery, id_of
from mockserver.fake.encoding import encoded
from mockserver.fake.faults.line import effect
from mockserver.fake.lifecycle import Status, Task
from mockserver.types import Millis

if TYPE_CHECKING:
    from mockserver.fake.world import World


class Notices:
    """Writes the callbacks of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def written(self, task: Task, moment: tuple[Millis, Status]) -> Delivery | None:
        """Return what is sent when a task enters a state, if that is reported."""
        service = self._world.catalog.services[task.operation.partition("/")[0]]
        dialect, readings = self._world.dialects[service.dialect], self._world.readings[service.id]
        if not task.callback_url or not dialect.reports(readings, moment[1]):
            return None
        at = task.created_at + moment[0]
        return Delivery(
            id=id_of(task, moment),
            service=service.id,
            task_id=task.id,
            account=task.account,
            status=moment[1],
            url=task.callback_url,
            body=encoded(dialect.notice(self._world, task, at)),
            due=at,
            pauses=service.questions["callback-retries"].readings[readings["callback-retries"]].pauses,
        )

    def altered(self, task: Task, delivery: Delivery, gap: Millis) -> tuple[Delivery, ...]:
        """Return what the faults make of a callback; ``gap`` is the time until its task's next state."""
        sent: tuple[Delivery, ...] = (delivery,)
        for fault in self._world.faults_at(
            "callback", self._world.operation(task), self._world.about(task), delivery.url
        ):
            sent = tuple(delivery for one in sent for delivery in effect(fault)(one, gap))
        return sent
