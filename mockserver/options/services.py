"""The option of every command that loads services of one's own."""

from __future__ import annotations

import click

from mockserver.configuration.option import Configurable
from mockserver.resources import loaded


def _load(context: click.Context, _: click.Parameter, folders: tuple[str, ...]) -> None:
    if folders:
        context.with_resource(loaded(folders))


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
