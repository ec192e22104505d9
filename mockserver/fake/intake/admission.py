"""Admission: whether a payload that breaks rules is accepted, under the readings and settings of this fake."""

from __future__ import annotations

from dataclasses import replace

from mockserver.contract.keywords import OF_PICTURES
from mockserver.contract.readings import Readings
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import Violation
from mockserver.fake.answering.reasons import of_rule
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.encoding import writer
from mockserver.types import JSON, Reason, value

_SHOWN_LETTERS = 100
"""As much of a value is repeated in a refusal; the real services do not send megabytes back, either."""


@value
class Admission:
    """What is recorded of an accepted payload.

    ``failure`` is why a task made of it will fail, in the service's words, and ``cause`` in ours.
    """

    violations: tuple[Violation, ...] = ()
    failure: str | None = None
    cause: Reason | None = None


_FAULTLESS = Admission()
_written = writer(", ", ": ")


def admitted(
    service: Service, readings: Readings, violations: tuple[Violation, ...], payload: JSON, *, is_strict: bool
) -> Admission:
    """Accept a payload, or raise ``Refused`` in the service's words."""
    if not violations:
        return _FAULTLESS
    failure = cause = None
    if readings.get("media-fault") == "task-failed":
        of_media = [violation for violation in violations if violation.rule.keyword in OF_PICTURES]
        if of_media:
            failure = _text(service, readings, of_media[0], payload)
            cause = replace(of_rule(of_media[0], service, readings), reading="media-fault=task-failed")
        violations = tuple(
            replace(violation, level="warning") if violation in of_media else violation for violation in violations
        )
    refusing = [violation for violation in violations if is_strict or violation.level == "error"]
    if refusing:
        # What has the wrong type is noticed first: the service reads the body before it looks at any value.
        first = next((violation for violation in refusing if violation.is_of_wrong_type), refusing[0])
        why = of_rule(first, service, readings)
        raise Refused("invalid", violations, reason=why, message=_text(service, readings, first, payload))
    return Admission(violations, failure, cause)


def clamped(
    operation: Operation, readings: Readings, payload: JSON, violations: tuple[Violation, ...]
) -> tuple[JSON, tuple[Violation, ...]]:
    """Move the number and size of a page into their ranges, if the service does so."""
    if operation.method != "GET" or readings.get("page-range") != "clamped":
        return payload, violations
    outside = [violation for violation in violations if violation.rule.keyword in ("minimum", "maximum")]
    moved = {violation.rule.field: violation.rule.value for violation in outside}
    return {**payload, **moved}, tuple(violation for violation in violations if violation not in outside)


def _text(service: Service, readings: Readings, violation: Violation, payload: JSON) -> str:
    """Return the service's text for a violation: the one that it is known to send, or a likely one."""
    rule, messages = violation.rule, service.messages
    template = rule.message or messages.get(rule.keyword) or messages["other"]
    if readings.get("type-text") == "unresolved" and violation.is_of_wrong_type:
        has_body = service.operations[rule.operation].method == "POST"
        template = messages["body-type"] if has_body else template
    value = violation.value if isinstance(violation.value, str) else _written(violation.value)
    return template.format(
        field=_short(violation.field),
        value=_short(value),
        fact=violation.fact,
        description=rule.description,
        limit=rule.value,
        payload=_Said(service.operations[rule.operation], payload),
    )


class _Said:
    """What a payload says in a field, or what counts because it does not: a text may have ``{payload[mode]}``."""

    def __init__(self, operation: Operation, payload: JSON) -> None:
        self._fields = {**operation.defaults, **payload} if isinstance(payload, dict) else operation.defaults

    def __getitem__(self, name: str) -> str:
        return _short(str(self._fields.get(name, "")))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_LETTERS else text[:_SHOWN_LETTERS] + "…"
