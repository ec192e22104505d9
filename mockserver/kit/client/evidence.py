"""Evidence: what was seen of a client in one scenario. Checks look at nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.contract.layout import Layout
from mockserver.kit.client.scenarios import Scenario
from mockserver.kit.client.testee import TesteeFault
from mockserver.kit.task_view import TaskView, at, task_views
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.types import JSON


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of a client in one scenario.

    * ``operation``: what the client was asked for: ``kling/omni-image.create``
    * ``payload``: the payload that the client was given
    * ``answer``: what the testee answered; empty if it had a ``fault``
    * ``transcript``: all exchanges between the client and the fake
    * ``tasks``: how many tasks the client had in the end
    * ``seconds``: how long the client took
    * ``layout``: where the answers of the service keep what
    * ``fault``: what the testee did instead of answering
    * ``reading``: the reading under which the scenario was played, if it is not the default
    * ``unstruck``: what was to go wrong and did not, because nothing of the kind was asked: lines of ``--fault``
    * ``elsewhere``: the other hosts that the client asked for, and did not reach
    """

    scenario: Scenario
    operation: str
    payload: Mapping[str, JSON]
    answer: Mapping[str, JSON]
    transcript: Transcript
    tasks: int
    seconds: float
    layout: Layout
    fault: TesteeFault | None = None
    reading: str = ""
    unstruck: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def product(self) -> str:
        """What a testee calls the operation: ``kling/omni-image``."""
        return self.operation.removesuffix(".create")

    @property
    def is_accepted(self) -> bool:
        """Whether the service accepted the last create."""
        return bool(self.creates) and self.creates[-1].status == 200

    @property
    def gap(self) -> str | None:
        """Say why nothing can be told of a client that answered in time: what the scenario is about did not happen.

        Its create was refused, or it asks for its task in another way than the one that goes wrong.
        """
        if self.fault is not None or self.seconds > self.scenario.timeout_seconds:
            return None
        if self.unstruck:
            return f"the client sent nothing to which {', '.join(self.unstruck)!r} could happen"
        return "the client had no task that it could be called back about" if self.is_without_task else None

    @property
    def is_without_task(self) -> bool:
        """Whether the client had no task in a scenario that is only about one: it waits to be called back."""
        return self.scenario.is_called_back and self.tasks == 0

    @property
    def outcome(self) -> str:
        """The outcome that the testee reported; ``fault`` if it reported none."""
        return "fault" if self.fault is not None else str(self.answer.get("outcome"))

    @property
    def report(self) -> str:
        """What the testee reported, in words; or its fault."""
        if self.fault is not None:
            return str(self.fault)
        message = self.answer.get("message")
        return f"the client reported {self.outcome!r}" + (f" with the message {message!r}" if message else "")

    @property
    def calls(self) -> tuple[Exchange, ...]:
        """The requests to the service itself, without downloads of results."""
        return tuple(each for each in self.transcript if not (each.operation or "").endswith(".fetch"))

    @property
    def fetches(self) -> tuple[Exchange, ...]:
        """The downloads of results."""
        return self.transcript.of("fetch").exchanges

    @property
    def creates(self) -> tuple[Exchange, ...]:
        """The requests that ask for a task to be created."""
        return self.transcript.of("create").exchanges

    @property
    def polls(self) -> tuple[Exchange, ...]:
        """The requests that ask for a task or a list of tasks, after the first create: before it there is no task."""
        asked = self.transcript.of("get", "list").exchanges
        first = self.creates[0].number if self.creates else 0
        return tuple(each for each in asked if each.number > first)

    def tasks_in(self, exchange: Exchange) -> list[TaskView]:
        """Return the tasks that an answer shows."""
        view = TaskView.of(exchange.received, self.layout)
        return [view] if view is not None else task_views(exchange.received, self.layout)

    def task_id(self, exchange: Exchange) -> str | None:
        """Return the id of the one task that an answer shows, as it is written in a path."""
        view = TaskView.of(exchange.received, self.layout)
        return view.id if view is not None else None

    def state(self, exchange: Exchange) -> str | None:
        """Return the state of the one task that an answer shows; ``None`` for a word that no document knows."""
        view = TaskView.of(exchange.received, self.layout)
        return view.state if view is not None else None

    def error(self, exchange: Exchange) -> dict[str, JSON]:
        """Return ``code``, ``message`` and ``request_id`` of an error, as far as the service sends them."""
        layout = self.layout
        places = {
            "code": layout.error_code,
            "message": layout.error_message,
            "request_id": (layout.request_id,) if layout.request_id is not None else None,
        }
        found = {name: at(exchange.received, path) for name, path in places.items() if path is not None}
        return {name: value for name, value in found.items() if value is not None}
