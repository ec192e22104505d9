"""The command line: ``mockserver serve``, ``validate``, ``rules``, ``readings``."""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.commands.check import check
from mockserver.commands.example import example
from mockserver.commands.openapi import openapi
from mockserver.commands.proxy import proxy
from mockserver.commands.run import run
from mockserver.errors import BadSetting, MockserverError
from mockserver.options import settings_from, settings_options
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.contract.rules import Rule


class Doors(click.Group):
    """The commands; ``serve`` is the one that is meant when none is named. A mistake is one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``serve`` before options that belong to it."""
        first = next((place for place, word in enumerate(args) if word != "--verbose"), len(args))
        if not args[first:] or (args[first].startswith("-") and args[first] not in ("--help", "-h", "--version")):
            args = [*args[:first], "serve", *args[first:]]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; tell what went wrong in one line, or with ``--verbose`` in full."""
        try:
            return super().invoke(ctx)
        except (MockserverError, click.UsageError) as error:
            if ctx.params["verbose"]:
                traceback.print_exc()
            if isinstance(error, click.UsageError):
                place = (error.ctx or ctx).command_path
                click.echo(f"mockserver: {error.format_message()} ({place} --help)", err=True)
            else:
                click.echo(f"mockserver: {error}", err=True)
            ctx.exit(2)


@click.group(cls=Doors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--verbose", is_flag=True, help="Show where an error came from.")
@click.version_option(package_name="kling-mockserver", prog_name="mockserver")
def main(verbose: bool) -> None:  # verbose: Doors reads it from the context
    """A fake of the Kling Omni-Image and Omni-Video APIs. Without a command: serve."""


main.add_command(check)
main.add_command(example)
main.add_command(openapi)
main.add_command(proxy)
main.add_command(run)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--control-token", metavar="TOKEN", help="Steer the fake from other machines, too, with this token.")
@click.option(
    "--state", "state", type=click.Path(dir_okay=False), metavar="FILE", help="Go on from here; keep it here."
)
@settings_options
def serve(host: str, port: int, control_token: str | None, state: str | None, **options: Any) -> None:
    """Answer as the services do, until Ctrl-C."""
    gc.disable()  # until the server runs: what a start makes stays
    from mockserver.adapters.http.server import Server, listen
    from mockserver.fake.core import Fake

    fake = Fake(settings_from(options))
    if state is not None and Path(state).exists():
        fake.restore(_kept(state))
    elif state is not None and not Path(state).parent.is_dir():
        raise BadSetting("--state", state, "a file in a folder that is there")
    Server(
        fake, listen(host, port), lambda url: click.echo(f"mockserver ready on {url}"), control_token
    ).run_to_the_end()
    if state is not None:
        Path(state).write_text(_json(fake.snapshot()), encoding="utf-8")
    sys.stdout.flush()
    # A film may still be in the making; whoever pressed Ctrl-C does not want to wait for it.
    os._exit(0)


@main.command()
@click.argument("operation")
@click.argument("file", type=click.File("rb"))
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
def validate(operation: str, file: Any, strict: bool) -> None:
    """Hold a payload against the rules of OPERATION (kling/omni-image); FILE may be -.

    Prints a line for each violation. Exits with 1 when the service would refuse the payload.
    """
    from mockserver.contract.catalog import load
    from mockserver.contract.readings import levels, settled
    from mockserver.contract.validation import Validator

    catalog = load()
    found = catalog.operation(operation)
    if not found.schema:
        raise BadSetting("OPERATION", operation, "an operation that takes a payload")
    try:
        payload = _parsed(file.read())
    except ValueError as error:
        raise click.ClickException(f"not JSON: {error}") from error
    questions = catalog.services[found.service].questions
    chosen = settled({found.service: questions}, {})[found.service]
    violations = Validator(found.schema, found.rules, levels(questions, chosen)).violations(payload)
    for violation in violations:
        line = (
            f"{violation.level}: {violation.rule.id} at {violation.pointer or '/'}: {violation.fact}"
            f" [{violation.rule.description}] ({violation.rule.source})"
        )
        # A payload's names stand in it, and are not to steer the terminal.
        click.echo("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line))
    if not violations:
        click.echo(f"{found.id}: no violation")
    sys.exit(any(strict or violation.level == "error" for violation in violations))


@main.command()
@click.argument("scope", default="")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def rules(scope: str, as_json: bool) -> None:
    """List the rules, of one SERVICE or SERVICE/OPERATION if it is named."""
    from mockserver.contract.catalog import load

    catalog = load()
    if "/" in scope:
        operations = [catalog.operation(scope)]
    else:
        services = [catalog.service(scope)] if scope else list(catalog.services.values())
        operations = [operation for service in services for operation in service.operations.values()]
    found = [rule for operation in operations for rule in operation.rules]
    if as_json:
        click.echo(_json([_rule(rule) for rule in found]))
    else:
        for rule in found:
            click.echo(f"{rule.operation}  {rule.id}  {rule.level}  {rule.source}\n    {rule.description}")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def readings(as_json: bool) -> None:
    """List the open questions of the documents, with their readings and which one is taken."""
    from mockserver.contract.catalog import load

    found: dict[str, dict[str, JSON]] = {}
    for service in load().services.values():
        for question in service.questions.values():
            entry = found.setdefault(
                question.id,
                {
                    "id": question.id,
                    "question": question.question,
                    "readings": {reading.id: reading.means for reading in question.readings.values()},
                    "default": {},
                    "confidence": question.confidence,
                    "source": question.source,
                },
            )
            entry["default"][service.id] = question.default
    if as_json:
        click.echo(_json(list(found.values())))
        return
    for entry in found.values():
        click.echo(f"{entry['id']}: {entry['question']}  ({entry['confidence']}; {entry['source']})")
        for reading, means in entry["readings"].items():
            takers = [service for service, default in entry["default"].items() if default == reading]
            click.echo(f"    {reading}: {means}" + (f"  [default: {', '.join(takers)}]" if takers else ""))


def _parsed(content: bytes) -> JSON:
    """Read JSON as strictly as the fake does. Raises ``ValueError``."""
    import jiter

    return jiter.from_json(content, allow_inf_nan=False, catch_duplicate_keys=True)


def _kept(state: str) -> JSON:
    """Read the file of ``--state``. Raises ``BadSetting``."""
    try:
        return _parsed(Path(state).read_bytes())
    except (OSError, ValueError) as error:
        raise BadSetting("--state", state, f"a snapshot: {error}") from error


def _rule(rule: Rule) -> dict[str, JSON]:
    names = ("id", "operation", "pointer", "level", "confidence", "source", "description")
    return {name: getattr(rule, name) for name in names}


def _json(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
