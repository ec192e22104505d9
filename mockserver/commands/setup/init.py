"""``mockserver init``: a client and a testee in some language, to begin with."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import click

from mockserver.commands.output import complain, written
from mockserver.errors import BadSetting
from mockserver.files import write_all
from mockserver.resources import folder
from mockserver.types import value


@value
class _Starter:
    """What a language begins with: the folder of an example, the ending of its two files, and how it is checked."""

    example: str
    ending: str
    commands: tuple[str, ...]
    programs: tuple[str, ...]

    @property
    def files(self) -> tuple[str, str]:
        return f"client{self.ending}", f"testee{self.ending}"


_CHECK = "mockserver check client -- "
_PYTHON = "python" if shutil.which("python") else "python3"  # many systems have only the second

STARTERS = {
    "python": _Starter("python_urllib", ".py", (f"{_CHECK}{_PYTHON} testee.py",), (_PYTHON,)),
    "node": _Starter("node_fetch", ".mjs", (f"{_CHECK}node testee.mjs",), ("node",)),
    "go": _Starter("go_http", ".go", ("go build -o testee client.go testee.go", f"{_CHECK}./testee"), ("go",)),
    "shell": _Starter("shell_curl", ".sh", (f"{_CHECK}bash testee.sh",), ("bash", "curl", "jq")),
}
"""By the word of ``--lang``. Each is an example that keeps the whole contract."""


@click.command(
    short_help="Begin with a testee that can be checked at once.",
    epilog="\b\nExample:\n  mockserver init --lang node my-client",
)
@click.option(
    "--lang", required=True, type=click.Choice([*STARTERS], case_sensitive=False), help="The language of your client."
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.argument("place", metavar="[DIR]", default=Path(), type=click.Path(path_type=Path))
def init(lang: str, force: bool, place: Path) -> None:
    """Write a client and a testee around it into DIR, here by default, and say how to check them.

    Both are yours: put your own client in the place of the first, and let the second call it.
    """
    starter = STARTERS[lang]
    files = {place / name: _text(starter.example, name) for name in starter.files}
    _check_free([*files], is_forced=force)
    with written("DIR", place, "folder"):
        place.mkdir(parents=True, exist_ok=True)
        write_all(files)
    client, testee = (str(path) for path in files)
    click.echo(f"{client}: a client, to be replaced by yours\n{testee}: the testee that calls it\n\nCheck it:")
    for command in [*_change(place), *starter.commands]:
        click.echo(f"  {command}")
    for program in starter.programs:
        if shutil.which(program) is None:
            complain(f"it needs {program}, and this machine has none on its PATH. Install it first.")


def _text(example: str, name: str) -> str:
    return (folder("examples") / example / name).read_text(encoding="utf-8")


def _check_free(paths: list[Path], *, is_forced: bool) -> None:
    """Raise ``BadSetting`` if a file would be replaced that nobody gave up."""
    if there := [str(path) for path in paths if os.path.lexists(path) and not is_forced]:
        text = f"{' and '.join(there)} would be replaced. Name another folder, or add --force."
        raise BadSetting("DIR", text)


def _change(place: Path) -> list[str]:
    return [] if place == Path() else [f"cd {shlex.quote(str(place))}"]
