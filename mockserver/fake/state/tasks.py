"""The tasks of a snapshot: each is checked as far as the fake relies on it, to the answers that are made of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.contract.readings import levels
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.intake import bodies
from mockserver.fake.lifecycle import Source, Task
from mockserver.fake.media import plan
from mockserver.fake.media.artifacts import Drawn
from mockserver.fake.state.refusal import cut, refuse
from mockserver.fake.world import World
from mockserver.suggestions import quoted
from mockserver.types import Reason, Request

_LONGEST_SIDE = 20_000
"""Pixels. No rule lets in a picture of such a ratio, and to draw a longer one would fill the memory."""

_LENIENT = {"null-field": "absent", "number-as-text": "accepted"}
"""Readings under which every payload can be read that a fake has accepted under any. An empty text may count as absent,
or be the value of a field that has to be there: nothing is said against it.
"""

_KEPT_BY_ALL = frozenset({"type", "enum", "const", "minimum", "maximum", "minItems", "maxItems", "required"})
"""The keywords that a kept payload satisfies, and that what is made of it relies on; long texts in it were cut."""


class Tasks:
    """Reads the tasks of a snapshot for a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._validators: dict[str, tuple[Validator, frozenset[str]]] = {}

    def read(self, items: list[dict[str, Any]]) -> Iterator[tuple[Task, int]]:
        """Yield each task, and how many queries of it were counted. Raises ``BadSetting``."""
        ids: set[tuple[str, str]] = set()
        by_external_id: dict[tuple[str, str, str], Task] = {}
        for index, item in enumerate(items):
            at = f"/tasks/{index}"
            operation = self._operation(at, item["operation"])
            task = _task(at, item)
            if (operation.service, task.id) in ids:
                refuse(f"{at}/id", f"there is another task {task.id!r} of {operation.service!r}.")
            ids.add((operation.service, task.id))
            if task.external_id is not None:
                key = operation.service, task.account, task.external_id
                self._check_external_id(at, by_external_id.get(key))
                by_external_id[key] = task
            self._check_document(f"{at}/document", operation, task)
            self._check_answers(at, operation, task)
            yield task, item.get("looked", 0)

    def _operation(self, at: str, id: str) -> Operation:
        service = self._world.catalog.services.get(id.partition("/")[0])
        operation = service.operations.get(id) if service else None
        if operation is None or not operation.task:
            text = f"no task is made by {quoted(id)}. `mockserver list operations` lists the operations."
            refuse(f"{at}/operation", text)
        return operation

    def _check_external_id(self, at: str, other: Task | None) -> None:
        """Refuse an id that an account gave twice, where it is the name of one task; that of a failed one is free."""
        if other is None:
            return
        service = self._world.catalog.services[other.operation.partition("/")[0]]
        if service.layout.finds_external_id and "failed" not in {status for _, status in other.timeline}:
            refuse(f"{at}/external_id", f"task {other.id!r} of this account has it already.")

    def _check_document(self, at: str, operation: Operation, task: Task) -> None:
        """Refuse a payload that this operation cannot have accepted, as far as anything is made of it."""
        request = Request("POST", operation.path, "", {"content-type": "application/json"}, task.document)
        try:
            payload = bodies.understood(bodies.payload(request, operation, _LENIENT), _LENIENT)
        except Refused as refused:
            refuse(at, f"it is not JSON: {cut(str(refused.fields.get('fact', refused.row)))}.")
        if not isinstance(payload, dict):
            refuse(at, "it is not a JSON object.")
        validator, switchable = self._validator(operation)
        for violation in validator.violations(payload):
            rule = violation.rule
            is_error = violation.level == "error" and rule.id not in switchable and violation.value != ""
            if is_error and rule.keyword in _KEPT_BY_ALL:
                refuse(at, f"{violation.field} {cut(violation.fact)} ({rule.id}).")

    def _validator(self, operation: Operation) -> tuple[Validator, frozenset[str]]:
        """Return what checks an operation's payloads, and the rules that are none under some reading."""
        if operation.id not in self._validators:
            questions = self._world.catalog.services[operation.service].questions
            usual = levels(questions, {id: question.default for id, question in questions.items()})
            readings = [reading for question in questions.values() for reading in question.readings.values()]
            switchable = frozenset(rule for reading in readings for rule in reading.levels)
            self._validators[operation.id] = Validator(operation.schema, operation.rules, usual), switchable
        return self._validators[operation.id]

    def _check_answers(self, at: str, operation: Operation, task: Task) -> None:
        """Refuse a task that the fake could not tell of, or whose results it could not make."""
        fails = "failed" in {status for _, status in task.timeline}
        if fails and task.reason is None:
            refuse(f"{at}/reason", "a task that fails has one.")
        try:
            made = plan.artifacts(operation, task, self._world.payload(task))
            if operation.callback is not None and operation.service in self._world.readings:
                dialect = self._world.dialects[self._world.catalog.services[operation.service].dialect]
                dialect.notice(self._world, task, task.created_at + task.timeline[-1][0])
        except Exception as error:  # noqa: BLE001 - whatever it is, it would be the answer to each query of the task
            refuse(at, f"the fake cannot answer for this task: {cut(str(error))}.")
        sides = [side for each in made if isinstance(each, Drawn) for side in (each.width, each.height)]
        if not fails and max(sides, default=0) > _LONGEST_SIDE:
            refuse(f"{at}/ratio", f"a side of the result would have more than {_LONGEST_SIDE} pixels.")


def _task(at: str, item: dict[str, Any]) -> Task:
    timeline = tuple((start, status) for start, status in item["timeline"])
    starts = [start for start, _ in timeline]
    if starts != sorted(starts):
        refuse(f"{at}/timeline", "its times are not in order.")
    fields = {name: value for name, value in item.items() if name != "looked"}
    source, cause = item.get("source"), item.get("cause")
    made = {"timeline": timeline, "document": item["document"].encode(), "source": source and Source(*source)}
    made["cause"] = cause and Reason(**cause)
    return Task(**{**fields, **made})
