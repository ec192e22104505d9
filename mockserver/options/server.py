"""The options of a server that listens: of ``serve``, and of ``proxy``."""

from __future__ import annotations

from pathlib import Path

from click import Choice, IntRange, Option
from click import Path as PathType

_ADDRESS = (
    Option(["--host"], default="127.0.0.1", show_default=True, help="Listen on this address."),
    Option(
        ["--port"],
        default=8080,
        show_default=True,
        type=IntRange(0, 65535),
        help="Listen on this port; 0 is any free.",
    ),
)

SERVE = (
    *_ADDRESS,
    Option(
        ["--workers"],
        default=1,
        show_default=True,
        type=IntRange(1, 64),
        metavar="N",
        help="Share the load over so many processes; without --store on a temporary file.",
    ),
    Option(
        ["--store"],
        metavar="STORE",
        help="Keep the state in sqlite:PATH or redis://HOST:PORT/DB, to go on with it, or to share it with others.",
    ),
    Option(
        ["--reload/--no-reload", "reloads"],
        help="Take the files of --schemas anew whenever one is saved; tasks stay.",
    ),
    Option(["--control-token"], metavar="TOKEN", help="Allow other machines to control the fake with this token."),
    Option(
        ["--log", "logs"],
        default="text",
        show_default=True,
        type=Choice(["text", "json", "off"]),
        help="Print a line for each request.",
    ),
)
"""Those of ``mockserver serve`` besides ``FAKE``."""

PROXY = (
    Option(["--service"], required=True, metavar="NAME", help="Compare with the contract of this service."),
    Option(["--record"], metavar="DIR", type=PathType(path_type=Path), help="Record exchanges in DIR."),
    Option(["--replay"], metavar="DIR", type=PathType(path_type=Path), help="Serve the recordings in DIR."),
    *_ADDRESS,
)
"""Those of ``mockserver proxy``."""
