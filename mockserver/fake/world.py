"""The world of a fake: its settings, clock, ids, tasks, callbacks and journal, and what actions do with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from sys import intern

import jiter

from mockserver.contract import places
from mockserver.contract.catalog import Catalog
from mockserver.contract.forms import known
from mockserver.contract.readings import Readings, settled
from mockserver.contract.service import Operation, Service
from mockserver.destinations import Destinations
from mockserver.fake.answering.reasons import of_faults
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call, Subject
from mockserver.fake.callbacks.delivery import Delivery, id_of
from mockserver.fake.callbacks.outbox import Outbox
from mockserver.fake.clock import Clock
from mockserver.fake.dialects.dialect import Dialect
from mockserver.fake.dialects.shown import Shown
from mockserver.fake.encoding import encoded
from mockserver.fake.faults.begun import Begun
from mockserver.fake.faults.fault import BadFault, Faults, Hit, Stage, Target
from mockserver.fake.faults.held import Holding
from mockserver.fake.faults.prompt import PromptFaults
from mockserver.fake.faults.reader import FaultReader
from mockserver.fake.ids import Ids
from mockserver.fake.intake.auth import hashed, known_as
from mockserver.fake.library.possessions import Possessions
from mockserver.fake.lifecycle import Pace, Source, Status, Task, following
from mockserver.fake.limits import Limit, Limits, most_slots, slots_of
from mockserver.fake.media import plan
from mockserver.fake.media.origin import origin
from mockserver.fake.media.uploads import Uploads
from mockserver.fake.sharing import Sharing
from mockserver.fake.stores.owned import Owned, owned, shared
from mockserver.fake.stores.store import Store
from mockserver.settings import Settings
from mockserver.types import Millis, Payload, Reason

RETENTION_MILLIS: Millis = 30 * 24 * 3600 * 1000
"""How long results are kept (kling 6)."""


class World:
    """Everything that lasts longer than a request.

    ``contract`` is what is served; ``catalog`` has besides what was served before and has tasks, perhaps.
    """

    def __init__(
        self, settings: Settings, catalog: Catalog, clock: Clock, store: Store, dialects: Mapping[str, Dialect[World]]
    ) -> None:
        """Raises ``MockserverError`` for a setting that is wrong."""
        self.settings, self.catalog, self.clock, self.store, self.dialects = settings, catalog, clock, store, dialects
        self.contract = catalog
        self.services = tuple(catalog.service(id) for id in settings.services or catalog.services)
        self.readings = settled(catalog.questions(settings.services), settings.readings)
        self._shared = shared(self.services)
        self.pace = Pace.parse(settings.pace)
        self.destinations = Destinations.parse(settings.allow_callbacks_to, settings.deny_callbacks_to)
        self.ids = Ids(store, settings.seed)
        self.tasks, self.journal, self.documents = store.tasks, store.journal, store.documents
        self.uploads, self.possessions, self.shown = Uploads(self.documents), Possessions(self.documents), Shown()
        self.callbacks = Outbox(store, self.tasks.get, self._notice, self._altered)
        self.held = Holding(store, lambda delivery: self.callbacks.resume(delivery, self.clock.now()))
        self.limits = Limits(self.documents, Limit.usual(settings))
        self.faults = Faults(store, settings.seed)
        self.prompt_faults = PromptFaults(self.documents, settings.seed)
        self.restored: frozenset[str] = frozenset()
        self.version = 0
        self.fault_reader = FaultReader(self)
        self._begun = Begun(self.documents, settings, self.fault_reader)
        learners = (self.limits.learn, self.faults.learn, self.prompt_faults.learn)
        self.sharing = Sharing(store, clock, settings, self._take, learners)
        self.sharing.turn(self.begin)

    def create(
        self,
        call: Call,
        id: str,
        *,
        external_id: str | None = None,
        callback_url: str | None = None,
        source: Source | None = None,
    ) -> Task:
        """Make a task of a call's payload. Raises ``Refused`` when there is no slot for it."""
        operation = call.operation
        # One text for all tasks that share it, here and below: a million tasks fit into memory.
        model = intern(plan.model(operation, call.payload))
        slots = slots_of(call)
        most = most_slots(call, self.limits.of(call.account).slots)
        if most is not None:
            taken = self.owned(call).in_flight(model, call.now)
            if taken.slots + slots > most:
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
            source=source,
            cause=call.cause,
        )
        if self.has_faults(call):
            task = self._upset(task, call)
        self.tasks.add(task, call.now)
        self.callbacks.plan(task)
        return task

    def _upset(self, task: Task, call: Call) -> Task:
        """Return what the faults make of a new task."""
        from mockserver.fake.faults.line import effect

        subject = Subject(call.operation, call.account, {**call.sent, **call.payload})
        hits = self.faults_at("task", call.operation, subject, call.request.path)
        for hit in hits:
            task = effect(hit.fault)(task, call.service.reasons)
        return replace(task, cause=of_faults(hits)) if hits else task

    def owned(self, call: Call) -> Owned:
        """Return the tasks of the account of a call, with those at services that share them."""
        return owned(self.tasks, call.service, call.account, self._shared)

    def check_name(self, call: Call, name: str) -> None:
        """Refuse an id of the client's own that a task of the account has already. Raises ``Refused``."""
        task = self.owned(call).get_external(name)
        may_be_used_again = call.readings.get("external-id-again") == "allowed"
        if task is not None and not (may_be_used_again and task.state(call.now).status == "failed"):
            raise Refused("duplicate-external-id", id=name)

    def known_as(self, token: str) -> str:
        """Return what the account of a token is called here.

        It is the token, but its digest where others may read the store, or where a snapshot brought it back.
        """
        return hashed(token) if self.store.is_shared else known_as(token, self.restored)

    def faults_at(self, stage: Stage, operation: Operation, subject: Subject, path: str) -> list[Hit]:
        """Return the faults that happen now at a stage: those that were added, and those in the prompt of the subject.

        Raises ``Refused`` for a prompt whose fault is wrong.
        """
        target = Target(operation.service, operation.id, subject.account, path, subject.payload)
        try:
            asked = self.prompt_faults.take(
                stage, target, subject.create_operation, subject.account, subject.payload, self.catalog.services
            )
        except BadFault as error:
            raise Refused("invalid", kind="fault", message=f"mock: {error}") from error
        return [*self.faults.take(stage, target), *asked]

    def look(self, task: Task, now: Millis) -> Task:
        """Return a task that a client queries; under a pace that counts queries this may move it on."""
        if not task.looks or task.is_final(now) or self.tasks.look(task) % task.looks:
            return task
        return self.force(task, following(task), now, task.reason)

    def force(
        self, task: Task, status: Status, now: Millis, reason: str | None = None, cause: Reason | None = None
    ) -> Task:
        """Put a task into a state, and report it; ``cause`` is why, if that is not what its plan says."""
        forced = task.forced(status, now, reason)
        if cause is not None:
            forced = replace(forced, cause=cause)
        self.tasks.replace(forced)
        if forced.timeline != task.timeline[: len(forced.timeline)]:
            self.callbacks.plan(forced, len(forced.timeline) - 1)
        return forced

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
        return self.faults.are_any or self.prompt_faults.are_any or call.has_mark

    def subject(self, call: Call) -> Subject:
        """Return what a request is about: its own payload, or that of the task that it names."""
        owned = self.owned(call)
        for id in () if call.operation.task else _named(call):
            task = owned.get(id) or owned.get_external(id)
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
        self.possessions.clear(account)
        self.callbacks.clear(account)
        self.held.clear(account)
        return self.tasks.forget(account)

    def begin(self) -> None:
        """Name the store, and add the faults that it begins with."""
        self.sharing.begin()
        self._begun.add_to(self.faults)

    def take(self, contract: Catalog) -> None:
        """Serve another contract. Raises ``MockserverError`` where the settings do not fit it; then nothing changes."""
        before, self.contract = self.contract, contract
        try:
            self._take(self.settings)
        except BaseException:
            self.contract = before
            raise
        self.catalog, self.shown = contract.beside(self.catalog), Shown()

    def _take(self, settings: Settings) -> None:
        services = tuple(self.contract.service(id) for id in settings.services or self.contract.services)
        readings = settled(self.contract.questions(settings.services), settings.readings)
        pace = Pace.parse(settings.pace)
        limit = Limit.usual(settings)
        destinations = Destinations.parse(settings.allow_callbacks_to, settings.deny_callbacks_to)
        self.fault_reader.check(settings)
        self.version += 1
        self.destinations = destinations
        self.settings, self.services, self.pace, self.limits.usual = settings, services, pace, limit
        self._shared = shared(services)
        self.readings = {**self.readings, **readings}  # a service that is left out keeps its tasks

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
            pauses=_pauses(service, readings),
        )

    def _altered(self, task: Task, delivery: Delivery, gap: Millis) -> tuple[Delivery, ...]:
        """Return what the faults make of a callback; ``gap`` is the time until its task's next state."""
        from mockserver.fake.faults.line import effect

        sent: tuple[Delivery, ...] = (delivery,)
        for hit in self.faults_at("callback", self.operation(task), self.about(task), delivery.url):
            sent = tuple(delivery for one in sent for delivery in effect(hit.fault)(one, gap))
        self.held.callbacks(task.operation, sent, self.clock.now())
        return sent


def _pauses(service: Service, readings: Readings) -> tuple[Millis, ...]:
    """Return how long to wait before each further attempt at a callback; there is none where nothing is known."""
    retries = service.questions.get("callback-retries")
    return () if retries is None else retries.readings[readings[retries.id]].pauses


def _named(call: Call) -> list[str]:
    """Return the ids in the path of a request, or in the field that names tasks."""
    named = (*call.parameters.values(), *places.values(call.operation.finds, call.payload))
    return [id for each in named for id in (each if isinstance(each, list) else [each]) if isinstance(id, str)]
