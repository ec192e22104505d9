"""A shared store that has lost all, or cannot be written: whoever shares it says so."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mockserver.fake.core import Fake
from mockserver.fake.stores.redis.store import Redis
from mockserver.fake.stores.sqlite.store import SQLite
from mockserver.settings import Settings
from mockserver.types import Request
from tests.conftest import IMAGE, TOKEN
from tests.support.redis_server import RedisServer

SAID = "mockserver: the store has been emptied by others."
FAULT = "1303 on kling/omni-image.create"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.stop()


def fake_at(store: Redis) -> Fake:
    return Fake(Settings(seed=7, faults=(FAULT,)), store=store)


def status(fake: Fake) -> int:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json", "host": "127.0.0.1"}
    return fake.respond(Request("POST", IMAGE, "", headers, b'{"prompt": "A cat"}')).status


def test_who_finds_a_store_that_was_emptied_begins_anew(
    server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Redis(server.url)) as store, closing(Redis(server.url)) as other:
        fakes = fake_at(store), fake_at(other)
        fakes[0].clock.freeze()
        fakes[0].faults.clear()
        assert [status(fake) for fake in fakes] == [200, 200]
        assert all(fake.clock.is_frozen for fake in fakes)
        assert capsys.readouterr().err == ""
        server.stop()
        server.start()
        for fake in fakes:
            fake.beat()
            assert status(fake) == 429
            assert [str(fault) for _, fault, _ in fake.world.faults] == [FAULT]
            assert not fake.clock.is_frozen
            assert capsys.readouterr().err.startswith(SAID)
            fake.beat()
            assert capsys.readouterr().err == ""
        assert fakes[0].world.ids.decimal() != fakes[1].world.ids.decimal()


def test_a_fake_whose_store_can_be_read_and_not_written_is_not_ready(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(SQLite(tmp_path / "state.db")) as store:
        fake = Fake(store=store)
        assert fake.is_ready()
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
            assert len(fake.tasks) == 0
            assert not fake.is_ready()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert fake.is_ready()
