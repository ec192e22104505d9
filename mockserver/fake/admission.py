"""Judgement: what the broken rules of a payload lead to, here and now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mockserver.contract.catalog import Operation, Service
from mockserver.contract.readings import Readings
from mockserver.contract.validation import Violation
from mockserver.fake.refusal import Refused
from mockserver.types import JSON

_MEDIA_FAULTS = frozenset({"x-image-format", "x-image-bytes", "x-image-side", "x-image-ratio"})
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is noted of a payload that enters; ``failure`` is why a task made of it will fail."""

    violations: tuple[Violation, ...] = ()
    failure: str | None = None


def judged(service: Service, readings: Readings, violations: tuple[Violation, ...], *, is_strict: bool) -> Judgement:
    """Let a payload enter, or raise ``Refused`` in the service's words."""
    failure = None
    if readings.get("media-fault") == "task-failed":
        faults = [violation for violation in violations if violation.rule.keyword in _MEDIA_FAULTS]
        failure = _text(service.messages, faults[0]) if faults else None
        violations = tuple(
            replace(violation, level="warning") if violation in faults else violation for violation in violations
        )
    refusing = [violation for violation in violations if is_strict or violation.level == "error"]
    if refusing:
        raise Refused("invalid", violations, message=_text(service.messages, refusing[0]))
    return Judgement(violations, failure)


def clamped(
    operation: Operation, readings: Readings, payload: JSON, violations: tuple[Violation, ...]
) -> tuple[JSON, tuple[Violation, ...]]:
    """Move a page's number and size into their ranges, if the service does."""
    if operation.method != "GET" or readings.get("page-range") != "clamped":
        return payload, violations
    outside = [violation for violation in violations if violation.rule.keyword in ("minimum", "maximum")]
    moved = {violation.rule.field: violation.rule.value for violation in outside}
    return {**payload, **moved}, tuple(violation for violation in violations if violation not in outside)


def _text(messages: Mapping[str, str], violation: Violation) -> str:
    """Word a violation as the service is known to, or as it might."""
    rule = violation.rule
    template = rule.message or messages.get(rule.keyword) or messages["other"]
    value = violation.value if isinstance(violation.value, str) else json.dumps(violation.value, ensure_ascii=False)
    return template.format(
        field=_short(violation.field),
        value=_short(value),
        fact=violation.fact,
        description=rule.description,
        limit=rule.value,
    )


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
