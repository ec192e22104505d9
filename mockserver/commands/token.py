"""``mockserver token``: a token made of an access key and its secret, for lines of a shell."""

from __future__ import annotations

import time

import click

from mockserver.errors import BadSetting
from mockserver.extras import require
from mockserver.options.kit import ACCESS_KEY


@click.command(
    short_help="Print a token signed with an access key's secret.",
    epilog='\b\nExample:\n  export MOCKSERVER_TOKEN="$(mockserver token --ak my-key --sk my-secret)"',
    params=[*ACCESS_KEY],
)
@click.option("--case", metavar="CASE", help="A wrong token of `check server` instead, such as 'expired token'.")
def token(ak: str | None, sk: str | None, case: str | None) -> None:
    """Print a JWT that is good for 30 minutes, as the official sample makes it.

    With --case it prints one that a server must refuse; without a key that is one of an unknown access key.
    """
    require("mockserver token", "jwt")
    from mockserver.kit.server.credentials import UNKNOWN_ACCESS_KEY, Credentials
    from mockserver.kit.server.scenarios.authentication import headers_of_cases
    from mockserver.secrecy.mask import JWT

    if (ak is None) != (sk is None) or (ak is None and case is None):
        raise BadSetting("--ak and --sk", "both are needed. Give them, or set MOCKSERVER_AK and MOCKSERVER_SK.")
    own, now = Credentials(None, ak, sk), time.time_ns() // 1_000_000
    if case is None:
        click.echo(own.signed(now))
        return
    headers = headers_of_cases(own if own.signs else UNKNOWN_ACCESS_KEY, now)
    tokens = {name: found[0] for name, header in headers if (found := JWT.search(header or "")) is not None}
    if case not in tokens:
        raise BadSetting("--case", f"there is no {case!r}. Choose from {', '.join(map(repr, tokens))}.")
    click.echo(tokens[case])
