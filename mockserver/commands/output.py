"""The output of commands, and what they say where it cannot be written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mockserver.errors import BadSetting
from mockserver.files import silence

__all__ = ["complain", "log", "silence", "written"]


@contextmanager
def written(option: str, path: Path, kind: str = "file") -> Iterator[None]:
    """Raise ``BadSetting`` for an ``OSError``, because the file of an option, or its folder, cannot be written."""
    try:
        yield
    except OSError as error:
        text = f"{str(path)!r} cannot be written: {error.strerror or error}. Name another {kind}."
        raise BadSetting(option, text) from error


def log(text: str) -> None:
    """Print a line of something that goes on where stdout is full or closed."""
    try:
        click.echo(text)
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        complain(f"the output cannot be written: {error.strerror or error}. Nothing more will be printed.")


def complain(text: str) -> None:
    """Say on stderr, in one line, what went wrong; if that is full or closed, the exit status has to do."""
    try:
        click.echo(f"mockserver: {text}", err=True)
    except (OSError, ValueError):
        silence(sys.stderr)  # or the interpreter would fail to write it once more, and end with a status of its own
