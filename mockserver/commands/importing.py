"""``mockserver import`` and ``new``: services of one's own, made of a document, or begun like one of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.commands.output import complain
from mockserver.extras import require

if TYPE_CHECKING:
    from mockserver.importing.notes import Notes


@click.command(
    "import",
    short_help="Make a service of an OpenAPI document.",
    epilog="\b\nExample:\n  mockserver import openapi.yaml --service acme --out contracts\n"
    "  mockserver serve --schemas contracts/acme --service acme",
)
@click.argument("documents", metavar="DOCUMENT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--service", required=True, metavar="NAME", help="What the service is to be called.")
@click.option(
    "--out",
    default=Path(),
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Make the folder NAME in DIR; here by default.",
)
@click.option("--force", is_flag=True, help="Replace a folder that is there.")
def import_(documents: tuple[Path, ...], service: str, out: Path, force: bool) -> None:
    """Make the folder of a service of OpenAPI 3.0 or 3.1, in YAML, JSON, or Markdown around either.

    Limits that a document states only in words become rules, each with the words it came from. What was mended, mined,
    guessed and not decided stands in IMPORT.md in the folder.
    """
    require("mockserver import", "yaml")
    from mockserver.importing.folder import NOTES, target, write
    from mockserver.importing.service import imported

    place = target(service, out, is_forced=force)
    found = imported(documents, service)
    write(place, found.files, found.notes, ", ".join(document.name for document in documents))
    _tell(found.notes)
    click.echo(f"{place / 'service.json'}  (what was mined, guessed and not decided: {place / NOTES})")


def _tell(notes: Notes) -> None:
    """Print what a person has to look at; what was mined, and is marked so, only stands in the file."""
    from mockserver.importing.notes import Kind

    for kind in (Kind.MENDED, Kind.UNDECIDED, Kind.GUESSED, Kind.LEFT_OUT):
        for note in notes.of(kind):
            complain(note.line())


@click.group(
    no_args_is_help=False,
    short_help="Begin a service of your own.",
    epilog="\b\nExample:\n  mockserver new service acme --like kling --out contracts",
)
def new() -> None:
    """Begin something of your own that starts as it is."""


@new.command(
    short_help="Begin a service that is like one of ours.",
    epilog="\b\nExample:\n  mockserver new service acme --like kling --out contracts\n"
    "  mockserver serve --schemas contracts/acme --service acme --reload",
)
@click.argument("name")
@click.option(
    "--like", default="kling", show_default=True, metavar="SERVICE", help="Begin with what this service does."
)
@click.option(
    "--out",
    default=Path(),
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Make the folder NAME in DIR; here by default.",
)
@click.option("--force", is_flag=True, help="Replace a folder that is there.")
def service(name: str, like: str, out: Path, force: bool) -> None:
    """Make the smallest folder of a service NAME that starts: one product of SERVICE, on paths below /NAME."""
    from mockserver.importing.folder import target, write
    from mockserver.importing.notes import Notes
    from mockserver.importing.skeleton import skeleton

    place = target(name, out, is_forced=force)
    write(place, skeleton(name, like), Notes(), like)
    click.echo(str(place / "service.json"))
