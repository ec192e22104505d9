"""A scene: a client is asked for one thing while the service behaves in one way, and what came of it is an act.

A scene says what is asked for and what goes wrong; which promises are looked at is the checks' affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mockserver.contract.catalog import Operation, Service
from mockserver.contract.layout import Layout
from mockserver.kit.client.testee import TesteeFault
from mockserver.kit.task_view import TaskView, task_views
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.types import JSON

_SPELLINGS: Mapping[str, Mapping[str, str]] = {
    "useapi": {"1301": "subscription", "1302": "too-fast", "1303": "too-fast", "5000": "bare 500"}
}
"""What goes wrong, in words of ``kling``, as the error tables of other dialects have it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One way for a service to behave.

    * ``means``: what goes on, in a sentence
    * ``faults``: what goes wrong, a line each; ``{create}`` and ``{get}`` are the operations that make and show a task
    * ``payload``: fields beside those of a plain payload, by product; ``only_products``: others cannot play it
    * ``pace``: how fast tasks live
    * ``timeout``: the seconds the client has
    * ``credentials``: the kind it gets; ``callbacks``: whether it is to listen for them
    * ``stranger``: before the service calls back, somebody else does, with ``FORGED``
    * ``dialects`` and ``services``: those that can play it; none means all
    * ``is_generated``: it has no payload of its own, but is played with many that are drawn from the contract
    """

    id: str
    means: str
    faults: tuple[str, ...] = ()
    payload: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)
    pace: str = "polls:1"
    timeout: float = 20.0
    credentials: str = "token"
    callbacks: bool = False
    stranger: bool = False
    dialects: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    only_products: bool = False
    is_generated: bool = False

    def is_known(self, service: Service) -> bool:
        """Whether what happens here can happen at a service."""
        is_named = not self.services or service.id in self.services
        return is_named and (not self.dialects or service.dialect in self.dialects)

    def lines(self, create: Operation, service: Service) -> tuple[str, ...]:
        """Return the faults as a service has them, for what ``create`` makes."""
        shows = [each for each in service.operations.values() if each.does == "get"]
        get = next((each for each in shows if each.product == create.product), shows[0])
        spellings = _SPELLINGS.get(service.dialect, {})
        lines = (line.replace("{create}", create.id).replace("{get}", get.id) for line in self.faults)
        words = (line.partition(" ") for line in lines)
        return tuple(f"{spellings.get(name, name)}{space}{rest}" for name, space, rest in words)


@dataclass(frozen=True, slots=True)
class Act:
    """What came of a scene.

    * ``payload``: what the client was asked to send; ``answer``: what the testee said, unless it had a ``fault``
    * ``transcript``: what client and fake said to each other; ``tasks``: how many tasks there were in the end
    * ``seconds``: how long it took; ``reading``: the answer to an open question under which it was played, if not the
      usual one; ``layout``: where the service's answers hold what
    """

    scene: Scene
    operation: str
    payload: Mapping[str, JSON]
    answer: Mapping[str, JSON]
    transcript: Transcript
    tasks: int
    seconds: float
    layout: Layout
    fault: TesteeFault | None = None
    reading: str = ""

    @property
    def product(self) -> str:
        """What a testee calls the operation: ``kling/omni-image``."""
        return self.operation.removesuffix(".create")

    @property
    def is_accepted(self) -> bool:
        """Whether the service took what was sent."""
        return bool(self.creates) and self.creates[-1].status == 200

    @property
    def outcome(self) -> str:
        """The testee's word for it; ``fault`` when it had none."""
        return "fault" if self.fault is not None else str(self.answer.get("outcome"))

    @property
    def told(self) -> str:
        """The outcome in words: the testee's, or its fault."""
        return str(self.fault) if self.fault is not None else f"{self.outcome} {self.answer.get('message', '')}".strip()

    @property
    def calls(self) -> tuple[Exchange, ...]:
        """The requests to the service itself, and not to where its results lie."""
        return tuple(each for each in self.transcript if not (each.operation or "").endswith(".fetch"))

    @property
    def fetches(self) -> tuple[Exchange, ...]:
        """The requests for results."""
        return self.transcript.of("fetch").exchanges

    @property
    def creates(self) -> tuple[Exchange, ...]:
        """The requests that were to make a task."""
        return self.transcript.of("create").exchanges

    @property
    def polls(self) -> tuple[Exchange, ...]:
        """The requests that asked for a task or a list."""
        return self.transcript.of("get", "list").exchanges

    def shown(self, exchange: Exchange) -> list[TaskView]:
        """Return the tasks that an answer shows."""
        record = TaskView.of(exchange.received, self.layout)
        return [record] if record is not None else task_views(exchange.received, self.layout)

    def task_id(self, exchange: Exchange) -> str | None:
        """Return the id of the one task that an answer shows, as it is written in a path."""
        record = TaskView.of(exchange.received, self.layout)
        return record.id if record is not None else None

    def status(self, exchange: Exchange) -> str | None:
        """Return the state of the one task that an answer shows."""
        record = TaskView.of(exchange.received, self.layout)
        return record.status if record is not None else None
