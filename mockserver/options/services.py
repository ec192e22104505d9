"""The option of every command that loads services of one's own."""

from __future__ import annotations

import os

import click

from mockserver.configuration.option import Configurable
from mockserver.resources import SCHEMAS, load_schemas


def _load(context: click.Context, _: click.Parameter, folders: tuple[str, ...]) -> None:
    before = os.environ.get(SCHEMAS, "")
    if folders:
        load_schemas(folders)
        context.call_on_close(lambda: os.environ.__setitem__(SCHEMAS, before))


OWN_SERVICES = Configurable(
    ["--schemas"],
    type=click.Path(),
    multiple=True,
    metavar="DIR",
    is_eager=True,
    expose_value=False,
    callback=_load,
    help="Also load the service in DIR, or those in its folders; repeatable.",
)
"""It counts in this process and in those that it starts."""
