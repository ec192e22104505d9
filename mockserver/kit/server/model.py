"""The model: what a client knows of its tasks, and what a correct server can answer then."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.contract.places import first
from mockserver.contract.service import Operation
from mockserver.kit.server.evidence import Attempt, Step
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.findings import is_busy
from mockserver.kit.task_view import ORDER, TaskView, task_views


@dataclass(slots=True)
class KnownTask:
    """A task of the model: the operation that created it, the client's name for it, and its last known state."""

    create: Operation
    name: str | None
    state: str | None


class Model:
    """Follows the steps of a client."""

    def __init__(self, expectations: Expectations) -> None:
        self._expectations = expectations
        self.tasks: dict[str, KnownTask] = {}

    def follow(self, attempt: Attempt, step: Step) -> str | None:
        """Take in what a step brought. Return what is wrong with the answer, or ``None``."""
        status = attempt.exchange.status
        if status is None or status >= 500 or is_busy(attempt, self._expectations):
            return None  # other checks look at that
        if step.kind == "name again" or (step.kind == "look for nothing" and not self._expectations.leaves_out_missing):
            return "accepted" if attempt.is_accepted else None
        if not attempt.is_accepted:
            operation = attempt.operation
            is_open = status == 404 and operation is not None and self._expectations.may_be_absent(operation)
            return None if is_open else f"refused with {status}"
        if step.kind == "list":
            return self._follow_list(attempt, step.size)
        view = TaskView.of(attempt.exchange.received, self._expectations.layout)
        if step.kind == "look for nothing":
            return None if view is None else f"the task {view.id}"
        if view is None or view.id is None:
            return "an answer without a task"
        if step.kind == "create":
            return self._follow_create(attempt, view, view.id)
        return self._follow_look(view, step.id)

    def _follow_create(self, attempt: Attempt, view: TaskView, id: str) -> str | None:
        if attempt.operation is None:
            return None
        if id in self.tasks:
            return f"the id {id}, which another task already has"
        field = self._expectations.layout.external_id_field
        name = first(field, attempt.payload) if field is not None else None
        self.tasks[id] = KnownTask(attempt.operation, name, view.state)
        return None

    def _follow_look(self, view: TaskView, id: str) -> str | None:
        if view.id != id:
            return f"the task {view.id} instead of {id}"
        return self._moved(id, view)

    def _follow_list(self, attempt: Attempt, size: int | None) -> str | None:
        items = task_views(attempt.exchange.received, self._expectations.layout)
        shown = {item.id: item for item in items if item.id is not None}
        if len(shown) < len(items):
            return "a task twice"
        listed = [
            id for id, known in self.tasks.items()
            if self._expectations.list_operation(known.create) is attempt.operation
        ]  # fmt: skip
        missing = [id for id in listed if id not in shown]
        if missing and (size is None or len(items) < size):
            return f"a list without {missing[0]}"
        moved = (self._moved(id, shown[id]) for id in listed if id in shown)
        return next((problem for problem in moved if problem is not None), None)

    def _moved(self, id: str, view: TaskView) -> str | None:
        """Note the state of a task. Return what is wrong if it went back, or left its end."""
        known = self.tasks[id]
        before, known.state = known.state, view.state
        if before is None or view.state is None:
            return None  # a word that is no state is for another check
        is_back = ORDER[view.state] < ORDER[before]
        is_revived = before == "succeed" and view.state != before
        return f"{view.status} after {before}" if is_back or is_revived else None
