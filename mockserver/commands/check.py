"""``mockserver check``: does a client, or a server, keep the contract?"""

from __future__ import annotations

import click

from mockserver.commands.client import client
from mockserver.commands.server import server


@click.group(no_args_is_help=False)  # a missing command is an error of one line
def check() -> None:
    """Check a client or a server against the contract: report what is broken, why it matters, and how to repeat it."""


check.add_command(client)
check.add_command(server)
