"""``mockserver proxy``: compare a real service with the contract, record it, and serve the recordings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.commands.output import complain, log
from mockserver.errors import BadSetting
from mockserver.options.server import PROXY
from mockserver.settings import Settings

if TYPE_CHECKING:
    from mockserver.fake.core import Fake

_LAST = 200
"""Exchanges that are compared when the proxy ends: it takes some seconds. `readings --from` takes all."""


@click.command(
    short_help="Compare a real service with the contract.",
    epilog="\b\nExamples:\n"
    "  mockserver proxy https://api.klingai.com --service kling --record recordings/\n"
    "  mockserver proxy --service kling --replay recordings/",
    params=[*PROXY],
)
@click.argument("upstream", default="")
def proxy(
    upstream: str,
    service: str,
    record: Path | None,
    replay: Path | None,
    max_result: int,
    public_url: str | None,
    host: str,
    port: int,
) -> None:
    """Forward requests to UPSTREAM, a real service or a gateway, and report where it differs from the contract.

    Prints one line for each exchange; http://HOST:PORT/_mock/ shows them in full. Recordings are fixtures without
    credentials and personal fields; results are kept beside them, and with --public-url callbacks, too. --replay serves
    all of it offline and sends nothing to UPSTREAM.
    """
    from mockserver.adapters.http.server import Server, listen
    from mockserver.adapters.proxy.forwarder import forwarding
    from mockserver.adapters.proxy.keeper import Keeping
    from mockserver.adapters.proxy.replay import Replay

    settings, lost = Settings(services=(service,)), list[str]()

    def warn(text: str) -> None:
        if not lost:  # a full disk concerns each exchange from then on
            complain(f"--record: {text}")
        lost.append(text)

    if replay is not None:
        if record is not None:
            raise BadSetting("--record", "there is nothing to record with --replay. Leave out one of the two.")
        fake: Fake = Replay(replay, settings, log)
        app, what = None, f"replaying {replay}"
    else:
        checked = Settings(public_url=public_url).public_url
        fake, app = forwarding(upstream, settings, log, record, warn=warn, keeping=Keeping(max_result, checked))
        what = f"forwarding to {upstream}" + (f", recording in {record}" if record else "")
        if record and not checked:
            what += "\ncallbacks are not recorded: name the address at which the service reaches us with --public-url"

    def ready(url: str) -> None:
        log(f"mockserver ready on {url}\n{what}")

    Server(fake, listen(host, port), ready, app=app).run_to_the_end()
    if replay is None:
        for line in _what_was_open(fake, service):
            log(line)
    # As with serve: a thread may still be looking up a name, and Ctrl-C should not wait for it.
    os._exit(2 if lost else 0)


def _what_was_open(fake: Fake, service: str) -> Iterator[str]:
    """Yield what the last exchanges say of open questions, if they say anything."""
    from mockserver.adapters.comparison import told
    from mockserver.adapters.proxy.archives import Session
    from mockserver.fake import archive
    from mockserver.har.archive import Archive

    last = [archive.entry(each) for each in islice(fake.requests, _LAST)][::-1]
    found = Session(Archive(tuple(last)), Settings(services=(service,))).observed() if last else []
    if found:
        yield f"what was open: {told.summary(found)}"
