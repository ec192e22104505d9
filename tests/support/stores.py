"""Every fake of a test run on a store of its own kind: ``pytest --store sqlite``."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.fake.stores.opening import opened
from mockserver.fake.stores.store import Bounds, Store
from mockserver.settings import Settings

_numbers = count()


def folder() -> TemporaryDirectory[str]:
    """Return a folder for files that need not outlive the machine: nobody waits for a disk then."""
    memory = Path("/dev/shm")  # only the place of the folder, which has a name of its own
    place = memory if memory.is_dir() else None
    return TemporaryDirectory(prefix="mockserver-stores-", dir=place, ignore_cleanup_errors=True)


def sqlite(folder: Path) -> tuple[Callable[[], str], Callable[[], None]]:
    """Return what names a new file in a folder each time, and what ends that."""
    return lambda: f"sqlite:{folder / f'{next(_numbers)}.db'}", lambda: None


def redis(folder: Path) -> tuple[Callable[[], str], Callable[[], None]]:
    """Return what names a new database of a server each time, and what ends that server."""
    from tests.support.redis_server import RedisServer

    server = RedisServer(folder, "--databases", "50000")
    return lambda: f"redis://127.0.0.1:{server.port}/{next(_numbers)}", server.stop


KINDS = {"sqlite": sqlite, "redis": redis}


def put_every_fake_on(url: Callable[[], str]) -> Callable[[], None]:
    """Give each new fake that names no store a new shared one, and return what ends that.

    The store goes by the clock that the test gives its fake, as in memory. It is closed when nobody has the fake.
    """
    init = Fake.__init__

    @wraps(init)
    def shared(
        self: Fake,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        store: Store | None = None,
        **rest: Any,
    ) -> None:
        if store is None:
            store = opened(url(), Bounds((settings or Settings()).max_tasks))
            weakref.finalize(self, store.close)
            if clock is not None:
                store.now = clock._machine  # type: ignore[method-assign] # the machine's time of the test
        init(self, settings, clock=clock, store=store, **rest)

    Fake.__init__ = shared  # type: ignore[method-assign] # every fake, wherever a test makes it

    def end() -> None:
        Fake.__init__ = init  # type: ignore[method-assign]

    return end
