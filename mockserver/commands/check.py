"""``mockserver check``: does a client, or a server, keep the contract?"""

from __future__ import annotations

import click

from mockserver.commands.client import client
from mockserver.commands.server import server


@click.group()
def check() -> None:
    """Hold somebody against the contract, and report what is broken, why it matters, and how to repeat it."""


check.add_command(client)
check.add_command(server)
