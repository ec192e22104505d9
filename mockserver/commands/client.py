"""``mockserver check client``: does a client survive the real service?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.errors import BadSetting

if TYPE_CHECKING:
    from mockserver.kit.client_run import Cast


@click.command()
@click.argument("testee", nargs=-1, required=True)
@click.option("--operation", "operations", multiple=True, metavar="OPERATION", help="Ask for this only; repeatable.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Begin no scene after so long.")
@click.option("--every-reading", is_flag=True, help="Play also under each answer to the open questions.")
@click.option("--report", metavar="DIR", type=click.Path(path_type=Path), help="Write HTML, JUnit, SARIF, JSON here.")
@click.option("--baseline", metavar="FILE", type=click.Path(path_type=Path), help="Findings that are accepted.")
@click.option("--only", multiple=True, metavar="CHECK", help="Make this check, or this family, only; repeatable.")
@click.option("--skip", multiple=True, metavar="CHECK", help="Leave this check, or this family, out; repeatable.")
def client(
    testee: tuple[str, ...],
    operations: tuple[str, ...],
    seconds: float | None,
    every_reading: bool,
    report: Path | None,
    baseline: Path | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
) -> None:
    """Play TESTEE, a program (-- node testee.js) or a class (package.module:Testee), against a fake that misbehaves.

    Exits with 0 when every promise is kept, 1 when one is broken, 2 when nothing could be judged.
    """
    from mockserver.contract.catalog import load
    from mockserver.kit import client_run
    from mockserver.kit.baseline import apply, read
    from mockserver.kit.report import progress, terminal, write
    from mockserver.kit.stage import Stage
    from mockserver.kit.testee import found, hello
    from mockserver.kit.variations import variations

    accepted = read(baseline) if baseline is not None else ()
    if report is not None:
        made(report)
    checks, left_out = client_run.chosen(only, skip)
    subject, catalog = found(testee), load()
    try:
        who = hello(subject)
        played, skipped = client_run.cast(catalog, who, checks, operations)
        if every_reading:
            played += variations(catalog, played)
        with Stage() as stage, progress(len(played)) as step:
            findings, acts, left = client_run.run(
                stage, subject, who, played, checks, seconds=seconds, told=lambda each: step(_named(each))
            )
    finally:
        subject.close()
    verdict = apply(client_run.verdict(who, checks, findings, acts, [*left_out, *skipped], left), accepted)
    terminal(verdict)
    if report is not None:
        write(verdict, report)
    sys.exit(verdict.status)


def made(report: Path) -> Path:
    """Make the folder of ``--report``, before anything costs time. Raises ``BadSetting``."""
    try:
        report.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting("--report", str(report), f"a folder to write into: {error.strerror}") from error
    return report


def _named(each: Cast) -> str:
    return f"{each.operation.id.removesuffix('.create')} {each.scene.id} {each.choice or ''}"
