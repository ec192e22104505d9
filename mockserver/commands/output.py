"""The output of commands, and what they say where it cannot be written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import click

from mockserver.errors import BadSetting


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


def silence(stream: IO[str]) -> None:
    """Let nothing more be written to a stream that cannot take it: the interpreter would try again when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
