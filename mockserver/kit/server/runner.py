"""The runner: from settings to a verdict. The command, the library, contract_tests/ and the mutants all come this way.

Scenarios are played first, as far as the budget allows, and leave evidence; the checks then look at that alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Unpack

from mockserver.configuration.resolution import configured
from mockserver.errors import Interrupted
from mockserver.kit.checks import Check, NothingToJudge, Skipped, select
from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.evidence import Evidence, Purpose
from mockserver.kit.server.findings import answer_text
from mockserver.kit.server.probe import Probe, connect, encoded
from mockserver.kit.server.repetition.shell import Shell, notes
from mockserver.kit.server.settings import Options, Settings
from mockserver.kit.server.spending.budget import Budget, Spent
from mockserver.kit.server.spending.plan import scenarios_for
from mockserver.kit.server.spending.prices import in_units
from mockserver.kit.verdict import Finding, Verdict

ServerCheck = Check[Evidence, Finding]

Connect = Callable[[Settings], AbstractContextManager[Probe]]
"""Opens a probe of the server that settings name."""

CutShort = Mapping[str, Spent | Interrupted]
"""Why scenarios were not played to their ends, by their names."""

Progress = Callable[[str, int], None]
"""Is told the name of each scenario that begins, and how many there are in all."""


def check_server(url: str, **options: Unpack[Options]) -> Verdict:
    """Check whether the server at a URL keeps the contract of a service.

    It sends real requests: it creates up to ``max_creates`` tasks, which a real service charges for, waits for most of
    them to end, and looks at their results. It also sends some hundred requests that the server should refuse.
    Callbacks are only checked for a server on this machine, which can reach a receiver on loopback.

    All options are those of ``mockserver check server``. One that is not given is taken from a variable or the file of
    the configuration, or else has its default:

    * ``service``: the contract, by the name of its folder in ``schemas/``: ``"kling"`` unless told otherwise
    * ``token``: an API key; or ``ak`` and ``sk``, an access key and its secret. Without them a key is made up
    * ``other_token``: the API key of another account, or its ``AK:SK``: the two must see nothing of each other
    * ``webhook_secret``: ``whsec_`` and Base64, to verify the signatures of callbacks
    * ``operations``: the operations to try, ``["kling/omni-image"]``; all that create tasks unless told otherwise
    * ``readings``: answers to open questions, ``{"missing-task": "400-1201"}``; see ``mockserver readings``
    * ``max_creates``: how many tasks to create at most, 50; ``max_units``: what they may cost, by the contract's prices
    * ``seconds``: after how many seconds to send nothing more, 600
    * ``seed``: a number; each gives other payloads, and the same each time
    * ``only`` and ``skip``: the checks to make and to leave out, by their names or those of their families

    Returns a ``Verdict`` with ``status``, ``findings`` and what was ``skipped``. A server that does not answer, or
    rejects the credentials, gives a verdict with an ``obstacle``. Raises ``MockserverError`` for options that make no
    sense, before anything is sent.

    >>> verdict = check_server("http://127.0.0.1:8080", token="my-key", max_creates=20)  # doctest: +SKIP
    >>> for finding in verdict.findings:  # doctest: +SKIP
    ...     print(finding.check, finding.subject, finding.received)
    """
    with configured(("check", "server"), Options.__annotations__, options) as arguments:
        return run(Settings(url=url, **arguments))


def run(
    settings: Settings,
    *,
    connect: Connect = connect,
    progress: Progress = lambda _, __: None,
    seen: Callable[[Evidence], None] = lambda _: None,
) -> Verdict:
    """Play the scenarios that the chosen checks need, and return what the checks find.

    ``connect`` opens the probe; ``seen`` gets the evidence. Raises ``MockserverError`` for settings that make no sense.
    """
    checks, left_out = select(CHECKS, settings.only, settings.skip)
    with connect(settings) as probe:
        obstacle = _obstacle(probe)
        if obstacle is not None:
            return Verdict(settings.url, (), skipped=left_out, obstacle=obstacle).masked(settings.secrets)
        began = time.monotonic()
        seconds: dict[str, float] = {}
        cut_short = play(probe, checks, progress, seconds)
        seen(probe.evidence())
        verdict = _verdict(probe, checks, left_out, cut_short, settings)
        took = {check.id: round(sum(seconds.get(name, 0.0) for name in check.scenarios), 3) for check in verdict.made}
        timed = replace(verdict, seconds=MappingProxyType(took), took=round(time.monotonic() - began, 3))
        return timed.masked(settings.secrets)


def play(
    probe: Probe,
    checks: Iterable[ServerCheck],
    progress: Progress = lambda _, __: None,
    seconds: dict[str, float] | None = None,
) -> CutShort:
    """Play the scenarios that some checks need. Return why a scenario was cut short, by its name.

    ``seconds`` gets how long each took, by its name.
    """
    scenarios, cut_short = scenarios_for(checks), dict[str, Spent | Interrupted]()
    for place, scenario in enumerate(scenarios):
        began = time.monotonic()
        try:
            progress(scenario.name, len(scenarios))
            scenario.play(probe)
        except Spent as spent:
            cut_short[scenario.name] = spent
        except Interrupted as interrupted:
            return cut_short | dict.fromkeys([each.name for each in scenarios[place:]], interrupted)
        finally:
            if seconds is not None:
                seconds[scenario.name] = time.monotonic() - began
    return cut_short


def findings(check: ServerCheck, evidence: Evidence) -> tuple[Finding, ...]:
    """Return what a check finds; of several findings about the same thing, the one with the smallest payload.

    Raises ``NothingToJudge``.
    """
    smallest: dict[str, Finding] = {}
    for found in check.find(evidence):
        finding = replace(
            found,
            check=check.id,
            documented=found.documented or check.documented,
            source=found.source or check.source,
        )
        if finding.key not in smallest or _size(finding) < _size(smallest[finding.key]):
            smallest[finding.key] = finding
    return tuple(smallest.values())


def _verdict(
    probe: Probe,
    checks: Iterable[ServerCheck],
    left_out: Iterable[Skipped],
    cut_short: CutShort,
    settings: Settings,
) -> Verdict:
    evidence = probe.evidence()
    shell = Shell(settings, probe.target, evidence)
    made: list[ServerCheck] = []
    found: list[Finding] = []
    skipped = [*left_out, *evidence.untried]
    for check in checks:
        in_part = [
            Skipped(check.id, f"in part, of {name}: {cut_short[name]}") for name in check.scenarios if name in cut_short
        ]
        skipped += in_part
        try:
            found += [shell.repeated(finding, check) for finding in findings(check, evidence)]
            made.append(check)
        except NothingToJudge as nothing:
            skipped += [] if in_part else [Skipped(check.id, str(nothing))]
    interrupted = next((str(reason) for reason in cut_short.values() if isinstance(reason, Interrupted)), None)
    return Verdict(
        probe.target.url,
        tuple(made),
        tuple(found),
        tuple(skipped),
        obstacle=interrupted,
        facts=_facts(probe, evidence),
        notes=tuple(notes(probe.target)) if found else (),
    )


def _obstacle(probe: Probe) -> str | None:
    """Say why a server cannot be judged at all: it does not answer, or rejects the credentials. ``None`` if it can."""
    create, expectations = probe.target.create_operations[0], probe.expectations
    free = expectations.list_operation(create) or expectations.get_operation(create)
    if free is None:
        attempt = probe.ask(create, {}, Purpose.REACH)  # no payload is so empty and valid
    else:
        payload = probe.account_fields(free) or ({} if free.method == "POST" else None)
        attempt = probe.ask(free, payload, Purpose.REACH, id="1" if free.does == "get" else "")
    if attempt.exchange.response is None:
        return f"{probe.target.url} does not answer: {attempt.exchange.fault}"
    if attempt.exchange.status in (401, 403):
        return f"{probe.target.url} rejects these credentials: {answer_text(attempt)}"
    return None


def _facts(probe: Probe, evidence: Evidence) -> tuple[tuple[str, str], ...]:
    """Return the figures of a run."""
    attempts, chosen = probe.recorder.attempts, probe.expectations.chosen
    broken = [each.rule for each in attempts if each.purpose is Purpose.BREAK_RULE and each.rule is not None]
    return (
        ("service", probe.expectations.service.id),
        ("exchanges", str(len(attempts))),
        ("tasks created", str(probe.budget.created)),
        ("cost", _cost(probe.budget)),
        *_told(evidence),
        ("rules broken", str(len({(rule.operation, rule.id) for rule in broken}))),
        ("readings settled", ", ".join(f"{id}={reading}" for id, reading in chosen.items()) or "none"),
    )


def _cost(budget: Budget) -> str:
    """Say what a run has cost."""
    rest = f", and {budget.unpriced} tasks at prices that it does not have" if budget.unpriced else ""
    return f"{in_units(budget.units)}, by the contract's prices{rest}"


def _told(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield what the server itself says that the tasks have cost that were seen at their ends, if it says it."""
    ends = (history.end.view.units for history in evidence.histories if history.end is not None)
    told = [units for units in ends if units is not None]
    if told:
        yield "cost told", f"{in_units(sum(told, Decimal(0)))}, as the server says of {len(told)} tasks"


def _size(finding: Finding) -> int:
    return len(encoded(finding.payload)) if finding.payload is not None else 0
