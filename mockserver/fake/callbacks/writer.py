"""The writer of callbacks: what is sent about a transition of a task, also once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mockserver.errors import StoreUnavailable, unexpected
from mockserver.fake.callbacks.delivery import Delivery, Moment
from mockserver.fake.lifecycle import Task
from mockserver.types import Millis

Find = Callable[[str, str], Task | None]
"""Looks up a task of a service."""

Write = Callable[[Task, Moment], Delivery | None]
"""Returns the callback about a step of a task's timeline, if that is reported."""

Alter = Callable[[Task, Delivery, Millis], tuple[Delivery, ...]]
"""Returns what is sent instead of a callback of a task; it gets the time until the task's next step."""


class Writer:
    """Writes callbacks about tasks."""

    def __init__(self, find: Find, write: Write, alter: Alter) -> None:
        self.find, self._write, self._alter = find, write, alter

    def written(self, task: Task, moment: Moment) -> Delivery | None:
        """Return the callback about a step of a timeline, if that is reported."""
        following = _after(task, moment)
        if following < len(task.timeline) and task.timeline[following][0] == moment[0]:
            # Several transitions may share a moment, so the time alone does not say which state is reported.
            task = replace(task, timeline=task.timeline[:following])
        return self._write(task, moment)

    def sent(self, task: Task, moment: Moment) -> tuple[tuple[Delivery, ...], Moment | None]:
        """Return what is sent about a step of a timeline, usually one callback, and the step that follows."""
        following = _after(task, moment)
        after = task.timeline[following] if following < len(task.timeline) else None
        try:
            delivery = self.written(task, moment)
            gap = 0 if after is None else after[0] - moment[0]
            return () if delivery is None else self._alter(task, delivery, gap), after
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one task that cannot be described must not stop the others' callbacks
            service = task.operation.partition("/")[0]
            unexpected(error, f"gave up the callback {moment[1]!r} of task {service}/{task.id}")
            return (), after

    def named(self, id: str, now: Millis) -> Delivery | None:
        """Return the callback with an id, if a task that is there has one by now; see ``id_of``."""
        service, _, rest = id.partition("_")
        named, _, status = rest.rpartition("_")
        task_id, _, after = named.rpartition("_")
        task = self.find(service, task_id)
        if task is None or not task.callback_url:
            return None
        past = (moment for moment in task.timeline if task.created_at + moment[0] <= now)
        asked = next((moment for moment in past if (str(moment[0]), moment[1]) == (after, status)), None)
        return None if asked is None else self.written(task, asked)


def _after(task: Task, moment: Moment) -> int:
    """Return the index of the step after the last one that is like this."""
    return len(task.timeline) - task.timeline[::-1].index(moment)
