"""``python -m tests.mutants.servers``: how many wrong servers the kit catches, and what it finds in the right one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import cycle
from time import monotonic

import click

from mockserver.contract.catalog import load
from mockserver.kit.verdict import Verdict
from mockserver.types import JSON
from tests.mutants.servers.harness import prepare
from tests.mutants.servers.registry import MUTANTS, judge

SEEDS = range(20)

PACES = ("fast", "real", "polls:3", "instant")
"""How fast tasks go. Seeds and readings take them in turn: all of them at every pace would take four times as long."""


def main() -> int:
    """Print the score. Return 1 if a wrong server was missed, or anything was found in the clean fake."""
    began = monotonic()
    missed = [mutant for mutant in MUTANTS.values() if not mutant.is_told(judge(mutant).findings)]
    for mutant in missed:
        click.echo(f"missed: {mutant.id}, meant for {mutant.check}")
    checks = {mutant.check for mutant in MUTANTS.values()}
    caught = f"{len(MUTANTS) - len(missed)} of {len(MUTANTS)} wrong servers caught by the check meant for each"
    click.echo(f"{caught} ({len(checks)} checks), {monotonic() - began:.0f} s")
    untrue = 0
    runs = 0
    for name, verdict in clean():
        runs += 1
        for finding in verdict.findings:
            untrue += 1
            click.echo(f"untrue: {name}: {finding.key}: {finding.received}")
    click.echo(f"{untrue} findings in {runs} runs against the clean fake, {monotonic() - began:.0f} s")
    return bool(missed or untrue)


def clean() -> Iterator[tuple[str, Verdict]]:
    """Judge the clean fake: each service with twenty seeds, and under each reading, settled and open."""
    paces = cycle(PACES)
    for service in load().services.values():
        for seed in SEEDS:
            pace = next(paces)
            settings: dict[str, JSON] = {"seed": seed, "pace": pace}
            yield f"{service.id}, seed {seed}, {pace}", prepare(service.id, fake=settings, seed=seed).verdict()
        for question in service.questions.values():
            for reading in question.readings:
                settings = {"readings": {f"{service.id}/{question.id}": reading}, "pace": next(paces)}
                name = f"{service.id}, {question.id}={reading}"
                if reading != question.default:
                    yield f"{name}, open", prepare(service.id, fake=settings).verdict()
                yield name, prepare(service.id, fake=settings, readings={question.id: reading}).verdict()


if __name__ == "__main__":
    sys.exit(main())
