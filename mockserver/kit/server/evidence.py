"""Evidence: what was sent to a server and why, what came back, and what it called back. Checks look at nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import jiter

from mockserver.contract.catalog import Operation
from mockserver.contract.differences import Difference
from mockserver.contract.rules import Rule
from mockserver.kit.checks import Skipped
from mockserver.kit.server.expectations import Terms
from mockserver.kit.task_view import TaskView
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.types import JSON, Millis


@dataclass(frozen=True, slots=True)
class Order:
    """A task that is made and watched to its end: what is sent, and what must come of it.

    * ``count``: how many results; ``ratio``: theirs, if one is asked for; ``media``: ``image`` or ``video``
    * ``seconds`` and ``side``: a film's length, and its shorter side in pixels
    """

    name: str
    operation: Operation
    payload: Mapping[str, JSON]
    media: str
    count: int = 1
    ratio: str | None = None
    seconds: int | None = None
    side: int | None = None
    sound: bool | None = None
    watermark: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """One exchange, and what it was for.

    * ``aim``: what was to be seen: ``refuse``, ``poll``, ``page`` …; ``case``: which of its kind, ``expired token``
    * ``operation``: what was asked for; ``None`` for what is no operation at all
    * ``payload``: what was sent, if it was JSON; ``rule``: the one that it breaks
    * ``order``: the name of the order that it belongs to; ``about``: further facts that a check needs
    """

    exchange: Exchange
    aim: str
    case: str = ""
    operation: Operation | None = None
    payload: JSON = None
    rule: Rule | None = None
    order: str | None = None
    about: Mapping[str, JSON] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def subject(self) -> str:
        """What a finding is about."""
        return self.operation.id if self.operation else f"{self.exchange.request.method} {self.exchange.request.path}"

    @property
    def is_accepted(self) -> bool:
        """Whether the server did what was asked."""
        return self.exchange.status is not None and self.exchange.status < 300

    @property
    def media_type(self) -> str:
        """The type of the answer's body."""
        return self.exchange.response.headers.get("content-type", "") if self.exchange.response else ""


@dataclass(frozen=True, slots=True)
class Callback:
    """One request that the server sent to the kit's receiver, and for which order."""

    at: Millis
    order: str
    method: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> JSON:
        """Its body; ``None`` for one that is no JSON."""
        try:
            return jiter.from_json(self.body, allow_inf_nan=False)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A task as one answer showed it."""

    trial: Trial
    record: TaskView

    @property
    def at(self) -> Millis:
        """When it was asked for."""
        return self.trial.exchange.at


@dataclass(frozen=True, slots=True)
class Story:
    """All that was seen of one order.

    ``sightings`` are in order, the answer to the create first; ``ran_out``: nobody could wait for its end.
    """

    order: Order
    sightings: tuple[Sighting, ...]
    downloads: tuple[Trial, ...]
    callbacks: tuple[Callback, ...]
    ran_out: bool

    @property
    def end(self) -> Sighting | None:
        """When the task was first seen at its end."""
        return next((each for each in self.sightings[1:] if each.record.is_final), None)

    @property
    def id(self) -> str | None:
        """The task's id, as the answer to the create has it."""
        return self.sightings[0].record.id if self.sightings else None


@dataclass(frozen=True)
class Evidence:
    """Everything that checks may look at.

    * ``trials``: in the order in which they were sent
    * ``orders``: what was ordered; ``ran_out``: the names of those whose end nobody could wait for
    * ``untried``: what was not sent, by the check that misses it
    * ``reach``: whether the server can reach the receiver of callbacks; if not, why
    * ``secret``: that of the server's signatures, if it is known
    """

    terms: Terms
    trials: tuple[Trial, ...]
    orders: tuple[Order, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    ran_out: frozenset[str] = frozenset()
    untried: tuple[Skipped, ...] = ()
    unreachable: str | None = None
    secret: str | None = None

    @property
    def transcript(self) -> Transcript:
        """The exchanges alone."""
        return Transcript(tuple(trial.exchange for trial in self.trials))

    def of(self, *aims: str) -> Iterator[Trial]:
        """Yield the trials with one of these aims."""
        return (trial for trial in self.trials if trial.aim in aims)

    @cached_property
    def stories(self) -> tuple[Story, ...]:
        """What was seen of each order that was accepted."""
        found = (self._story(order) for order in self.orders)
        return tuple(story for story in found if story.sightings)

    @cached_property
    def differences(self) -> tuple[tuple[Trial, Difference], ...]:
        """Where answers are not what the contract says, by the trial that got them."""
        return tuple((trial, difference) for trial in self.trials for difference in self._differences(trial))

    def _story(self, order: Order) -> Story:
        own = [trial for trial in self.trials if trial.order == order.name]
        seen = [
            Sighting(trial, record)
            for trial in own
            if trial.aim in ("live", "poll", "again")
            and trial.is_accepted
            and (record := TaskView.of(trial.exchange.received, self.terms.layout)) is not None
        ]
        if not seen or seen[0].trial.aim != "live":
            seen = []
        return Story(
            order=order,
            sightings=tuple(seen),
            downloads=tuple(trial for trial in own if trial.aim == "result"),
            callbacks=tuple(callback for callback in self.callbacks if callback.order == order.name),
            ran_out=order.name in self.ran_out,
        )

    def _differences(self, trial: Trial) -> tuple[Difference, ...]:
        response = trial.exchange.response
        operation = trial.operation or next(iter(self.terms.service.operations.values()))
        if response is None or trial.aim == "result" or (trial.operation is None and response.status < 400):
            return ()
        if response.status >= 500 or (response.status == 404 and self.terms.may_be_absent(operation)):
            return ()
        return self.terms.answers.differences(operation, response.status, trial.media_type, response.body)
