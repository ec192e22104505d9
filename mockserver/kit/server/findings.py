"""Findings about a server: how a check words what it saw in an attempt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from mockserver.contract.rules import Rule
from mockserver.contract.service import Row
from mockserver.kit.checks import NothingToJudge
from mockserver.kit.server.evidence import Attempt, Purpose
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.task_view import TaskView
from mockserver.kit.transcript import Transcript
from mockserver.kit.verdict import Finding
from mockserver.secrecy.curl import curl
from mockserver.types import JSON

_LONGEST_TEXT = 300
"""Characters of an answer that a finding shows; the exchange has the rest."""

_BUSY_STATUS = 429
_BUSY_ROWS = ("too-fast", "no-slot")
"""The rows of the error table for what may be asked again later."""

_LENGTHS: Mapping[str, tuple[str, str, Callable[[list[int]], int]]] = MappingProxyType(
    {
        "minLength": ("characters", "at least", min),
        "maxLength": ("characters", "at most", max),
        "minItems": ("items", "at least", min),
        "maxItems": ("items", "at most", max),
    }
)
"""The rules about lengths: what is counted, how the limit is told, and which of several values is to blame."""


def finding(
    attempt: Attempt,
    received: str,
    *,
    subject: str | None = None,
    documented: str = "",
    source: str = "",
    cause: str = "",
) -> Finding:
    """Return what was found in an attempt. The runner fills in the check's id, what is left empty and how to repeat it.

    It is about the rule that the attempt was made for, unless it has a ``subject`` of its own. Findings of one
    ``cause`` are told together.
    """
    rule = attempt.rule if subject is None else None
    length = length_text(rule, attempt.payload) if rule is not None else ""
    if rule is not None and attempt.purpose is Purpose.BREAK_RULE:
        cause = cause or f"{attempt.purpose.value}: {attempt.exchange.status}"
    return Finding(
        check="",
        subject=subject or (f"{attempt.subject} {rule.id}" if rule is not None else attempt.subject),
        received=f"{received}; {length}" if length else received,
        documented=documented,
        rule=rule.id if rule else None,
        source=source,
        payload=attempt.payload,
        repeat=curl(attempt.exchange.request),
        cause=cause,
        transcript=Transcript((attempt.exchange,)),
    )


def length_text(rule: Rule, payload: JSON) -> str:
    """Say how long what a rule is about is in a payload: ``prompt has 2501 characters, at most 2500 are allowed``.

    Empty if the rule is about no length. Of several values, the one that comes nearest to breaking the rule is told.
    """
    if rule.keyword not in _LENGTHS:
        return ""
    noun, word, extreme = _LENGTHS[rule.keyword]
    kind = str if noun == "characters" else list
    lengths = [len(value) for value in _values(payload, rule.field.split(".")) if isinstance(value, kind)]
    return f"{rule.field} has {extreme(lengths)} {noun}, {word} {rule.value} are allowed" if lengths else ""


def _values(value: JSON, steps: Sequence[str]) -> Iterator[JSON]:
    """Yield what a payload has at a field: ``["image_list[]", "image"]``."""
    if not steps or steps == [""]:
        yield value
        return
    name = steps[0].removesuffix("[]")
    inner = value.get(name) if isinstance(value, dict) else None
    items = inner if steps[0].endswith("[]") and isinstance(inner, list) else [inner]
    for item in items:
        yield from _values(item, steps[1:])


def answer_text(attempt: Attempt) -> str:
    """Write what came back, short enough to be read."""
    response = attempt.exchange.response
    if response is None:
        return f"no answer: {attempt.exchange.fault}"
    return f"{response.status} {short(response.body.decode(errors='replace'))}".rstrip()


def short(value: JSON) -> str:
    """Write a value, short enough to be read."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"


def is_row(attempt: Attempt, row: Row) -> bool:
    """Whether an answer is a row of the error table: its status, and the numbers of its body, such as a code."""
    body = attempt.exchange.received
    received = body if isinstance(body, dict) else {}
    return attempt.exchange.status == row.status and all(
        name in received and received[name] == number for name, number in _numbers(row).items()
    )


def is_busy(attempt: Attempt, expectations: Expectations) -> bool:
    """Whether a server had no room for a request, which may be answered later.

    A gateway answers with 429 whatever its upstream refused; only the body tells whether the request was to blame.
    """
    if attempt.exchange.status != _BUSY_STATUS:
        return False
    errors = expectations.service.errors
    waiting = (errors[name] for name in _BUSY_ROWS if name in errors)
    return not is_row(attempt, errors["invalid"]) or any(is_in_words(attempt, row) for row in waiting)


def is_in_words(attempt: Attempt, row: Row) -> bool:
    """Whether an answer is a row of the error table, also in the words for people."""
    body = attempt.exchange.received
    return isinstance(body, dict) and row.body.items() <= body.items()


def shows_nothing(attempt: Attempt, expectations: Expectations) -> bool:
    """Whether an answer says that a task does not exist, as the service says it."""
    if expectations.leaves_out_missing:
        view = TaskView.of(attempt.exchange.received, expectations.layout)
        return attempt.is_accepted and view is None
    return any(is_row(attempt, row) for row in expectations.missing_task_rows)


def nothing_text(expectations: Expectations) -> tuple[str, str]:
    """Write what says that a task does not exist, and the source of that."""
    rows = expectations.missing_task_rows
    return " or ".join(map(row_text, rows)) or "an answer without the task", rows[0].source if rows else ""


def row_text(row: Row) -> str:
    """Write a row of the error table: ``401 with code 1002``."""
    return " and ".join([f"{row.status} with {name} {number}" for name, number in _numbers(row).items()]) or str(
        row.status
    )


def answered(attempts: Iterable[Attempt], reason: str) -> list[Attempt]:
    """Return the attempts that were answered. Raises ``NothingToJudge`` with the reason if there are none."""
    found = [attempt for attempt in attempts if attempt.exchange.response is not None]
    if not found:
        raise NothingToJudge(reason)
    return found


def _numbers(row: Row) -> dict[str, int]:
    """Return the numbers of a row's body; its texts are for people, and may hold what was asked for."""
    return {name: value for name, value in row.body.items() if isinstance(value, int)}
