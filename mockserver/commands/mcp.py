"""``mockserver mcp``: the door for an assistant that starts us, over stdio."""

from __future__ import annotations

import sys

import click

from mockserver.commands.output import complain
from mockserver.extras import require
from mockserver.options.steering import ASSISTANT


@click.command(
    short_help="Let an assistant read the contract, steer a fake and run checks.",
    epilog="\b\nExample:\n  mockserver mcp --url http://127.0.0.1:8080",
    params=[*ASSISTANT],
)
def mcp(url: str | None, control_token: str | None) -> None:
    """Speak the Model Context Protocol on stdin and stdout, with an assistant that starts this command.

    Without --url it steers the fake of `mockserver serve`, if one runs when it is first needed, and otherwise starts
    one of its own. docs/assistants.md says how assistants are told of it.
    """
    require("mockserver mcp", "mcp", "httpx2")
    if sys.stdin.isatty():
        complain("this is for an assistant, which sends JSON on stdin; docs/assistants.md. Ctrl-C ends it.")
    import anyio

    from mockserver.adapters.mcp.stdio import serve

    anyio.run(serve, url, control_token)
