"""``mockserver validate``: one payload, or an archive of exchanges, checked against the contract."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mockserver.commands.output import silence, written
from mockserver.errors import BadSetting
from mockserver.options.payloads import VALIDATE
from mockserver.settings import Settings

if TYPE_CHECKING:
    from mockserver.contract.readings import Questions, Readings
    from mockserver.contract.service import Operation
    from mockserver.contract.validation import Unjudged, Violation
    from mockserver.har.archive import Archive
    from mockserver.types import JSON


@click.command(
    short_help="Check a payload, or a HAR file, by the contract.",
    epilog='\b\nExamples:\n  echo \'{"prompt": "A cat", "n": 20}\' | mockserver validate kling/omni-image -\n'
    "  mockserver validate session.har",
    params=[*VALIDATE],
)
@click.argument("operation")
@click.argument("file", required=False, type=click.File("rb"))
def validate(
    operation: str, file: Any, strict: bool, readings: dict[str, str], service: str | None, report: Path | None
) -> None:
    """Check the payload in FILE against the rules of OPERATION, such as kling/omni-image.

    Prints one line for each violation, one for each fault because of which other rules cannot be judged, and one for
    each rule that the payload would break under another reading. FILE can be - for stdin. Exits with 1 if the service
    would refuse the payload.

    With a HAR file alone, `mockserver validate session.har`, each exchange in it is checked: the request, and the
    answer. Exits with 1 if one breaks the contract, and with 2 if none belongs to a service.
    """
    if file is None:
        _check_archive(
            operation, Settings(services=(service,) if service else (), strict=strict, readings=readings), report
        )
    for option, value in (("--service", service), ("--report", report)):
        if value is not None:
            raise BadSetting(option, "it is for a HAR file. Leave it out, or name such a file alone.")
    from mockserver.contract.catalog import load
    from mockserver.contract.readings import settled
    from mockserver.contract.validation import Validator
    from mockserver.decoding import document

    catalog = load()
    found = catalog.operation(operation, with_payload=True)
    if not found.schema:
        text = f"{found.id!r} takes no payload. Name an operation that has rules; `mockserver rules` lists them."
        raise BadSetting("OPERATION", text)
    chosen = settled(catalog.questions(), readings)[found.service]
    try:
        payload = document(file.read())
    except ValueError as error:
        raise click.ClickException(f"not JSON: {error}") from error
    questions = catalog.services[found.service].questions
    validator = Validator.of(found, questions, chosen)
    violations = validator.violations(payload)
    lines = [*map(_line, violations)] or [f"{found.id}: no violation"]
    try:
        for line in (*lines, *_unjudged(validator.unjudged(payload)), *_off(found, questions, chosen, payload)):
            click.echo(_printable(line))
    except BrokenPipeError:
        silence(sys.stdout)  # whoever reads has read enough, and the exit status is still to come
    sys.exit(any(strict or violation.level == "error" for violation in violations))


def _check_archive(name: str, settings: Settings, report: Path | None) -> NoReturn:
    """Check the exchanges of an archive, and exit."""
    from mockserver.commands.judging.archive import Judged
    from mockserver.commands.judging.reporting import folder_made

    if report is not None:
        folder_made(report)
    judged = Judged(name, _archive(name), settings)
    if report is not None:
        from mockserver.kit.reports.folder import write

        with written("--report", report, "folder"):
            write(judged.verdict(), report)
    if judged.obstacle is not None:
        raise BadSetting("FILE", judged.obstacle)
    try:
        for line in judged.lines():
            click.echo(_printable(line))
    except BrokenPipeError:
        silence(sys.stdout)
    sys.exit(judged.is_broken)


def _archive(name: str) -> Archive:
    """Read an archive. An operation that comes without its payload is told so."""
    from mockserver.har.reading import read

    if name == "-":
        return read(sys.stdin.buffer, name)
    path = Path(name)
    if not path.exists() and re.fullmatch(r"[\w-]+/[\w.-]+", name):
        raise BadSetting("FILE", f"{name} comes without a payload, and is no HAR file. Name a file, or - for stdin.")
    with path.open("rb") as stream:
        return read(stream, name)


def _line(violation: Violation) -> str:
    return (
        f"{violation.level}: {violation.rule.id} at {violation.pointer or '/'}: {violation.fact}"
        f" [{violation.rule.description}] ({violation.rule.source})"
    )


def _unjudged(unjudged: tuple[Unjudged, ...]) -> Iterator[str]:
    """Yield a line for each cause, or several of them, because of which rules cannot be judged."""
    by_cause: dict[str, list[str]] = {}
    for each in unjudged:
        cause = " and ".join(f"{cause.pointer} {cause.fact}" for cause in each.causes)
        by_cause.setdefault(cause, []).append(each.rule.id)
    yield from (f"not judged: {', '.join(rules)}, because {cause}" for cause, rules in by_cause.items())


def _off(operation: Operation, questions: Questions, chosen: Readings, payload: JSON) -> Iterator[str]:
    """Yield a line for each rule that the payload breaks and that a reading has turned off."""
    from mockserver.contract.readings import levels, why_off
    from mockserver.contract.validation import Validator

    given = levels(questions, chosen)
    off = {rule.id for rule in operation.rules if given.get(rule.id, rule.level) == "off"}
    awake = Validator(operation.schema, operation.rules, {**given, **dict.fromkeys(off, "warning")})
    for violation in awake.violations(payload) if off else ():
        if violation.rule.id in off:
            place = f"{violation.rule.id} at {violation.pointer or '/'}"
            yield f"off: {place}: {violation.rule.description} The rule {why_off(violation.rule.id, questions, chosen)}"


def _printable(line: str) -> str:
    """Return a line that may quote names from the payload, which must not steer a terminal."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)
