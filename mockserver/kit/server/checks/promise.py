"""Promises: a check, what judges it, and the acts that show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mockserver.contract.catalog import Row
from mockserver.curl import curl
from mockserver.kit.server.evidence import Evidence, Trial
from mockserver.kit.verdict import Check, Finding, Severity, Unseen
from mockserver.types import JSON

Judge = Callable[[Evidence], Iterator[Finding]]

_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Promise:
    """A check of a server: what it is, what judges it, and the ``acts`` that must be played for it."""

    check: Check
    judge: Judge
    acts: tuple[str, ...]


class Family:
    """The promises of one kind, by their ids, in the order in which they stand in their module."""

    def __init__(self, name: str, *acts: str) -> None:
        self.name, self.acts = name, acts
        self.promises: dict[str, Promise] = {}

    def check(
        self,
        id: str,
        documented: str,
        why: str,
        source: str,
        *,
        acts: tuple[str, ...] = (),
        severity: Severity = "error",
    ) -> Callable[[Judge], Judge]:
        """Make the function that follows the judge of a check; ``acts`` are the family's unless they are named."""

        def promised(judge: Judge) -> Judge:
            check = Check(id, self.name, severity, documented, why, source)
            self.promises[id] = Promise(check, judge, acts or self.acts)
            return judge

        return promised


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
    """Return trials that were answered. Raises ``Unseen`` if there are none."""
    found = [trial for trial in trials if trial.exchange.response is not None]
    if not found:
        raise Unseen(reason)
    return found
