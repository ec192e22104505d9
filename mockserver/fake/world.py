"""The world a fake lives in: its settings, clock, ids, tasks, callbacks and journal, and what actions do with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jiter

from mockserver.contract.catalog import Catalog, Operation, Service
from mockserver.contract.readings import Readings, settled
from mockserver.contract.validation import Violation
from mockserver.fake import plan
from mockserver.fake.agenda import Agenda, Delivery
from mockserver.fake.clock import Clock
from mockserver.fake.ids import Ids
from mockserver.fake.journal import Journal
from mockserver.fake.lifecycle import Pace, Status, Task, following
from mockserver.fake.refusal import Refused
from mockserver.fake.store import Store
from mockserver.settings import Settings
from mockserver.types import JSON, Millis, Payload, Request, Response

RETENTION: Millis = 30 * 24 * 3600 * 1000
"""How long results are kept (kling 6)."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way to an answer: everything its action may want to know.

    ``payload`` is the body, or without a body the query string, as the operation's schema types it;
    ``document`` is the payload as JSON to keep; ``failure`` is why a task made of it would fail.
    """

    request: Request
    service: Service
    operation: Operation
    readings: Readings
    parameters: Mapping[str, str]
    account: str
    now: Millis
    payload: Payload
    document: bytes = b"{}"
    violations: tuple[Violation, ...] = ()
    failure: str | None = None


Action = Callable[["World", Call], Response]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a family of services speaks.

    * ``actions``: what an operation can do, by the name in ``service.json``
    * ``refused``: completes the body of a refusal
    * ``notice``: the body of a callback, of a task as it was at a moment
    * ``reports``: which states are called back
    """

    actions: Mapping[str, Action]
    refused: Callable[[World, Readings, dict[str, JSON]], dict[str, JSON]]
    notice: Callable[[World, Task, Millis], JSON]
    reports: Callable[[Readings, Status], bool]


class World:
    """Everything that lasts longer than a request."""

    def __init__(self, settings: Settings, catalog: Catalog, clock: Clock, dialects: Mapping[str, Dialect]) -> None:
        """Raises ``MockserverError`` for a setting that cannot be meant."""
        self.settings, self.catalog, self.clock = settings, catalog, clock
        self.services = tuple(catalog.service(id) for id in settings.services or catalog.services)
        self.dialects = dialects
        self.readings = settled(catalog.questions(settings.services), settings.readings)
        self.pace = Pace.parse(settings.pace)
        self.ids = Ids(settings.seed)
        self.store = Store()
        self.journal = Journal()
        self.agenda = Agenda(self.store.get, self._notice)

    def create(self, call: Call, id: str, *, external_id: str | None = None, callback_url: str | None = None) -> Task:
        """Make a task of a call's payload. Raises ``Refused`` when there is no slot for it."""
        operation, owner = call.operation, (call.service.id, call.account)
        model = str(plan.chosen(operation, call.payload, "model") or "")
        slots = self._slots(call)
        if self.settings.slots is not None:
            taken = sum(task.slots for task in self.store.in_flight(owner, model, call.now))
            if taken + slots > self.settings.slots:
                raise Refused("no-slot")
        task = Task(
            id=id,
            operation=operation.id,
            account=call.account,
            base_url=self.settings.public_url or call.request.base_url,
            created_at=call.now,
            timeline=self.pace.timeline(operation.task["seconds"], "failed" if call.failure else "succeed"),
            document=call.document,
            slots=slots,
            model=model,
            external_id=external_id,
            callback_url=callback_url,
            reason=call.failure,
            ratio=plan.ratio(operation, call.payload),
            looks=self.pace.looks,
        )
        self.store.add(task, call.now)
        self.agenda.plan(task)
        return task

    def look(self, task: Task, now: Millis) -> Task:
        """Return a task that a client asks for; under a pace that counts looks this may be what moves it on."""
        if not task.looks or task.is_final(now) or self.store.look(task) % task.looks:
            return task
        return self.force(task, following(task), now, task.reason)

    def force(self, task: Task, status: Status, now: Millis, reason: str | None = None) -> Task:
        """Put a task into a state, and report it."""
        forced = task.forced(status, now, reason)
        self.store.replace(forced)
        self.agenda.plan(forced, len(forced.timeline) - 1)
        return forced

    def reconfigure(self, settings: Settings) -> None:
        """Live on under other settings."""
        self.readings = settled(self.catalog.questions(settings.services), settings.readings)
        self.pace = Pace.parse(settings.pace)
        self.settings = settings

    def operation(self, task: Task) -> Operation:
        """Return the operation that created a task."""
        return self.catalog.services[task.operation.partition("/")[0]].operations[task.operation]

    def payload(self, task: Task) -> Payload:
        """Return what a task was created with."""
        found: Payload = jiter.from_json(task.document)
        return found

    def is_expired(self, task: Task, now: Millis) -> bool:
        """Whether a task's results are gone."""
        return now - task.state(now).updated_at >= RETENTION

    def reset(self) -> None:
        """Forget tasks, callbacks and exchanges."""
        self.store.clear()
        self.agenda.clear()
        self.journal.clear()

    def _slots(self, call: Call) -> int:
        if call.operation.task["media"] == "video":
            return 1
        if plan.is_series(call.operation, call.payload) and call.readings.get("series-slots") == "one":
            return 1
        return plan.count(call.operation, call.payload)

    def _notice(self, task: Task, status: Status, at: Millis) -> Delivery | None:
        service = self.catalog.services[task.operation.partition("/")[0]]
        dialect, readings = self.dialects[service.dialect], self.readings[service.id]
        if not dialect.reports(readings, status):
            return None
        body = encoded(dialect.notice(self, task, at))
        retries = int(readings["callback-retries"])
        url = task.callback_url or ""
        return Delivery(self.ids.uuid(), service.id, task.id, task.account, status, url, body, at, retries)


def encoded(body: JSON) -> bytes:
    """Write JSON as the wire has it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
