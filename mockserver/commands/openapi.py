"""``mockserver openapi``: an OpenAPI description of a service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.commands.output import written
from mockserver.files import write

if TYPE_CHECKING:
    from mockserver.types import JSON


@click.command(
    short_help="Print an OpenAPI description of a service, or of the control API.",
    epilog="\b\nExamples:\n  mockserver openapi kling --output kling.json\n  mockserver openapi control",
)
@click.argument("service")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write to FILE.")
def openapi(service: str, output: Path | None) -> None:
    """Print an OpenAPI 3.1 description of SERVICE, made from the contract; `control` is the control API.

    A fake that runs has them, too, at /_mock/openapi/SERVICE.json, under the readings that it has taken.
    """
    text = json.dumps(_described(service), ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
        return
    with written("--output", output):
        write(output, f"{text}\n")


def _described(service: str) -> dict[str, JSON]:
    from mockserver.contract.catalog import load
    from mockserver.contract.description.control import description
    from mockserver.contract.description.openapi import FAKE, openapi
    from mockserver.contract.readings import settled
    from mockserver.resources import CONTROL

    if service == CONTROL:
        return {**description(), "servers": [{**FAKE, "url": f"{FAKE['url']}/_mock"}]}
    catalog = load()
    found = catalog.service(service)
    return openapi(catalog, found, settled({found.id: found.questions}, {})[found.id])
