"""The world of a fake: its settings, clock, ids, tasks, callbacks and journal, and what actions do with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from sys import intern

import jiter

from mockserver.contract.catalog import Catalog, Operation, Service
from mockserver.contract.forms import known
from mockserver.contract.readings import Readings, settled
from mockserver.contract.validation import Violation
from mockserver.destinations import Destinations
from mockserver.fake import auth
from mockserver.fake.callbacks.delivery import Delivery, id_of
from mockserver.fake.callbacks.queue import CallbackQueue
from mockserver.fake.clock import Clock
from mockserver.fake.faults import line as fault_line
from mockserver.fake.faults.fault import BadFault, Fault, Faults, Stage, Target
from mockserver.fake.faults.line import effect
from mockserver.fake.faults.prompt import PromptFaults
from mockserver.fake.ids import Ids
from mockserver.fake.journal import Journal
from mockserver.fake.lifecycle import Pace, Status, Task, following
from mockserver.fake.limits import Limit, Limits, Rate
from mockserver.fake.media import plan
from mockserver.fake.media.origin import origin
from mockserver.fake.media.uploads import Uploads
from mockserver.fake.refusal import Refused
from mockserver.fake.store import Store
from mockserver.settings import Settings
from mockserver.types import JSON, Millis, Payload, Request, Response

RETENTION_MILLIS: Millis = 30 * 24 * 3600 * 1000
"""How long results are kept (kling 6)."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way to an answer: everything its action may want to know.

    ``sent`` is the body, or without a body the query string; ``payload`` is what the operation's schema types of it,
    and all that an action may rely on; ``document`` is what was sent as JSON to keep; ``failure`` is why a task made of
    it would fail.
    """

    request: Request
    service: Service
    operation: Operation
    readings: Readings
    parameters: Mapping[str, str]
    account: str
    now: Millis
    payload: Payload
    sent: Payload
    document: bytes = b"{}"
    violations: tuple[Violation, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request, a result or a callback is about: the payload of a task, and the operation that creates it."""

    create_operation: Operation
    account: str
    payload: Payload


Action = Callable[["World", Call], Response]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The wire format of a family of services.

    * ``actions``: what an operation can do, by the name in ``service.json``
    * ``refused``: completes the body of a refusal
    * ``notice``: the body of a callback, of a task as it was at a moment
    * ``reports``: whether entering a state is called back
    """

    actions: Mapping[str, Action]
    refused: Callable[[World, Readings, dict[str, JSON]], dict[str, JSON]]
    notice: Callable[[World, Task, Millis], JSON]
    reports: Callable[[Readings, Status], bool]


class World:
    """Everything that lasts longer than a request."""

    def __init__(self, settings: Settings, catalog: Catalog, clock: Clock, dialects: Mapping[str, Dialect]) -> None:
        """Raises ``MockserverError`` for a setting that is wrong."""
        self.settings, self.catalog, self.clock = settings, catalog, clock
        self.services = tuple(catalog.service(id) for id in settings.services or catalog.services)
        self.dialects = dialects
        self.readings = settled(catalog.questions(settings.services), settings.readings)
        self.pace = Pace.parse(settings.pace)
        self.destinations = Destinations.parse(settings.allow_callbacks_to, settings.deny_callbacks_to)
        self.ids = Ids(settings.seed)
        self.store = Store()
        self.uploads = Uploads()
        self.journal = Journal()
        self.callbacks = CallbackQueue(self.store.get, self._notice, self._altered)
        self.limits = Limits(_limit(settings))
        self.faults = Faults(settings.seed)
        self.prompt_faults = PromptFaults()
        self.restored: frozenset[str] = frozenset()
        self.version = 0
        for line in settings.faults:
            self.faults.add(self.read_fault(line))

    def create(self, call: Call, id: str, *, external_id: str | None = None, callback_url: str | None = None) -> Task:
        """Make a task of a call's payload. Raises ``Refused`` when there is no slot for it."""
        operation, owner = call.operation, (call.service.id, call.account)
        # One text for all tasks that share it, here and below: a million tasks fit into memory.
        model = intern(str(plan.value_of_role(operation, call.payload, "model") or ""))
        slots = self._slots(call)
        most = self._most(call)
        if most is not None:
            taken = sum(task.slots for task in self.store.in_flight(owner, model, call.now))
            if taken + slots > most:
                raise Refused("no-slot")
        task = Task(
            id=id,
            operation=operation.id,
            account=intern(call.account),
            base_url=intern(origin(call.request, self.settings)),
            created_at=call.now,
            timeline=self.pace.timeline(operation.task["seconds"], "failed" if call.failure else "succeed"),
            document=call.document,
            slots=slots,
            model=model,
            external_id=external_id,
            callback_url=callback_url,
            reason=call.failure,
            ratio=intern(plan.ratio(operation, call.payload)),
            looks=self.pace.looks,
        )
        subject = Subject(operation, call.account, {**call.sent, **call.payload})
        for fault in self.faults_at("task", operation, subject, call.request.path):
            task = effect(fault)(task, call.service.reasons)
        self.store.add(task, call.now)
        self.callbacks.plan(task)
        return task

    def known_as(self, token: str) -> str:
        """Return what the account of a token is called here: the token, or its digest if a snapshot brought it back."""
        return auth.known_as(token, self.restored)

    def read_fault(self, line: str, account: str | None = None) -> Fault:
        """Read a line that asks for a fault. Raises ``BadFault``."""
        found = fault_line.fault(line, {service.id: service for service in self.services})
        account = account or found.account
        return found if account is None else replace(found, account=self.known_as(account))

    def faults_at(self, stage: Stage, operation: Operation, subject: Subject, path: str) -> list[Fault]:
        """Return the faults that happen now at a stage: those that were added, and those in the prompt of the subject.

        Raises ``Refused`` for a prompt whose fault is wrong.
        """
        try:
            asked = self.prompt_faults.of(
                subject.create_operation, subject.account, subject.payload, self.catalog.services
            )
        except BadFault as error:
            raise Refused("invalid", message=f"mock: {error}") from error
        if not self.faults and asked is None:
            return []
        target = Target(operation.service, operation.id, subject.account, path, subject.payload)
        return [*self.faults.take(stage, target), *(asked.take(stage, target) if asked else ())]

    def look(self, task: Task, now: Millis) -> Task:
        """Return a task that a client queries; under a pace that counts queries this may move it on."""
        if not task.looks or task.is_final(now) or self.store.look(task) % task.looks:
            return task
        return self.force(task, following(task), now, task.reason)

    def force(self, task: Task, status: Status, now: Millis, reason: str | None = None) -> Task:
        """Put a task into a state, and report it."""
        forced = task.forced(status, now, reason)
        self.store.replace(forced)
        if forced.timeline != task.timeline[: len(forced.timeline)]:
            self.callbacks.plan(forced, len(forced.timeline) - 1)
        return forced

    def reconfigure(self, settings: Settings) -> None:
        """Change the settings. Raises ``MockserverError``, and then nothing has changed."""
        services = tuple(self.catalog.service(id) for id in settings.services or self.catalog.services)
        readings = settled(self.catalog.questions(settings.services), settings.readings)
        pace = Pace.parse(settings.pace)
        limit = _limit(settings)
        destinations = Destinations.parse(settings.allow_callbacks_to, settings.deny_callbacks_to)
        self.version += 1
        self.destinations = destinations
        self.settings, self.services, self.pace, self.limits.usual = settings, services, pace, limit
        self.readings = {**self.readings, **readings}  # a service that is left out keeps its tasks

    def operation(self, task: Task) -> Operation:
        """Return the operation that created a task."""
        return self.catalog.services[task.operation.partition("/")[0]].operations[task.operation]

    def payload(self, task: Task) -> Payload:
        """Return what a task was created with, as far as its operation's schema types it."""
        return known(self.operation(task).schema, self.sent(task))

    def sent(self, task: Task) -> Payload:
        """Return all that a task was created with; of a field that no schema types the value may be anything."""
        found: Payload = jiter.from_json(task.document)
        return found

    def is_expired(self, task: Task, now: Millis) -> bool:
        """Whether a task's results are gone."""
        return now - task.state(now).updated_at >= RETENTION_MILLIS

    def has_faults(self, call: Call) -> bool:
        """Whether any fault could happen to a request; without one the search for it is skipped."""
        return bool(self.faults) or bool(self.prompt_faults) or b"[[" in call.document

    def subject(self, call: Call) -> Subject:
        """Return what a request is about: its own payload, or that of the task whose id is in its path."""
        for id in () if call.operation.task else call.parameters.values():
            own = self.store.get(call.service.id, id, call.account)
            task = own or self.store.get_external((call.service.id, call.account), id)
            if task is not None:
                return self.about(task)
        return Subject(call.operation, call.account, call.sent)

    def about(self, task: Task) -> Subject:
        """Return a task as what something is about."""
        return Subject(self.operation(task), task.account, self.sent(task))

    def reset(self, account: str | None = None) -> Iterator[None]:
        """Forget tasks, callbacks, exchanges and faults, of all accounts or of one; see ``Store.forget``."""
        if account is None:
            self.restored = frozenset()
        self.faults.clear(account)
        self.prompt_faults.clear(account)
        self.limits.clear(account)
        self.journal.clear(account)
        self.uploads.clear(account)
        self.callbacks.clear(account)
        return self.store.forget(account)

    def _most(self, call: Call) -> int | None:
        """Return how many slots a request may use: those of its account, or those it names itself."""
        own, wanted = self.limits.of(call.account).slots, plan.value_of_role(call.operation, call.payload, "jobs")
        if own is None or wanted is None:
            return own if wanted is None else int(wanted)
        return int(min(own, wanted) if call.readings.get("max-jobs") == "lowers" else wanted)

    def _slots(self, call: Call) -> int:
        if call.operation.task["media"] == "video" or "jobs" in call.operation.task:
            return 1
        if plan.is_series(call.operation, call.payload) and call.readings.get("series-slots") == "one":
            return 1
        return plan.count(call.operation, call.payload)

    def _notice(self, task: Task, moment: tuple[Millis, Status]) -> Delivery | None:
        """Return what is sent when a task enters a state, if that is reported."""
        service = self.catalog.services[task.operation.partition("/")[0]]
        dialect, readings = self.dialects[service.dialect], self.readings[service.id]
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
            body=encoded(dialect.notice(self, task, at)),
            due=at,
            pauses=service.questions["callback-retries"].readings[readings["callback-retries"]].pauses,
        )

    def _altered(self, task: Task, delivery: Delivery, gap: Millis) -> tuple[Delivery, ...]:
        """Return what the faults make of a callback; ``gap`` is the time until its task's next state."""
        sent: tuple[Delivery, ...] = (delivery,)
        for fault in self.faults_at("callback", self.operation(task), self.about(task), delivery.url):
            sent = tuple(delivery for one in sent for delivery in effect(fault)(one, gap))
        return sent


def _limit(settings: Settings) -> Limit:
    return Limit(settings.slots, None if settings.rate is None else Rate.parse(settings.rate))


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encoded(body: JSON) -> bytes:
    """Write JSON compactly, as the services do."""
    return _ENCODER.encode(body).encode(errors="backslashreplace")  # half a surrogate pair can only be escaped
