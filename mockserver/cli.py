"""The command line: ``mockserver serve``, ``validate``, ``rules``, ``readings``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mockserver.errors import BadSetting, MockserverError
from mockserver.settings import MIB, Key, Settings
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.contract.rules import Rule

F = TypeVar("F", bound=Callable[..., Any])


class Doors(click.Group):
    """The commands; ``serve`` is the one that is meant when none is named. A mistake is one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``serve`` before options that belong to it."""
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h", "--version", "--verbose")):
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; tell what went wrong in one line, or with ``--verbose`` in full."""
        try:
            return super().invoke(ctx)
        except MockserverError as error:
            if ctx.params["verbose"]:
                raise
            click.echo(f"mockserver: {error}", err=True)
            ctx.exit(2)


@click.group(cls=Doors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--verbose", is_flag=True, help="Show where an error came from.")
@click.version_option(package_name="kling-mockserver", prog_name="mockserver")
def main(verbose: bool) -> None:  # verbose: Doors reads it from the context
    """A fake of the Kling Omni-Image and Omni-Video APIs. Without a command: serve."""


def settings_options(command: F) -> F:
    """Add the options that say how the fake behaves; the command gets them as ``Settings``."""
    options = [
        click.option(
            "--service",
            "services",
            multiple=True,
            metavar="NAME",
            help="Serve this one only; repeatable, the first wins on a shared path.",
        ),
        click.option(
            "--prefix", "prefixes", multiple=True, metavar="PATH", help="Serve under this path, too; repeatable."
        ),
        click.option(
            "--pace", default="fast", show_default=True, metavar="PACE", help="real, fast, instant, or polls:N."
        ),
        click.option("--strict", is_flag=True, help="Refuse what is otherwise only a warning."),
        click.option(
            "--reading",
            "readings",
            multiple=True,
            metavar="[SERVICE/]QUESTION=READING",
            help="Answer an open question; see `mockserver readings`.",
        ),
        click.option("--key", "keys", multiple=True, metavar="TOKEN|AK:SK", help="Let only this key in; repeatable."),
        click.option("--slots", type=click.IntRange(min=0), metavar="N", help="Tasks in flight per account and model."),
        click.option("--seed", type=int, metavar="N", help="The same ids and pictures each time."),
        click.option(
            "--max-body",
            type=click.IntRange(min=1),
            default=64 * MIB,
            metavar="BYTES",
            help="Largest request body; 64 MiB.",
        ),
        click.option("--public-url", metavar="URL", help="Origin of result URLs; otherwise the one the client used."),
        click.option("--webhook-secret", metavar="whsec_…", help="Sign callbacks (Standard Webhooks)."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def settings_from(options: dict[str, Any]) -> Settings:
    """Make ``Settings`` of what ``settings_options`` collected. Raises ``BadSetting``."""
    readings = {}
    for text in options.pop("readings"):
        question, equals, reading = text.partition("=")
        if not equals:
            raise BadSetting("--reading", text, "of the form question=reading")
        readings[question] = reading
    keys = tuple(Key.parse(text) for text in options.pop("keys"))
    if any(not key.name or key.secret == "" for key in keys):
        raise BadSetting("--key", "", "TOKEN or AK:SK")
    url = options.pop("public_url")
    if url is not None and not url.startswith(("http://", "https://")):
        raise BadSetting("--public-url", url, "an http or https URL")
    return Settings(readings=readings, keys=keys, public_url=url.rstrip("/") if url else None, **options)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@settings_options
def serve(host: str, port: int, **options: Any) -> None:
    """Answer as the services do, until Ctrl-C."""
    from mockserver.adapters.server import Server, listen
    from mockserver.fake.core import Fake

    fake = Fake(settings_from(options))
    Server(fake, listen(host, port), lambda url: click.echo(f"mockserver ready on {url}")).run()
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
    import jiter

    from mockserver.contract.catalog import load
    from mockserver.contract.readings import levels, settled
    from mockserver.contract.validation import Validator

    catalog = load()
    found = catalog.operation(operation)
    try:
        payload = jiter.from_json(file.read(), allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise click.ClickException(f"{file.name}: not JSON: {error}") from error
    questions = catalog.services[found.service].questions
    chosen = settled({found.service: questions}, {})[found.service]
    violations = Validator(found.schema, found.rules, levels(questions, chosen)).violations(payload)
    for violation in violations:
        click.echo(
            f"{violation.level}: {violation.rule.id} at {violation.pointer or '/'}: {violation.fact}"
            f" [{violation.rule.description}] ({violation.rule.source})"
        )
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


def _rule(rule: Rule) -> dict[str, JSON]:
    names = ("id", "operation", "pointer", "level", "confidence", "source", "description")
    return {name: getattr(rule, name) for name in names}


def _json(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
