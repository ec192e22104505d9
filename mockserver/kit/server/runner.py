"""The runner: from settings to a verdict. The command, the library, contract_tests/ and the mutants all come this way.

Scenarios are played first, as far as the budget allows, and leave evidence; the checks then look at that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from mockserver.kit.checks import Check, NothingToJudge, Skipped, select
from mockserver.kit.server.budget import Spent
from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.evidence import Evidence
from mockserver.kit.server.findings import said
from mockserver.kit.server.probe import Probe, encoded
from mockserver.kit.server.scenarios.accounts import fields
from mockserver.kit.server.scenarios.registry import PROGRAMME
from mockserver.kit.server.settings import Settings
from mockserver.kit.verdict import Finding, Verdict

ServerCheck = Check[Evidence, Finding]

Connect = Callable[[Settings], AbstractContextManager[Probe]]
"""Opens a probe of the server that settings name."""

Progress = Callable[[str, int], None]
"""Hears of each scenario that begins, and how many there are in all."""


def check_server(url: str, **options: Any) -> Verdict:
    """Judge the server at a URL."""
    return run(Settings(url=url, **options))


def run(settings: Settings, *, connect: Connect = Settings.probe, progress: Progress = lambda _, __: None) -> Verdict:
    """Play what the chosen checks need, and return what they find. Raises ``MockserverError`` for bad settings."""
    checks, left_out = select(CHECKS, settings.only, settings.skip)
    with connect(settings) as probe:
        obstacle = _obstacle(probe)
        if obstacle is not None:
            return Verdict(settings.url, (), skipped=left_out, obstacle=obstacle)
        shortages = play(probe, checks, progress)
        return _verdict(settings, probe, checks, left_out, shortages)


def scenarios(checks: Iterable[ServerCheck]) -> tuple[str, ...]:
    """Return the scenarios that some checks need, in the order in which they are played."""
    wanted = {name for check in checks for name in check.scenarios}
    return tuple(name for name in PROGRAMME if name in wanted)


def play(probe: Probe, checks: Iterable[ServerCheck], progress: Progress = lambda _, __: None) -> Mapping[str, str]:
    """Play the scenarios that some checks need. Return why a scenario was cut short, by its name."""
    names, shortages = scenarios(checks), {}
    for name in names:
        progress(name, len(names))
        try:
            PROGRAMME[name](probe)
        except Spent as spent:
            shortages[name] = str(spent)
    return shortages


def findings(check: ServerCheck, evidence: Evidence) -> tuple[Finding, ...]:
    """Return what a check finds; of findings about the same thing, the one with the smallest payload.

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
    settings: Settings,
    probe: Probe,
    checks: Iterable[ServerCheck],
    left_out: Iterable[Skipped],
    shortages: Mapping[str, str],
) -> Verdict:
    evidence = probe.evidence()
    made: list[ServerCheck] = []
    found: list[Finding] = []
    skipped = [*left_out, *evidence.untried]
    for check in checks:
        partly = [
            Skipped(check.id, f"in part, of {name}: {shortages[name]}") for name in check.scenarios if name in shortages
        ]
        skipped += partly
        try:
            found += findings(check, evidence)
            made.append(check)
        except NothingToJudge as nothing:
            skipped += [] if partly else [Skipped(check.id, str(nothing))]
    return Verdict(settings.url, tuple(made), tuple(found), tuple(skipped), facts=facts(probe))


def _obstacle(probe: Probe) -> str | None:
    """Say why a server cannot be judged at all: it does not answer, or does not let us in. ``None`` if it can."""
    maker = probe.target.operations[0]
    shows = probe.terms.beside(maker, "list") or probe.terms.beside(maker, "get")
    trial = (
        probe.ask(shows, fields(probe, shows) or None, "reach", id="1" if "{" in shows.path else "")
        if shows is not None
        else probe.ask(maker, {}, "reach")
    )
    if trial.exchange.response is None:
        return f"{probe.target.url} does not answer: {trial.exchange.fault}"
    if trial.exchange.status in (401, 403):
        return f"{probe.target.url} does not let these credentials in: {said(trial)}"
    return None


def facts(probe: Probe) -> tuple[tuple[str, str], ...]:
    """Return the figures of a run."""
    trials = probe.trials
    broken = {(trial.rule.operation, trial.rule.id) for trial in trials if trial.aim == "refuse" and trial.rule}
    chosen = probe.terms.chosen
    return (
        ("service", probe.terms.service.id),
        ("exchanges", str(len(trials))),
        ("tasks created", str(probe.budget.made)),
        ("rules broken", str(len(broken))),
        ("readings settled", ", ".join(f"{id}={reading}" for id, reading in chosen.items()) or "none"),
    )


def _size(finding: Finding) -> int:
    return len(encoded(finding.payload)) if finding.payload is not None else 0
