"""The plan: which scenario is played with which operation, under which readings, and which checks cannot be made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mockserver.contract.catalog import Catalog, load
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import Validator
from mockserver.contract.vectors import merged
from mockserver.kit.checks import Skipped, select
from mockserver.kit.client.callback_driver import example_of_success
from mockserver.kit.client.checks.registry import CHECKS, ClientCheck
from mockserver.kit.client.scenarios import SCENARIOS, CredentialKind, Scenario
from mockserver.kit.client.settings import Settings
from mockserver.kit.client.testee import Hello
from mockserver.kit.doubles import is_kept, with_kept_numbers
from mockserver.kit.generation.valid import rule_levels
from mockserver.kit.lookups import beside
from mockserver.types import JSON, Payload

_UNDER_EVERY_READING = ("plain", "task-fails", "several-results")
"""The scenarios in which a reading can make a difference to what a client sees: success, failure, several results."""

_ABOUT_NUMBERS = "payload-arrives-unchanged"
"""The check that promises something of big numbers."""

_NO_BIG_NUMBERS = (
    "in part: no numbers were sent that JSON.parse would round, such as ids beyond 2^53. "
    'If the client keeps them, let its hello say "big_numbers": true'
)

_PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")


@dataclass(frozen=True, slots=True)
class Choice:
    """A reading of one open question that is not the default."""

    service: str
    question: str
    reading: str
    default: str

    def __str__(self) -> str:
        return f"{self.question}={self.reading}"


@dataclass(frozen=True, slots=True)
class PlannedScenario:
    """One scenario with one operation, perhaps under another reading.

    * ``callback_example``: a callback about a task of the operation, if the contract has an example
    * ``credentials``: the kind of credentials that the client is given
    * ``big_numbers``: payloads may have numbers that no 64-bit floating-point number can be
    * ``given``: the payload of ``--payload``
    """

    service: Service
    operation: Operation
    scenario: Scenario
    callback_example: JSON = None
    choice: Choice | None = None
    credentials: CredentialKind = "token"
    big_numbers: bool = False
    given: Payload | None = None

    def __str__(self) -> str:
        words = (self.operation.id.removesuffix(".create"), self.scenario.id, str(self.choice or ""))
        return " ".join(filter(None, words))

    @property
    def plain_payload(self) -> Payload:
        """The first example of the operation. Whether it asks for callbacks depends on the scenario instead."""
        return self._sendable(self.service.layout.unheard(self.operation.schema["examples"][0]))

    @property
    def special_fields(self) -> Payload:
        """The fields by which the payload asks for what the scenario is about; none of one that was given."""
        if self.given is not None:
            return {}
        return self._sendable(self.operation.payloads.get(self.scenario.payload, {}))

    @property
    def payload(self) -> Payload:
        """The payload that the client is given."""
        return dict(merged(self.plain_payload, self.special_fields) if self.given is None else self.given)

    def asking_for(self, payload: Payload) -> PlannedScenario:
        """Return it with another payload, which is the only one that is played."""
        return replace(self, scenario=replace(self.scenario, is_generated=False), given=payload)

    @property
    def has_lost_numbers(self) -> bool:
        """Whether the payload would have other numbers if the client could keep them."""
        return not self.big_numbers and not is_kept(self.operation.payloads.get(self.scenario.payload, {}))

    def sendable(self, payload: Payload, rule: str | None = None) -> Payload | None:
        """Return a payload that breaks one rule, or for ``None`` no rule, with numbers that the client can keep.

        ``None`` if there is none: a number that is too large for its field may be too large for the client, too.
        """
        if self.big_numbers or is_kept(payload):
            return payload
        return with_kept_numbers(payload, breaking(self.operation, rule))

    def _sendable(self, fields: Mapping[str, JSON]) -> Payload:
        """Return some fields of a payload with numbers that the client can keep."""
        return (None if self.big_numbers else with_kept_numbers(dict(fields), lambda _: True)) or dict(fields)

    @property
    def read_operation(self) -> Operation | None:
        """The operation that shows a task: that of the same product, or the one for all products."""
        return beside(self.service, self.operation, "get")

    @property
    def faults(self) -> tuple[str, ...]:
        """What goes wrong, in lines that the fake understands."""
        return tuple(_PLACEHOLDER.sub(lambda found: self._names()[found[1]], line) for line in self.scenario.faults)

    @property
    def gap(self) -> str | None:
        """Say what the contract of the service does not have for this scenario; ``None`` if it has everything."""
        needed = (name for line in self.scenario.faults for name in _PLACEHOLDER.findall(line))
        for name in needed:
            if name not in self._names():
                what = "operation that shows a task" if name == "get" else f"fault {name!r}"
                return f"the contract of {self.service.id} names no {what}"
        product = self.operation.id.removesuffix(".create")
        if self.scenario.payload and self.scenario.payload not in self.operation.payloads:
            return f"the contract of {product} names no payload {self.scenario.payload!r}"
        if (self.scenario.is_forged or self.scenario.is_about_another) and self.callback_example is None:
            return f"the contract of {product} has no example of a callback"
        return None

    def _names(self) -> Mapping[str, str]:
        read = self.read_operation
        operations = {"create": self.operation.id} | ({"get": read.id} if read is not None else {})
        return {**self.service.faults, **operations}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played, and which checks look at it.

    * ``checks``: the checks to make
    * ``scripted``: scenarios that are played once
    * ``generated``: scenarios that are played with many generated payloads
    * ``skipped``: the checks that are not made, with the reason
    """

    checks: tuple[ClientCheck, ...]
    scripted: tuple[PlannedScenario, ...]
    generated: tuple[PlannedScenario, ...]
    skipped: tuple[Skipped, ...]

    @property
    def all(self) -> tuple[PlannedScenario, ...]:
        """What is played."""
        return (*self.scripted, *self.generated)

    @property
    def in_part(self) -> Mapping[str, str]:
        """The checks that are made only in part, and what is left out."""
        is_short = any(each.has_lost_numbers for each in self.scripted)
        return {check.id: _NO_BIG_NUMBERS for check in self.checks if is_short and check.id == _ABOUT_NUMBERS}

    def __len__(self) -> int:
        """Return how many scenarios are played."""
        return len(self.scripted) + len(self.generated)


def make_plan(settings: Settings, hello: Hello) -> Plan:
    """Return what is played with a testee. Raises ``NoSuchCheck`` and ``NoSuchOperation``."""
    checks, left_out = select(CHECKS, settings.only, settings.skip)
    if settings.scenarios:
        checks = tuple(
            replace(check, scenarios=tuple(id for id in check.scenarios if id in settings.scenarios))
            for check in checks
        )
    catalog = load()
    planned, impossible = planned_scenarios(catalog, hello, checks, settings.operations)
    if settings.payload is not None:
        planned = [each.asking_for(settings.payload) for each in planned]
    scripted = [each for each in planned if not each.scenario.is_generated]
    # All checks of one operation come before those of the next: so each has been made once when the time is over.
    operations = list(dict.fromkeys(each.operation.id for each in planned))
    scripted.sort(key=lambda each: operations.index(each.operation.id))
    if settings.readings:
        scripted = [each for each in under_other_readings(scripted) if str(each.choice) in settings.readings]
    elif settings.every_reading:
        scripted += under_other_readings(scripted)
    generated = [each for each in planned if each.scenario.is_generated and settings.examples]
    return Plan(checks, tuple(scripted), tuple(generated), (*left_out, *impossible))


def planned_scenarios(
    catalog: Catalog, hello: Hello, checks: Sequence[ClientCheck], operations: Sequence[str] = ()
) -> tuple[list[PlannedScenario], list[Skipped]]:
    """Return the scenarios that some checks need, and the checks that cannot be made, with the reason.

    Raises ``NoSuchOperation`` for an unknown operation that the testee or the caller names.
    """
    offered = {catalog.operation(name).id for name in hello.operations}
    wanted = [catalog.operation(name) for name in operations or hello.operations]
    planned: dict[tuple[str, str], PlannedScenario] = {}
    reasons: dict[str, str] = {}
    for check in checks:
        for scenario in (SCENARIOS[name] for name in check.scenarios):
            for operation in wanted:
                each = _planned(catalog, operation, scenario, hello)
                reason = _obstacle(hello, offered, each)
                if reason is not None:
                    reasons.setdefault(check.id, reason)
                else:
                    planned.setdefault((scenario.id, operation.id), each)
    played = {scenario for scenario, _ in planned}
    impossible = [check.id for check in checks if played.isdisjoint(check.scenarios)]
    return [*planned.values()], [
        Skipped(id, reasons.get(id, "none of its scenarios can be played")) for id in impossible
    ]


def breaking(operation: Operation, rule: str | None) -> Callable[[Payload], bool]:
    """Return a test whether a payload breaks this rule and no other; for ``None``, no rule at all."""
    validator = Validator(operation.schema, operation.rules, rule_levels(operation, None))
    wanted = set() if rule is None else {rule}
    return lambda payload: {violation.rule.id for violation in validator.violations(payload)} == wanted


def under_other_readings(planned: Sequence[PlannedScenario]) -> list[PlannedScenario]:
    """Return some scenarios again under each reading that is not the default: a good client survives all of them.

    Left out are readings under which the service refuses the payload, or shows no task.
    """
    return [
        replace(each, choice=choice)
        for each in planned
        if each.scenario.id in _UNDER_EVERY_READING
        for choice in _choices(each.service)
        if _shows_tasks(each, choice) and _is_accepted(each, choice)
    ]


def _planned(catalog: Catalog, operation: Operation, scenario: Scenario, hello: Hello) -> PlannedScenario:
    service = catalog.services[operation.service]
    callbacks = catalog.documents[operation.callback] if operation.callback is not None else {}
    example = example_of_success(callbacks.get("examples", ()), service.layout)
    kinds = [kind for kind in hello.credentials if kind in _kinds(service)]
    preferred: CredentialKind = "jwt" if kinds == ["jwt"] else "token"
    return PlannedScenario(
        service,
        operation,
        scenario,
        callback_example=example,
        credentials=scenario.credentials or preferred,
        big_numbers=hello.big_numbers,
    )


def _kinds(service: Service) -> tuple[str, ...]:
    """Return the kinds of credentials that a service takes."""
    return ("token", *service.credentials)


def _obstacle(hello: Hello, offered: set[str], planned: PlannedScenario) -> str | None:
    """Say why a scenario cannot be played with a testee; ``None`` if it can."""
    scenario, service, product = planned.scenario, planned.service, planned.operation.id.removesuffix(".create")
    if planned.operation.id not in offered:
        return f"{hello.name} does not offer {product}, but {', '.join(hello.operations)}"
    if scenario.is_called_back and not planned.operation.has(service.layout.callback_field):
        return f"the contract of {product} has no field for callbacks"
    if scenario.is_called_back and not hello.callbacks:
        return f"{hello.name} does not listen for callbacks"
    for name, kinds in ((hello.name, hello.credentials), (service.id, _kinds(service))):
        if planned.credentials not in kinds:
            return f"{name} does not take {planned.credentials} credentials"
    return planned.gap


def _choices(service: Service) -> Iterator[Choice]:
    for question in service.questions.values():
        for reading in question.readings:
            if reading != question.default:
                yield Choice(service.id, question.id, reading, question.default)


def _shows_tasks(planned: PlannedScenario, choice: Choice) -> bool:
    """Tell whether the operation that shows a task exists under a reading."""
    read = planned.read_operation
    return read is None or read.when.get(choice.question, choice.reading) == choice.reading


def _is_accepted(planned: PlannedScenario, choice: Choice) -> bool:
    questions = planned.service.questions
    chosen = {question.id: question.default for question in questions.values()} | {choice.question: choice.reading}
    validator = Validator.of(planned.operation, questions, chosen)
    return not any(violation.level == "error" for violation in validator.violations(planned.payload))
