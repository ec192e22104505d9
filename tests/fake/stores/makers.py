"""The stores that all tests here hold to the same promises: a new one is a line in ``MAKERS``."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from mockserver.fake.lifecycle import Task
from mockserver.fake.stores.memory.store import Memory
from mockserver.fake.stores.redis.server import META
from mockserver.fake.stores.redis.store import Redis
from mockserver.fake.stores.sqlite.machine import Machine
from mockserver.fake.stores.sqlite.store import SQLite
from mockserver.fake.stores.store import Bounds, Store
from mockserver.types import Millis
from tests.support.redis_server import RedisServer

NOON: Millis = 1_790_000_000_000
ACCOUNTS = ("me", "you")
IMAGE, VIDEO = "kling/omni-image.create", "kling/omni-video.create"


@dataclass
class Times:
    """The machine's clocks, which the test moves."""

    wall: Millis = NOON
    elapsed: Millis = 1_000_000
    boot: str = "first"

    @property
    def machine(self) -> Machine:
        return Machine(lambda: self.wall, lambda: self.elapsed, lambda: self.boot)

    def go_on(self, span: Millis) -> None:
        self.wall, self.elapsed = self.wall + span, self.elapsed + span


@dataclass(frozen=True)
class Maker:
    """How a store is opened in a folder, which is empty at first, and by the URL that a process opens it by.

    One that ``evicts_at_end`` makes room when a turn is kept: within that turn, what goes for it is still there.
    """

    open: Callable[[Path, Bounds, Times], Store]
    url: Callable[[Path], str] | None = None
    evicts_at_end: bool = False


def _sqlite(folder: Path, bounds: Bounds, times: Times) -> Store:
    return SQLite(folder / "state.db", bounds, times.machine)


@cache
def _server() -> RedisServer:
    """Return the one server for all tests of this process: each folder has a database of its own."""
    folder = mkdtemp(prefix="mockserver-")
    server = RedisServer(Path(folder), "--databases", "10000")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    return server


@cache
def _url(folder: Path) -> str:
    return f"redis://127.0.0.1:{_server().port}/{next(_DATABASES)}"


_DATABASES = count()


class _Timed(Redis):
    """A store on a server whose clock the test moves."""

    def __init__(self, url: str, bounds: Bounds, times: Times) -> None:
        super().__init__(url, bounds)
        self._times = times

    def beat(self) -> None:
        self._go_on()
        super().beat()

    def _go_on(self) -> None:
        self.server.ask(("HSET", META, "time-ahead", self._times.wall - NOON))


MAKERS: dict[str, Maker] = {
    "memory": Maker(lambda folder, bounds, times: Memory(bounds)),
    "sqlite": Maker(_sqlite, lambda folder: f"sqlite:{folder / 'state.db'}"),
    "redis": Maker(lambda folder, bounds, times: _Timed(_url(folder), bounds, times), _url, evicts_at_end=True),
}

SHARED = {name: maker for name, maker in MAKERS.items() if maker.url is not None}


def task(
    id: str,
    *,
    account: str = "me",
    operation: str = IMAGE,
    model: str = "o1",
    slots: int = 1,
    external_id: str | None = None,
    created_at: Millis = NOON,
    seconds: int | None = 2,
) -> Task:
    """Return a task that takes so many seconds, or whose end nobody knows."""
    end: tuple[tuple[Millis, str], ...] = () if seconds is None else ((seconds * 1000, "succeed"),)
    return Task(
        id=id,
        operation=operation,
        account=account,
        base_url="http://127.0.0.1",
        created_at=created_at,
        timeline=((0, "submitted"), *end),  # type: ignore[arg-type] # a status
        document=b'{"prompt":"A cat"}',
        slots=slots,
        model=model,
        external_id=external_id,
    )
