"""Expectations: what a server must do by its contract, and what it may do where the contract is open.

A question that was not settled leaves all of its readings possible. An answer that any of them allows is no finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import Any

from mockserver.contract.catalog import Catalog
from mockserver.contract.differences import Answers
from mockserver.contract.forms import typed, without_nulls
from mockserver.contract.keywords import OF_PICTURES
from mockserver.contract.layout import Layout
from mockserver.contract.readings import settled
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation, Row, Service
from mockserver.contract.validation import Validator, fast_validator
from mockserver.kit.generation.schema_edits import without_rules
from mockserver.kit.lookups import beside, names_several
from mockserver.types import JSON, Level

_STRENGTH: tuple[Level, ...] = ("off", "warning", "error")
"""The levels of a rule, the weakest first."""

_CERTAIN = frozenset({"documented", "observed"})
"""The confidences of a fact that is more than a guess, or a gateway's habit."""


class Expectations:
    """What can be expected of a server: the contract of one service, and the readings that it is said to have."""

    def __init__(self, catalog: Catalog, service: Service, chosen: Mapping[str, str] | None = None) -> None:
        """``chosen`` holds settled readings, by ``question`` or ``service/question``. Raises ``NoSuchReading``."""
        self.catalog, self.service = catalog, service
        every = settled(catalog.questions(), chosen or {})[service.id]
        named = {key.rpartition("/")[2]: key for key in chosen or {}}
        self.chosen = {
            id: every[id]
            for id, key in named.items()
            if id in service.questions and key.rpartition("/")[0] in ("", service.id)
        }
        self._validators: dict[str, Validator] = {}
        self._fast_validators: dict[str, Callable[[JSON], bool]] = {}
        self._bases: dict[str, dict[str, JSON]] = {}

    @property
    def layout(self) -> Layout:
        """Where the service's answers and requests keep what."""
        return self.service.layout

    @cached_property
    def answers(self) -> Answers:
        """Tells where an answer is not what the contract says."""
        return Answers(self.catalog, self.service)

    @cached_property
    def refusal_fields(self) -> frozenset[str]:
        """The fields that every refusal of the service has."""
        return frozenset(self.catalog.documents[self.service.refusal]["required"])

    @cached_property
    def leaves_out_missing(self) -> bool:
        """Whether a query names several tasks, and is answered with those that there are."""
        return any(each.does == "get" and names_several(each) for each in self.service.operations.values())

    @cached_property
    def missing_task_rows(self) -> tuple[Row, ...]:
        """The rows of the error table for a task that does not exist, under the possible readings."""
        errors, possible = self.service.errors, self.possible("missing-task")
        if self.leaves_out_missing:
            return ()
        if not possible:
            return tuple(errors[name] for name in ("missing-task", "bad-task-id") if name in errors)
        names = {"400-1201": "missing-task", "404-1203": "missing-task-documented"}
        return tuple(errors[name] for reading, name in names.items() if reading in possible)

    def possible(self, question: str) -> frozenset[str]:
        """Return the possible readings of a question; none if the service does not have the question."""
        if question in self.chosen:
            return frozenset({self.chosen[question]})
        asked = self.service.questions.get(question)
        return frozenset(asked.readings) if asked else frozenset()

    def is_certain(self, row: Row) -> bool:
        """Whether a row of the error table is more than our guess."""
        return row.confidence in _CERTAIN

    @cached_property
    def of_payloads(self) -> Mapping[str, str]:
        """The settled readings that make a difference to payloads; the search for those is done once for each set."""
        questions = self.service.questions
        return {
            id: reading
            for id, reading in self.chosen.items()
            if reading != questions[id].default
            and (id == "null-field" or any(each.levels for each in questions[id].readings.values()))
        }

    def create_operations(self) -> tuple[Operation, ...]:
        """Return the operations that create tasks."""
        return tuple(operation for operation in self.service.operations.values() if operation.does == "create")

    def get_operation(self, create: Operation) -> Operation | None:
        """Return the operation that shows one task of a create operation; ``None`` if there is none."""
        return self._beside(create, "get")

    def operation_that(self, does: str) -> Operation | None:
        """Return the operation that does something for the whole account; ``None`` if the service has none."""
        return next((each for each in self.service.operations.values() if each.does == does), None)

    def list_operation(self, create: Operation) -> Operation | None:
        """Return the operation that lists the tasks of a create operation; ``None`` if there is none."""
        return self._beside(create, "list")

    def may_be_absent(self, operation: Operation) -> bool:
        """Whether a reading is possible under which an operation does not exist."""
        return any(self.possible(question) != {reading} for question, reading in operation.when.items())

    def base(self, operation: Operation, find: Callable[[], dict[str, JSON]]) -> dict[str, JSON]:
        """Return the payload that ``find`` finds as the base of an operation's creates.

        It is asked for with each create, and takes long to find: it is found once.
        """
        if operation.id not in self._bases:
            self._bases[operation.id] = find()
        return dict(self._bases[operation.id])

    def is_refused(self, operation: Operation, rule: Rule, payload: JSON) -> bool:
        """Whether a payload that breaks a rule must be refused under every possible reading."""
        if rule.keyword in OF_PICTURES and "task-failed" in self.possible("media-fault"):
            return False
        is_range = operation.method == "GET" and rule.keyword in ("minimum", "maximum")
        if is_range and "clamped" in self.possible("page-range"):
            return False
        validator = self._validator(operation)
        return all(
            any(violation.level == "error" for violation in validator.violations(read))
            for read in self._as_read(operation, payload)
        )

    def breaks_alone(self, operation: Operation, rule: Rule, payload: JSON) -> bool:
        """Whether a payload breaks a rule that counts under every possible reading, and no other that does."""
        validator = self._validator(operation)
        return all(
            {violation.rule.id for violation in validator.violations(read) if violation.level == "error"} == {rule.id}
            for read in self._as_read(operation, payload)
        )

    def is_accepted(self, operation: Operation, payload: JSON) -> bool:
        """Whether nothing is wrong with a payload under every possible reading."""
        if operation.id not in self._fast_validators:
            off = [rule for rule in operation.rules if self._levels(rule) == {"off"}]
            self._fast_validators[operation.id] = fast_validator(without_rules(operation.schema, off))
        return all(map(self._fast_validators[operation.id], self._as_read(operation, payload)))

    def _beside(self, create: Operation, does: str) -> Operation | None:
        """Return the operation that does something with the tasks of another, if a reading is possible with it."""
        nearest = beside(self.service, create, does)
        return None if nearest is None or self._is_absent(nearest) else nearest

    def _is_absent(self, operation: Operation) -> bool:
        """Whether an operation does not exist under any possible reading."""
        return any(reading not in self.possible(question) for question, reading in operation.when.items())

    def _validator(self, operation: Operation) -> Validator:
        """Return a validator that gives each rule the weakest level that it may have."""
        if operation.id not in self._validators:
            weakest = {rule.id: min(self._levels(rule), key=_STRENGTH.index) for rule in operation.rules}
            self._validators[operation.id] = Validator(operation.schema, operation.rules, weakest)
        return self._validators[operation.id]

    def _levels(self, rule: Rule) -> set[Level]:
        """Return the levels that a rule may have."""
        found: set[Level] = set()
        for question in self.service.questions.values():
            readings = [question.readings[id] for id in self.possible(question.id)]
            if any(rule.id in reading.levels for reading in readings):
                found |= {reading.levels.get(rule.id, rule.level) for reading in readings}
        return found or {rule.level}

    def _as_read(self, operation: Operation, payload: JSON) -> Iterator[JSON]:
        """Yield a payload as a server reads it under each of the possible readings."""
        if not isinstance(payload, dict):
            yield payload
            return
        if operation.method == "GET":
            yield typed(operation.schema, as_query(payload))
            return
        nulls, empties, numbers = (
            sorted(self.possible(question) & {"absent", "refused", "accepted"}) or ["refused"]
            for question in ("null-field", "empty-field", "number-as-text")
        )
        for null, empty, number in product(nulls, empties, numbers):
            found: dict[str, Any] = payload
            if null == "absent":
                found, _ = without_nulls(found)
            if empty == "absent":
                found = {name: value for name, value in found.items() if value != ""}
            yield typed(operation.schema, found) if number == "accepted" else found


def as_query(payload: Mapping[str, JSON]) -> dict[str, str]:
    """Write a payload as the parameters of a query string."""
    return {name: _parameter(value) for name, value in payload.items()}


def _parameter(value: JSON) -> str:
    if isinstance(value, list):
        return ",".join(map(_parameter, value))
    words = {True: "true", False: "false", None: ""}
    return words[value] if value is None or isinstance(value, bool) else str(value)
