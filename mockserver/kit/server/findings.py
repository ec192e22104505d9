"""Findings of a server: how a check words what it saw in an attempt."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mockserver.contract.catalog import Row
from mockserver.curl import curl
from mockserver.kit.checks import NothingToJudge
from mockserver.kit.server.evidence import Trial
from mockserver.kit.verdict import Finding
from mockserver.types import JSON

_SHOWN = 300


def finding(
    trial: Trial | None, received: str, *, subject: str | None = None, documented: str = "", source: str = ""
) -> Finding:
    """Return what was found in a trial; the check's id and what is not said are filled in by whoever judges.

    It is about the rule that the trial was made for, unless it has a ``subject`` of its own.
    """
    if trial is None:
        return Finding("", subject or "", received, documented, source=source)
    rule = trial.rule if subject is None else None
    about = subject or (f"{trial.subject} {rule.id}" if rule is not None else trial.subject)
    line = curl(trial.exchange.request)
    return Finding("", about, received, documented, rule.id if rule else None, source, trial.payload, line)


def said(trial: Trial) -> str:
    """Write what came back, short enough to be read."""
    response = trial.exchange.response
    if response is None:
        return f"no answer: {trial.exchange.fault}"
    return f"{response.status} {short(response.body.decode(errors='replace'))}".rstrip()


def short(value: JSON) -> str:
    """Write a value, short enough to be read."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def is_row(trial: Trial, row: Row) -> bool:
    """Whether an answer is a row of the error table: its status, and its code if the row has one."""
    body = trial.exchange.received
    code = body.get("code") if isinstance(body, dict) else None
    return trial.exchange.status == row.status and ("code" not in row.body or code == row.body["code"])


def row_said(row: Row) -> str:
    """Write a row of the error table."""
    return f"{row.status} with code {row.body['code']}" if "code" in row.body else str(row.status)


def seen(trials: Iterator[Trial], reason: str) -> list[Trial]:
    """Return trials that were answered. Raises ``NothingToJudge`` if there are none."""
    found = [trial for trial in trials if trial.exchange.response is not None]
    if not found:
        raise NothingToJudge(reason)
    return found
