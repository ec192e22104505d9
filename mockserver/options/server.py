"""The options of a server that listens: of ``serve``, and of ``proxy``."""

from __future__ import annotations

from pathlib import Path

from click import Choice, IntRange, Option
from click import Path as PathType

from mockserver.configuration.option import Configurable
from mockserver.options import interception
from mockserver.settings import MIB

_SQLITE = "sqlite:"


def _store_in(url: str, folder: Path) -> str:
    """Return the URL of a store that was written in a folder: what follows ``sqlite:`` may be a relative path."""
    scheme, path = url[: len(_SQLITE)], url[len(_SQLITE) :]
    return f"{scheme}{folder / path}" if scheme == _SQLITE and path and not path.startswith("/") else url


_ADDRESS = (
    Configurable(["--host"], default="127.0.0.1", show_default=True, help="Listen on this address."),
    Configurable(
        ["--port"],
        default=8080,
        show_default=True,
        type=IntRange(0, 65535),
        help="Listen on this port; 0 is any free.",
    ),
)

SERVE = (
    *_ADDRESS,
    Configurable(
        ["--https/--no-https", "is_https"],
        help="Speak TLS; `mockserver ca` shows the authority that clients are to trust.",
    ),
    *interception.PROXY,
    Configurable(
        ["--workers"],
        default=1,
        show_default=True,
        type=IntRange(1, 64),
        metavar="N",
        help="Share the load over so many processes; without --store on a temporary file.",
    ),
    Configurable(
        ["--store"],
        metavar="STORE",
        in_folder=_store_in,
        help="Keep the state in sqlite:PATH or redis://HOST:PORT/DB, to go on with it, or to share it with others.",
    ),
    Configurable(
        ["--reload/--no-reload", "reloads"],
        help="Take the files of --schemas anew whenever one is saved; tasks stay.",
    ),
    Configurable(
        ["--control-token"], metavar="TOKEN", help="Allow other machines to control the fake with this token."
    ),
    Configurable(
        ["--log", "logs"],
        default="text",
        show_default=True,
        type=Choice(["text", "json", "off"]),
        help="Print a line for each request.",
    ),
    Option(
        ["--stop-at-eof", "stops_at_eof"],
        is_flag=True,
        help="Stop when standard input ends, and so with the program that holds its other end.",
    ),
)
"""Those of ``mockserver serve`` besides ``FAKE``. Who holds its input is a matter of one start, so no file says it."""

PROXY = (
    Configurable(["--service"], required=True, metavar="NAME", help="Compare with the contract of this service."),
    Configurable(
        ["--record"], excludes=["replay"], metavar="DIR", type=PathType(path_type=Path), help="Record exchanges in DIR."
    ),
    Configurable(
        ["--replay"],
        excludes=["record"],
        metavar="DIR",
        type=PathType(path_type=Path),
        help="Serve the recordings in DIR.",
    ),
    Configurable(
        ["--max-result"],
        default=50 * MIB,
        metavar="BYTES",
        type=IntRange(min=0),
        help="With --record, keep results up to this size; 50 MiB by default. --replay draws larger ones.",
    ),
    Configurable(
        ["--public-url"],
        metavar="URL",
        help="With --record, also record callbacks: the service sends them to this address of the proxy.",
    ),
    *_ADDRESS,
)
"""Those of ``mockserver proxy``."""
