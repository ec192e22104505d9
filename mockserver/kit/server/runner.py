"""An examination: the acts that the chosen checks need, what they judge, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from mockserver.errors import NoSuchCheck
from mockserver.kit.server.budget import Spent
from mockserver.kit.server.checks.promise import Promise, said
from mockserver.kit.server.checks.registry import ROSTER
from mockserver.kit.server.evidence import Evidence
from mockserver.kit.server.probe import Probe, encoded
from mockserver.kit.server.scenarios.accounts import fields
from mockserver.kit.server.scenarios.registry import PROGRAMME
from mockserver.kit.verdict import Check, Finding, Skipped, Unseen, Verdict


def chosen(
    only: Sequence[str] = (), skip: Sequence[str] = (), roster: Mapping[str, Promise] = ROSTER
) -> tuple[tuple[Promise, ...], tuple[Skipped, ...]]:
    """Return the checks to make, and those that the user left out; names are of checks or of families.

    Raises ``NoSuchCheck``.
    """
    families = {promise.check.family for promise in roster.values()}
    for name in (*only, *skip):
        if name not in roster and name not in families:
            raise NoSuchCheck(name, [*roster, *sorted(families)])

    def is_named(promise: Promise, names: Sequence[str]) -> bool:
        return promise.check.id in names or promise.check.family in names

    kept, left = [], []
    for promise in roster.values():
        if only and not is_named(promise, only):
            left.append(Skipped(promise.check.id, "not among --only"))
        elif is_named(promise, skip):
            left.append(Skipped(promise.check.id, "left out by --skip"))
        else:
            kept.append(promise)
    return tuple(kept), tuple(left)


def obstacle(probe: Probe) -> str | None:
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


def acts(promises: Iterable[Promise]) -> tuple[str, ...]:
    """Return the acts that some checks need, in the order in which they are played."""
    wanted = {act for promise in promises for act in promise.acts}
    return tuple(name for name in PROGRAMME if name in wanted)


def play(probe: Probe, promises: Iterable[Promise], told: Callable[[str], None] = lambda _: None) -> dict[str, str]:
    """Play the acts that some checks need; ``told`` hears of each that begins.

    Return why an act was cut short, by its name.
    """
    shortages = {}
    for name in acts(promises):
        told(name)
        try:
            PROGRAMME[name](probe)
        except Spent as spent:
            shortages[name] = str(spent)
    return shortages


def judged(promise: Promise, evidence: Evidence) -> tuple[Finding, ...]:
    """Return what a check finds, of findings about the same thing the one with the smallest payload.

    Raises ``Unseen``.
    """
    smallest: dict[str, Finding] = {}
    for found in promise.judge(evidence):
        finding = _complete(promise, found)
        if finding.key not in smallest or _size(finding) < _size(smallest[finding.key]):
            smallest[finding.key] = finding
    return tuple(smallest.values())


def examine(probe: Probe, promises: Sequence[Promise] = tuple(ROSTER.values())) -> Verdict:
    """Play what is needed, and judge it."""
    reason = obstacle(probe)
    if reason is not None:
        return Verdict(probe.target.url, (), obstacle=reason)
    shortages = play(probe, promises)
    evidence = probe.evidence()
    made: list[Check] = []
    findings: list[Finding] = []
    skipped = [*evidence.untried]
    for promise in promises:
        skipped += shortened(promise, shortages)
        try:
            findings += judged(promise, evidence)
            made.append(promise.check)
        except Unseen as unseen:
            skipped += unseen_of(promise, unseen, shortages)
    return Verdict(probe.target.url, tuple(made), tuple(findings), tuple(skipped), facts=facts(probe))


def unseen_of(promise: Promise, unseen: Unseen, shortages: Mapping[str, str]) -> list[Skipped]:
    """Tell why a check was not made, unless it is known already that its acts were cut short."""
    return [] if shortened(promise, shortages) else [Skipped(promise.check.id, str(unseen))]


def shortened(promise: Promise, shortages: Mapping[str, str]) -> list[Skipped]:
    """Tell of which acts a check saw only a part."""
    return [
        Skipped(promise.check.id, f"in part, of {act}: {shortages[act]}") for act in promise.acts if act in shortages
    ]


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


def _complete(promise: Promise, found: Finding) -> Finding:
    check = promise.check
    documented, source = found.documented or check.documented, found.source or check.source
    return replace(found, check=check.id, documented=documented, source=source)


def _size(finding: Finding) -> int:
    return len(encoded(finding.payload)) if finding.payload is not None else 0
