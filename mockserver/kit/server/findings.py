"""Findings about a server: how a check words what it saw in an attempt."""

from __future__ import annotations

import json
from collections.abc import Iterable

from mockserver.contract.catalog import Row
from mockserver.kit.checks import NothingToJudge
from mockserver.kit.server.evidence import Attempt
from mockserver.kit.verdict import Finding
from mockserver.secrecy import curl
from mockserver.types import JSON

_LONGEST_TEXT = 300
"""Characters of an answer that a finding shows; the curl line brings the rest."""


def finding(
    attempt: Attempt, received: str, *, subject: str | None = None, documented: str = "", source: str = ""
) -> Finding:
    """Return what was found in an attempt. The runner fills in the check's id, and what is left empty here.

    It is about the rule that the attempt was made for, unless it has a ``subject`` of its own.
    """
    rule = attempt.rule if subject is None else None
    about = subject or (f"{attempt.subject} {rule.id}" if rule is not None else attempt.subject)
    line = curl(attempt.exchange.request)
    return Finding("", about, received, documented, rule.id if rule else None, source, attempt.payload, line)


def answer_text(attempt: Attempt) -> str:
    """Write what came back, short enough to be read."""
    response = attempt.exchange.response
    if response is None:
        return f"no answer: {attempt.exchange.fault}"
    return f"{response.status} {short(response.body.decode(errors='replace'))}".rstrip()


def short(value: JSON) -> str:
    """Write a value, short enough to be read."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def is_row(attempt: Attempt, row: Row) -> bool:
    """Whether an answer is a row of the error table: its status, and the numbers of its body, such as a code."""
    body = attempt.exchange.received
    received = body if isinstance(body, dict) else {}
    return attempt.exchange.status == row.status and all(
        name in received and received[name] == number for name, number in _numbers(row).items()
    )


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
