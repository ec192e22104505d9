"""``mockserver readings``: what the documents leave open, and what recordings say of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.commands.output import complain, written
from mockserver.errors import BadSetting
from mockserver.files import write
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.adapters.proxy.archives import Session


@click.command(
    short_help="List open questions, or settle them by a recording.",
    epilog="\b\nExamples, and how to choose another reading:\n  mockserver readings\n"
    "  mockserver readings --from session.har --output mockserver.toml\n"
    "  mockserver serve --reading missing-task=404-1203",
)
@click.option(
    "--from",
    "source",
    metavar="FILE|DIR",
    type=click.Path(path_type=Path),
    help="Say what the exchanges of a HAR file, or of a folder of recordings, show.",
)
@click.option("--service", metavar="NAME", help="With --from: all exchanges of a HAR file are with this service.")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --from: write the readings that are settled, as mockserver.toml has them.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def readings(source: Path | None, service: str | None, output: Path | None, force: bool, as_json: bool) -> None:
    """List the questions that the documents leave open, with their readings and the default of each service.

    With --from, say of each exchange in a HAR file, or in a folder of `mockserver proxy --record`, which reading of
    which question it supports, and which it rules out. Exchanges that contradict each other are told, and settle
    nothing.
    """
    if source is None:
        for option, value in (("--service", service), ("--output", output)):
            if value is not None:
                raise BadSetting(option, "it goes with --from. Name a HAR file, or a folder of recordings.")
        _list(as_json=as_json)
        return
    from mockserver.adapters.comparison import told
    from mockserver.adapters.comparison.recording import MOST

    session = _session(source, service)
    for of, things in session.recordings:
        if len(things) == MOST:
            complain(f"--from: of {of.id}, only the first {MOST} exchanges that say something new are compared")
    found = session.observed()
    if as_json:
        click.echo(_json(told.as_json(found)))
    else:
        nothing = () if found else ("no exchange tells readings apart",)
        services = [of for of, _ in session.recordings]
        for line in (*nothing, *told.lines(found), *told.unseen(services)):
            click.echo("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line))
    if output is not None:
        _write(told.table(found, source.name), output, force=force)


def _session(source: Path, service: str | None) -> Session:
    """Read a HAR file, or a folder of recordings. Raises ``MockserverError``."""
    from mockserver.adapters.proxy.archives import Session, folder
    from mockserver.contract.catalog import load
    from mockserver.har.reading import read
    from mockserver.settings import Settings

    if source.is_dir():
        archive = folder(source, load())
    else:
        with source.open("rb") as stream:
            archive = read(stream, str(source))
    session = Session(archive, Settings(services=(service,) if service else ()))
    if not session.belonging:
        text = f"{source} has no exchange with a service. Name the service of a HAR file with --service."
        raise BadSetting("--from", text)
    return session


def _write(text: str, output: Path, *, force: bool) -> None:
    """Write a table of readings to a file of its own, or behind what a file has without one."""
    import tomllib

    before = ""
    if output.exists() and not force:
        try:
            before = output.read_text(encoding="utf-8")
            has_some = not {"readings", "reading"}.isdisjoint(tomllib.loads(before))
        except (OSError, ValueError) as error:
            raise BadSetting("--output", f"{str(output)!r} cannot be added to: {error}. Name another file.") from error
        if has_some:
            click.echo(f"\n{text}", nl=False)
            complain(f"--output: {output} has readings, and is left as it is. Add what is above, or use --force.")
            return
        before = f"{before.rstrip()}\n\n" if before.strip() else ""
    with written("--output", output):
        write(output, before + text)


def _list(*, as_json: bool) -> None:
    from mockserver.contract.catalog import load

    found: dict[str, dict[str, JSON]] = {}
    for service in load().services.values():
        for question in service.questions.values():
            entry = found.setdefault(
                question.id,
                {
                    "id": question.id,
                    "question": question.question,
                    "readings": {},
                    "default": {},
                    "confidence": question.confidence,
                    "source": question.source,
                },
            )
            entry["readings"] = {each.id: each.means for each in question.readings.values()} | entry["readings"]
            entry["default"][service.id] = question.default
    if as_json:
        click.echo(_json(list(found.values())))
        return
    for entry in found.values():
        click.echo(f"{entry['id']}: {entry['question']}  ({entry['confidence']}; {entry['source']})")
        for reading, means in entry["readings"].items():
            services = [service for service, default in entry["default"].items() if default == reading]
            click.echo(f"    {reading}: {means}" + (f"  [default: {', '.join(services)}]" if services else ""))


def _json(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
