"""Terms: what a server is held to: its contract, and of each open question the answers that are still possible.

A question that nobody settled leaves all of its readings open, and then no answer that one of them allows is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import Any

from mockserver.contract.catalog import Catalog, Operation, Row, Service
from mockserver.contract.differences import Answers
from mockserver.contract.forms import typed
from mockserver.contract.layout import Layout
from mockserver.contract.readings import settled
from mockserver.contract.rules import Rule
from mockserver.contract.validation import Validator, fast_validator
from mockserver.kit.generation.schema_edits import without_rules
from mockserver.types import JSON, Level

_STRENGTH: tuple[Level, ...] = ("off", "warning", "error")
_MEDIA_FAULTS = frozenset({"x-image-format", "x-image-bytes", "x-image-side", "x-image-ratio"})
_CERTAIN = frozenset({"documented", "observed"})


class Terms:
    """One service, and the readings that its server is said to have."""

    def __init__(self, catalog: Catalog, service: Service, chosen: Mapping[str, str] | None = None) -> None:
        """Take the readings that are settled, by ``question`` or ``service/question``. Raises ``NoSuchReading``."""
        self.catalog, self.service = catalog, service
        every = settled(catalog.questions(), chosen or {})[service.id]
        named = {key.rpartition("/")[2]: key for key in chosen or {}}
        self.chosen = {
            id: every[id]
            for id, key in named.items()
            if id in service.questions and key.rpartition("/")[0] in ("", service.id)
        }
        self._validators: dict[str, Validator] = {}
        self._certificates: dict[str, Callable[[JSON], bool]] = {}

    @property
    def layout(self) -> Layout:
        """Where the service's answers hold what."""
        return self.service.layout

    @cached_property
    def answers(self) -> Answers:
        """What tells where an answer is not what the contract says."""
        return Answers(self.catalog, self.service)

    def possible(self, question: str) -> frozenset[str]:
        """Return the readings of a question that are possible; none of one that the service does not have."""
        if question in self.chosen:
            return frozenset({self.chosen[question]})
        asked = self.service.questions.get(question)
        return frozenset(asked.readings) if asked else frozenset()

    def certain(self, row: Row) -> bool:
        """Whether a row of the error table is more than our guess."""
        return row.confidence in _CERTAIN

    def makers(self) -> tuple[Operation, ...]:
        """Return the operations that make tasks."""
        return tuple(operation for operation in self.service.operations.values() if operation.does == "create")

    def beside(self, maker: Operation, does: str) -> Operation | None:
        """Return the operation that shows, lists or deletes what another one makes."""
        if self.is_absent(maker, does):
            return None
        found = [operation for operation in self.service.operations.values() if operation.does == does]
        own = [operation for operation in found if operation.product == maker.product]
        return next(iter(own or found), None)

    def is_absent(self, maker: Operation, does: str) -> bool:
        """Whether such an operation is known not to exist under the readings."""
        own = [each for each in self.service.operations.values() if each.does == does]
        return all(
            any(reading not in self.possible(question) for question, reading in operation.when.items())
            for operation in own
            if operation.product in (maker.product, own[0].product)
        )

    def may_be_absent(self, operation: Operation) -> bool:
        """Whether a reading is possible under which an operation does not exist."""
        return any(self.possible(question) != {reading} for question, reading in operation.when.items())

    def is_refused(self, operation: Operation, rule: Rule, payload: JSON) -> bool:
        """Whether a payload must be refused for breaking a rule, whatever the open questions' answers are."""
        if rule.keyword in _MEDIA_FAULTS and "task-failed" in self.possible("media-fault"):
            return False
        is_range = operation.method == "GET" and rule.keyword in ("minimum", "maximum")
        if is_range and "clamped" in self.possible("page-range"):
            return False
        validator = self._validator(operation)
        return all(
            any(violation.level == "error" for violation in validator.violations(read))
            for read in self._read(operation, payload)
        )

    def is_accepted(self, operation: Operation, payload: JSON) -> bool:
        """Whether nothing is wrong with a payload, whatever the open questions' answers are."""
        if operation.id not in self._certificates:
            off = [rule for rule in operation.rules if self._levels(rule) == {"off"}]
            self._certificates[operation.id] = fast_validator(without_rules(operation.schema, off))
        return all(map(self._certificates[operation.id], self._read(operation, payload)))

    def _validator(self, operation: Operation) -> Validator:
        """Return what names the rules that a payload breaks, each as weak as it may be."""
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

    def _read(self, operation: Operation, payload: JSON) -> Iterator[JSON]:
        """Yield a payload as each of the possible readings has it."""
        if not isinstance(payload, dict):
            yield payload
            return
        if operation.method == "GET":
            yield typed(operation.schema, asked(payload))
            return
        nulls, empties, numbers = (
            sorted(self.possible(question) & {"absent", "refused", "accepted"}) or ["refused"]
            for question in ("null-field", "empty-field", "number-as-text")
        )
        for null, empty, number in product(nulls, empties, numbers):
            found: dict[str, Any] = payload
            if null == "absent":
                found = {name: value for name, value in found.items() if value is not None}
            if empty == "absent":
                found = {name: value for name, value in found.items() if value != ""}
            yield typed(operation.schema, found) if number == "accepted" else found


def asked(payload: Mapping[str, JSON]) -> dict[str, str]:
    """Write a payload as the parameters of a query string."""
    words = {True: "true", False: "false", None: ""}
    return {
        name: words[value] if value is None or isinstance(value, bool) else str(value)
        for name, value in payload.items()
    }
