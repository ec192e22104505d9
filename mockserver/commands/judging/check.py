"""``mockserver check``: does a client, or a server, keep the contract?"""

from __future__ import annotations

import click

from mockserver.commands.judging.client import client
from mockserver.commands.judging.server import server


@click.group(
    no_args_is_help=False,  # without a command, there is one line of error as for all mistakes
    short_help="Check a client or a server against the contract.",
    epilog="\b\nExamples:\n"
    "  mockserver check client -- node testee.js\n"
    "  mockserver check server http://127.0.0.1:8080 --token my-key",
)
def check() -> None:
    """Check a client or a server against the contract.

    The report says which promises are broken, why that matters, and how to repeat it.
    """


check.add_command(client)
check.add_command(server)
