"""``mockserver proxy``: look at a real service, record it, and serve what was recorded."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.errors import BadSetting
from mockserver.settings import Settings

if TYPE_CHECKING:
    from mockserver.fake.core import Fake


@click.command()
@click.argument("upstream", default="")
@click.option("--service", required=True, metavar="NAME", help="Whose contract it is held against.")
@click.option("--record", metavar="DIR", type=click.Path(path_type=Path), help="Keep exchanges here.")
@click.option("--replay", metavar="DIR", type=click.Path(path_type=Path), help="Serve what is kept here.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
def proxy(upstream: str, service: str, record: Path | None, replay: Path | None, host: str, port: int) -> None:
    """Forward to UPSTREAM, a real service or a gateway, and tell where it is not as the contract says.

    Prints a line for each exchange; http://HOST:PORT/_mock/ shows them in full. Recordings are fixtures without
    credentials and personal fields. With --replay they are served offline, and UPSTREAM is not asked.
    """
    from mockserver.adapters.http.server import Server, listen
    from mockserver.adapters.proxy.forwarder import forwarding
    from mockserver.adapters.proxy.replay import Replay

    settings = Settings(services=(service,))
    if replay is not None:
        if record is not None:
            raise BadSetting("--record", str(record), "of use with --replay: nothing new is said")
        fake: Fake = Replay(replay, settings, click.echo)
        app, what = None, f"replaying {replay}"
    else:
        fake, app = forwarding(upstream, settings, click.echo, record)
        what = f"forwarding to {upstream}" + (f", recording in {record}" if record else "")

    def ready(url: str) -> None:
        click.echo(f"mockserver ready on {url}\n{what}")

    Server(fake, listen(host, port), ready, app=app).run_to_the_end()
    sys.stdout.flush()
    # As with serve: whoever pressed Ctrl-C does not want to wait for a name that is being looked up.
    os._exit(0)
