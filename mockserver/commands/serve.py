"""``mockserver serve``: the fake on a port, by one process or several, until Ctrl-C."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, Literal

import click

from mockserver.commands.output import complain, log
from mockserver.errors import BadSetting
from mockserver.options.fake import FAKE
from mockserver.options.interception import check_passed
from mockserver.options.server import SERVE
from mockserver.settings import Settings
from mockserver.types import value

if TYPE_CHECKING:
    from mockserver.adapters.console.console import Console
    from mockserver.adapters.http.connection.entry import Entry
    from mockserver.fake.core import Fake

Log = Literal["text", "json", "off"]
"""What is printed of requests: a line for a person, a line for a program, or nothing."""


@value
class _Server:
    """What the options say that are no settings of the fake."""

    host: str
    port: int
    is_https: bool
    intercept: bool
    passed: tuple[str, ...]
    workers: int
    store: str | None
    reloads: bool
    control_token: str | None
    logs: Log
    stops_at_eof: bool

    def fake(self, settings: Settings, store: str | None = None) -> Fake:
        """Return a fake on its store, or on another one."""
        from mockserver.fake.core import Fake
        from mockserver.fake.stores.opening import opened
        from mockserver.fake.stores.store import Bounds

        return Fake(settings, store=opened(store or self.store, Bounds(settings.max_tasks)))

    def entry(self, fake: Fake) -> Entry:
        """Return what connections speak. Raises ``MockserverError``."""
        from mockserver.adapters.http.server import PLAIN

        if not (self.is_https or self.intercept):
            return PLAIN
        from mockserver.adapters.tls.certificates import Certificates
        from mockserver.adapters.tls.entry import https
        from mockserver.trust.authority import Authority

        certificates = Certificates(Authority.own(), (self.host,))
        if not self.intercept:
            return https(certificates)
        from mockserver.adapters.intercept.entry import intercepting

        return intercepting(fake, self.passed, certificates, is_https=self.is_https)


@click.command(
    short_help="Serve the fake until Ctrl-C.",
    epilog='\b\nExample:\n  mockserver serve --service kling --pace instant --fault "1303 x2"',
    params=[*SERVE, *FAKE],
)
def serve(**options: Any) -> None:
    """Serve the fake on a port until Ctrl-C, with a dashboard at /_mock/."""
    gc.disable()  # until the server runs: the objects that a start makes all stay
    from mockserver.adapters.http.server import Server, listen

    check_passed()
    told = _Server(**{str(option.name): options.pop(str(option.name)) for option in SERVE})
    if told.stops_at_eof:
        _stop_at_eof(told.workers)
    settings = Settings(**options)
    if told.workers > 1:
        sys.exit(_share(told, settings))
    fake = told.fake(settings)
    entry = told.entry(fake)
    if told.reloads:
        _reload(fake, complain)
    console = _console(fake, told.logs)

    def ready(url: str) -> None:
        log(f"mockserver ready on {url}")
        if console is not None and told.logs == "text":
            console.say(lambda: _greeting(fake, url, told))

    Server(fake, listen(told.host, told.port), ready, told.control_token, entry=entry).run_to_the_end()
    if console is not None:
        console.close()
    fake.store.close()
    # A thread may still be rendering a film, and Ctrl-C should not wait for it.
    os._exit(0)


def _stop_at_eof(workers: int) -> None:
    """Stop as SIGTERM does once standard input ends: it does when its writer ends, however that comes about."""
    if workers > 1:  # they are forked, and only a process without threads can be
        raise BadSetting("--stop-at-eof", f"{workers} workers cannot be stopped so. Leave out --workers.")
    from threading import Thread

    def watch() -> None:
        with suppress(OSError):  # it was closed before we began
            while os.read(0, 4096):
                pass
        complain("stops, because its standard input has ended (--stop-at-eof)")
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, name="stdin", daemon=True).start()


def _console(fake: Fake, logs: Log) -> Console | None:
    """Let a console tell of each request, unless nothing shall be printed."""
    if logs == "off":
        return None
    from mockserver.adapters.console.console import Console

    console = Console(log, logs)
    fake.watch(console.answered)
    return console


def _greeting(fake: Fake, url: str, told: _Server) -> str:
    from mockserver.adapters.console.greeting import greeting

    return "\n".join(greeting(fake, url, is_proxy=told.intercept))


def _reload(fake: Fake, tell: Callable[[str], None]) -> None:
    from mockserver.adapters.supervision.reloading import Reloading

    Reloading(fake, tell).start()


def _share(told: _Server, settings: Settings) -> int:
    """Serve in several processes until a signal; return the exit status."""
    from mockserver.adapters.http.server import listen, url_of
    from mockserver.adapters.supervision.handover import WorkerServer
    from mockserver.adapters.supervision.supervisor import Supervisor
    from mockserver.adapters.supervision.temporary import temporary_store

    with nullcontext(told.store) if told.store else temporary_store() as shared:
        # What is wrong is told before there is any worker, and what has been compiled here is theirs, too. But no
        # connection to a store may cross a fork.
        fake = told.fake(settings, shared)
        scheme = told.entry(fake).scheme
        fake.store.close()
        listener = listen(told.host, told.port)

        def work(number: int, door: socket.socket, ready: Callable[[], None]) -> None:
            fake = told.fake(settings, shared)
            if told.reloads:  # what one worker says, all others would say, too
                _reload(fake, complain if number == 1 else lambda _: None)
            console = _console(fake, told.logs)
            WorkerServer(fake, door, ready, told.control_token, told.entry(fake)).run_to_the_end()
            if console is not None:
                console.close()
            fake.store.close()

        def ready() -> None:
            url = url_of(listener, scheme)
            log(f"mockserver ready on {url}")
            if told.logs == "text":
                log(_greeting(fake, url, told))

        return Supervisor(told.workers, listener, work, ready, complain).run()
