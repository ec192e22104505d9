"""The model: what a client knows of its tasks, and what a server that keeps its word can answer then."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.contract.catalog import Operation
from mockserver.kit.server.evidence import Trial
from mockserver.kit.server.expectations import Terms
from mockserver.kit.task_view import ORDER, TaskView, task_views

_BUSY = 429


@dataclass(slots=True)
class Known:
    """A task of the model: who made it, its name, and the last that was seen of it."""

    maker: Operation
    name: str | None
    status: str


class Model:
    """Follows steps; each is a trial whose case says what was done."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self.tasks: dict[str, Known] = {}

    def step(self, trial: Trial) -> str | None:
        """Follow a step. Return what is wrong with its answer, or ``None``."""
        status = trial.exchange.status
        if status is None or status == _BUSY or status >= 500:
            return None  # checks of their own look at that
        if trial.case in ("a name again", "no such task"):
            return "accepted" if trial.is_accepted else None
        if not trial.is_accepted:
            operation = trial.operation
            is_open = status == 404 and operation is not None and self._terms.may_be_absent(operation)
            return None if is_open else f"refused with {status}"
        if trial.case == "list":
            return self._listed(trial)
        record = TaskView.of(trial.exchange.received, self._terms.layout)
        if record is None or record.id is None:
            return "an answer without a task"
        return self._made(trial, record) if trial.case == "create" else self._shown(record, str(trial.about["id"]))

    def _made(self, trial: Trial, record: TaskView) -> str | None:
        if record.id is None or trial.operation is None:
            return None
        if record.id in self.tasks:
            return f"the id {record.id}, which a task has already"
        name = trial.payload.get(self._terms.layout.external_id_field) if isinstance(trial.payload, dict) else None
        self.tasks[record.id] = Known(trial.operation, name, record.status or "")
        return None

    def _shown(self, record: TaskView, id: str) -> str | None:
        if record.id != id:
            return f"the task {record.id} instead of {id}"
        return self._moved(id, record.status or "")

    def _listed(self, trial: Trial) -> str | None:
        items = task_views(trial.exchange.received, self._terms.layout)
        shown = {item.id: item.status or "" for item in items if item.id is not None}
        if len(shown) < len(items):
            return "a task twice"
        mine = [id for id, known in self.tasks.items() if self._terms.beside(known.maker, "list") is trial.operation]
        missing = [id for id in mine if id not in shown]
        if missing and len(items) < int(trial.about["size"]):
            return f"a list without {missing[0]}"
        moved = (self._moved(id, shown[id]) for id in mine if id in shown)
        return next((problem for problem in moved if problem is not None), None)

    def _moved(self, id: str, status: str) -> str | None:
        known = self.tasks[id]
        before, known.status = known.status, status
        here, there = ORDER.get(before, -1), ORDER.get(status, 9)
        is_back = there < here or (here == ORDER["succeed"] and status != before)
        return f"{status} after {before}" if is_back else None
