"""``mockserver openapi``: an OpenAPI description of a service."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mockserver.commands.output import written
from mockserver.files import write


@click.command(
    short_help="Print an OpenAPI description of a service.",
    epilog="\b\nExample:\n  mockserver openapi kling --output kling.json",
)
@click.argument("service")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write to FILE.")
def openapi(service: str, output: Path | None) -> None:
    """Print an OpenAPI 3.1 description of SERVICE, made from the contract."""
    from mockserver.contract.catalog import load
    from mockserver.contract.description import openapi as description
    from mockserver.contract.readings import settled

    catalog = load()
    found = catalog.service(service)
    readings = settled({found.id: found.questions}, {})[found.id]
    text = json.dumps(description.openapi(catalog, found, readings), ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
        return
    with written("--output", output):
        write(output, f"{text}\n")
