"""The fake: from a request to an answer, without any input or output.

The story of a request: find the route, find the account, read the body, check it against the rules, let the service's
dialect act, record the exchange.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mockserver.contract.catalog import Catalog, load
from mockserver.contract.routes import plain
from mockserver.contract.service import Service
from mockserver.errors import BadContract, StoreUnavailable
from mockserver.fake.answering.headers import ERROR, annotated, named
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.answering.replies import Replies
from mockserver.fake.callbacks.delivery import Attempt, Delivery, Receiver, signed
from mockserver.fake.callbacks.outbox import Claim
from mockserver.fake.clock import Clock
from mockserver.fake.dialects.known import DIALECTS
from mockserver.fake.handles import AllHeld, Callbacks, FaultLines, Profiles, Requests, Tasks
from mockserver.fake.intake.intake import Intake, Prepared
from mockserver.fake.limits import Limit, Rate
from mockserver.fake.media import results
from mockserver.fake.stores.memory.store import Memory
from mockserver.fake.stores.store import Bounds, Store
from mockserver.fake.world import World
from mockserver.settings import Settings, checked_settings, checked_slots
from mockserver.types import JSON, Millis, Request, Response

if TYPE_CHECKING:
    from mockserver.fake.state.snapshot import Sections, Time

T = TypeVar("T")

Watcher = Callable[[Request, Response], None]
"""Is told of each request and its answer, in the thread that answers: it must not wait for anything."""

_DELIVERED_AT_ONCE = 512
"""Callbacks of one turn: with more, others would wait for it."""


class Fake:
    """The services of the catalog, as one function from ``Request`` to ``Response``.

    It may be called from several threads: they read and validate side by side, and take turns at the store.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        catalog: Catalog | None = None,
        clock: Clock | None = None,
        store: Store | None = None,
    ) -> None:
        """Without a ``store`` the state is in memory, and bounded by the settings.

        Raises ``BadSetting`` for a setting that this contract does not have, ``BadContract`` and ``StoreUnavailable``.
        """
        settings = checked_settings(settings)
        self.store = Memory(Bounds(settings.max_tasks)) if store is None else store
        self.world = World(settings, catalog or load(), clock or Clock(), self.store, DIALECTS)
        self.tasks = Tasks(self.world, self.turn)
        self.requests = Requests(self.world, self.turn)
        self.callbacks = Callbacks(self.world, self.turn)
        self.faults = FaultLines(self.world, self.turn)
        self.profiles, self.held = Profiles(self.world, self.turn), AllHeld(self.world, self.turn)
        self._watchers: list[Watcher] = []
        self.failures = 0  # requests that an exception has kept from their answer, in this process
        self._intake = Intake(self.world)
        self._replies = Replies(self.world)

    @property
    def settings(self) -> Settings:
        """How this fake behaves."""
        return self.world.settings

    @property
    def clock(self) -> Clock:
        """The clock of this fake."""
        return self.world.clock

    @property
    def waits(self) -> bool:
        """Whether a turn may wait for a disk, a network or others: then it belongs into a thread."""
        return self.store.is_shared

    def is_ready(self) -> bool:
        """Tell whether the store can be reached and written. It may wait for an answer."""
        try:
            self.beat()  # a disk that is full can still be read
        except StoreUnavailable:
            return False
        return True

    def turn(self, work: Callable[[], T]) -> T:
        """Do something as one atomic step of the store. Raises ``StoreUnavailable``."""
        return self.world.sharing.turn(work)

    def learn(self) -> None:
        """Take note of what others who share the store have changed: the time, settings, faults and limits."""
        if self.waits:
            self.turn(lambda: None)

    def respond(self, request: Request) -> Response:
        """Answer a request as its service would. Raises ``StoreUnavailable``."""
        (response,) = self.answers([self.prepare(request)])
        return response

    def prepare(self, request: Request, account: str | None = None) -> Prepared:
        """Read and check a request as far as that needs no state; see ``Intake.prepared``."""
        if self._intake.version != self.world.version:
            self._intake = Intake(self.world)
        return self._intake.prepared(request, account)

    def answers(self, requests: Sequence[Prepared]) -> list[Response]:
        """Answer requests that were prepared, all in one turn of the store. Raises ``StoreUnavailable``."""
        found = self.world.sharing.run([partial(self._answer, prepared) for prepared in requests])
        for prepared, response in zip(requests, found, strict=True):
            self._note(prepared.request, response)
        return found

    def watch(self, watcher: Watcher) -> None:
        """Tell somebody of each request that is answered from now on, also those of results."""
        self._watchers.append(watcher)

    def _note(self, request: Request, response: Response) -> None:
        self.failures += ERROR in response.headers
        self._tell(request, response)

    def _tell(self, request: Request, response: Response) -> None:
        for watcher in self._watchers:
            watcher(request, response)

    def _answer(self, prepared: Prepared) -> Response:
        self.world.sharing.learn()
        if prepared.version != (self.world.version, self.clock.version):
            prepared = self.prepare(prepared.request)
        return self._replies.to(prepared)

    def refuse(self, request: Request, refused: Refused) -> Response:
        """Answer what came over the wire and is no request to a service, such as too large a head, and record it."""
        return self._recorded(request, lambda service: self._replies.refusal(service, refused))

    def failed(self, request: Request, error: Exception) -> Response:
        """Answer a request that an exception has kept from its answer, and record it in the journal."""
        if isinstance(error, StoreUnavailable):
            return self._unavailable(request, error)
        return self._recorded(request, lambda service: self._replies.failure(service, request, error))

    def _recorded(self, request: Request, answer: Callable[[Service], Response]) -> Response:
        def job() -> Response:
            response = annotated(answer(service := self._service(request)), ())
            self.world.journal.write(self.clock.now(), service.id, None, None, request, response, ())
            return response

        try:
            response = self.turn(job)
        except StoreUnavailable as error:
            return self._unavailable(request, error)
        self._note(request, response)
        return response

    def _unavailable(self, request: Request, error: StoreUnavailable) -> Response:
        """Answer while the store can neither be read nor written."""
        refused = Refused("unavailable", headers=named(error))
        response = annotated(self._replies.refusal(self._service(request), refused), ())
        self._tell(request, response)
        return response

    def _service(self, request: Request) -> Service:
        return self._intake.router.match(request.method, request.path, request.host).service

    def fetch(self, request: Request) -> results.Result | results.Gone:
        """Return what is behind a result URL, or why there is nothing; the journal says whose it is."""
        found, response = self.turn(lambda: self._replies.result(plain(request.path), request))
        self._note(request, response)
        return found

    @property
    def next_delivery(self) -> Millis | None:
        """When the next callback is due, on the fake's clock."""
        return self.world.callbacks.next

    def unfinished(self, moment: Millis) -> int:
        """Count the tasks of which a callback was due by a moment and has not arrived, whoever sends it."""
        return self.world.callbacks.unfinished(moment)

    def take(self, most: int) -> list[str]:
        """Take at most so many things that are due, which ``claimed`` writes; nobody else gets them then."""
        now = self.turn(self.clock.now)  # others may have moved the clock
        return self.world.callbacks.take(now, most)

    def claimed(self, keys: Sequence[str], full: Collection[Receiver] = frozenset()) -> Claim:
        """Write the callbacks that are to be sent now of what was taken; see ``Outbox.claimed``."""
        return self.turn(lambda: self.world.callbacks.claimed(keys, self.clock.now(), full))

    def due(self, most: int = _DELIVERED_AT_ONCE) -> list[Delivery]:
        """Take out callbacks that are due, at most one of each task, to be sent by the caller.

        The next one of a task follows when ``attempted`` was told that this one was delivered or given up.
        """
        return self.claimed(self.take(most)).deliveries

    def delivered(self) -> list[Delivery]:
        """Take out all callbacks that are due, as if each was delivered at once: for callers that send nothing."""
        found: list[Delivery] = []
        while keys := self.take(_DELIVERED_AT_ONCE):
            now = Attempt(self.clock.now(), 0, 200)
            found += self.attempts([(each, now) for each in self.claimed(keys).deliveries])
        return found

    def attempted(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Record an attempt at a callback that was taken out."""
        return self.attempts([(delivery, attempt)])[0]

    def attempts(self, made: Sequence[tuple[Delivery, Attempt]]) -> list[Delivery]:
        """Record attempts at callbacks that were taken out, all in one turn of the store."""
        return self.turn(lambda: self.world.callbacks.attempts(made))

    def beat(self) -> None:
        """Say that this fake is alive, and learn what others have changed; about once a second."""
        self.store.beat()
        self.turn(self.world.begin)

    def signature(self, delivery: Delivery) -> dict[str, str]:
        """Return the headers that sign an attempt made now; none without a secret."""
        secret, readings = self.settings.webhook_secret, self.world.readings[delivery.service]
        if secret is None or readings.get("callback-signed") == "no":
            return {}
        body = b"another body" if delivery.is_forged else delivery.body
        return signed(secret, delivery.id, self.clock.now(), body)

    def reset(self, account: str | None = None) -> None:
        """Forget tasks, callbacks, exchanges and faults, of all accounts or of one; settings and clock stay."""
        forgotten = self.turn(lambda: self.world.reset(account and self.world.known_as(account)))
        deque(forgotten, maxlen=0)

    def limit(self, account: str, slots: int | None = None, rate: str | None = None) -> None:
        """Give an account its own limits: tasks in flight, and requests per time, ``10/s``. Raises ``BadSetting``."""
        own = Limit(checked_slots(slots), None if rate is None else Rate.parse(rate))
        self.turn(lambda: self.world.limits.set(self.world.known_as(account), own))

    def snapshot(self) -> dict[str, JSON]:
        """Return tasks, time and faults as JSON."""
        from mockserver.fake.state.snapshot import whole

        return whole(self.sections())

    def sections(self) -> Sections:
        """Return what ``snapshot`` returns as parts, of which the large ones are made as they are read."""
        from mockserver.fake.state.snapshot import taken

        return self.turn(lambda: taken(self.world))

    def restore(self, state: JSON, time: Time = "then") -> None:
        """Replace the state by a snapshot. Raises ``BadSetting``, and then nothing has changed.

        Time goes on from when the snapshot was taken, or with ``time="now"`` from the time that this fake has; what
        would have happened in between has then happened. It stands still if it did in the snapshot.
        """
        from mockserver.fake.state.reading import read
        from mockserver.fake.state.snapshot import checked_time_to_go_on, restored

        checked_time_to_go_on(time)
        found = read(self.world, state)
        forgotten, clock = self.turn(lambda: restored(self.world, found, time))
        self.world.sharing.follow(clock)
        deque(forgotten, maxlen=0)

    def reconfigure(self, settings: Settings) -> None:
        """Change the settings and keep all tasks. Raises ``MockserverError``, and then nothing has changed."""
        self.change(lambda _: settings)

    def take_contract(self, contract: Catalog) -> None:
        """Serve another contract and keep all tasks, also those of operations that it lacks.

        Raises ``MockserverError``, and then nothing has changed.
        """

        def job() -> None:
            before = self.world.contract
            self.world.take(contract)
            try:
                self._intake = Intake(self.world)
            except BadContract:
                self.world.take(before)
                raise

        self.turn(job)

    def change(self, how: Callable[[Settings], Settings]) -> None:
        """Change the settings to what is made of those that there are now; else like ``reconfigure``."""
        self.turn(lambda: self.world.sharing.change(how(self.settings)))
        self._intake = Intake(self.world)
