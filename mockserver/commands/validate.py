"""``mockserver validate``: one payload, checked against the rules of its operation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mockserver.commands.output import silence
from mockserver.errors import BadSetting

if TYPE_CHECKING:
    from mockserver.contract.validation import Violation


@click.command(
    short_help="Check one payload against the rules of an operation.",
    epilog='\b\nExample:\n  echo \'{"prompt": "A cat", "n": 20}\' | mockserver validate kling/omni-image -',
)
@click.argument("operation")
@click.argument("file", type=click.File("rb"))
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
def validate(operation: str, file: Any, strict: bool) -> None:
    """Check the payload in FILE against the rules of OPERATION, such as kling/omni-image.

    Prints one line for each violation. FILE can be - for stdin. Exits with 1 if the service would refuse the payload.
    """
    from mockserver.contract.catalog import load
    from mockserver.contract.readings import settled
    from mockserver.contract.validation import Validator
    from mockserver.decoding import document

    catalog = load()
    found = catalog.operation(operation, with_payload=True)
    if not found.schema:
        text = f"{found.id!r} takes no payload. Name an operation that has rules; `mockserver rules` lists them."
        raise BadSetting("OPERATION", text)
    try:
        payload = document(file.read())
    except ValueError as error:
        raise click.ClickException(f"not JSON: {error}") from error
    questions = catalog.services[found.service].questions
    chosen = settled({found.service: questions}, {})[found.service]
    violations = Validator.of(found, questions, chosen).violations(payload)
    try:
        for violation in violations:
            click.echo(_line(violation))
        if not violations:
            click.echo(f"{found.id}: no violation")
    except BrokenPipeError:
        silence(sys.stdout)  # whoever reads has read enough, and the exit status is still to come
    sys.exit(any(strict or violation.level == "error" for violation in violations))


def _line(violation: Violation) -> str:
    """Return a violation in one line. It quotes names from the payload, which must not steer a terminal."""
    line = (
        f"{violation.level}: {violation.rule.id} at {violation.pointer or '/'}: {violation.fact}"
        f" [{violation.rule.description}] ({violation.rule.source})"
    )
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)
