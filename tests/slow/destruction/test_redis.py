"""Redis that is restarted under load: with its data, and without."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.conftest import IMAGE, PATIENCE, PAYLOADS, VIDEO
from tests.slow.destruction.figures import note
from tests.slow.destruction.load import Load, check
from tests.slow.destruction.sink import sink
from tests.support.process import Process, started
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.torture

EMPTIED = "has been emptied"

RESTARTS = 4
KEPT = ("--appendonly", "yes", "--appendfsync", "always")
"""Redis answers when its log of changes is on the disk."""


def assert_told(server: Process) -> None:
    answer = server.request("GET", "/_mock/ready")
    assert (answer.status, answer.json) == (503, {"status": "not ready"})
    answer = server.request("POST", IMAGE, PAYLOADS[IMAGE])
    assert (answer.status, answer.json["code"]) == (503, 5001)
    assert "Redis" in answer.headers["mockserver-error"]


async def restart_under_load(redis: RedisServer, replicas: list[Process], load: Load) -> float:
    """Stop Redis and start it again, a few times; return the seconds until all is well again, at most."""
    longest = 0.0
    async with load.on(clients=16):
        for _ in range(RESTARTS):
            await load.more(created=200)
            redis.stop()
            for replica in replicas:
                await asyncio.to_thread(assert_told, replica)
            await load.more(unavailable=50)
            redis.start()
            began = time.monotonic()
            await load.more(created=200)
            longest = max(longest, time.monotonic() - began)
            for replica in replicas:
                answer = await asyncio.to_thread(replica.request, "GET", "/_mock/ready")
                assert (answer.status, answer.json) == (200, {"status": "ready"})
    return longest


def test_redis_restarted_under_load_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    redis = RedisServer(tmp_path, *KEPT)
    options = ("--pace", "instant", "--seed", "7", "--store", redis.url)
    try:
        with sink() as hook, started(*options) as one, started(*options) as two:
            load = Load([one.url, two.url], hook.url)
            longest = asyncio.run(restart_under_load(redis, [one, two], load))
            assert not load.others
            assert load.cut == 0
            began = time.monotonic()
            hook.wait_for(set(load.told.values()), 5 * PATIENCE)  # as long as the load may take
            last = time.monotonic() - began
            assert asyncio.run(check(two.url, load.told)) == len(load.told)
            assert one.stderr == two.stderr == ""
    finally:
        redis.stop()
    note(
        "5 Redis restarted",
        f"killed and started again {RESTARTS} times under the load of two replicas, with an appendonly log: "
        f"{load.unavailable} answers were 503/5001 and /_mock/ready said so; all {len(load.created)} creates that were "
        f"answered are there by both ids, none twice, and {len(load.found)} whose answer Redis kept to itself; "
        f"200 creates at most {longest:.1f} s after each start; all callbacks arrived, the last {last:.0f} s after the "
        "load",
    )


async def lose_all_under_load(redis: RedisServer, replica: Process, load: Load) -> set[str]:
    """Let Redis start again without data; return the external ids that were told before."""
    async with load.on(clients=16):
        await load.more(created=200)
        redis.stop()
        await asyncio.to_thread(assert_told, replica)
        await load.more(unavailable=50)
        before = set(load.told)
        redis.start()
        await load.more(created=500)
    return before


def test_redis_that_has_lost_its_data_is_an_empty_store(tmp_path: Path) -> None:
    redis = RedisServer(tmp_path)
    options = ("--pace", "instant", "--seed", "7", "--fault", "1303 on kling/omni-video.create", "--store", redis.url)
    try:
        with started(*options) as one, started(*options) as two:
            load = Load([one.url, two.url])
            before = asyncio.run(lose_all_under_load(redis, one, load))
            assert not load.others
            after = {external_id: id for external_id, id in load.told.items() if external_id not in before}
            assert asyncio.run(check(two.url, after)) == len(after)
            for replica in (one, two):
                assert replica.request("POST", VIDEO, PAYLOADS[VIDEO]).json["code"] == 1303
                assert "Traceback" not in replica.stderr
                assert EMPTIED in replica.stderr
    finally:
        redis.stop()
    note(
        "5 Redis without its data",
        f"started again empty under load: {load.unavailable} answers were 503/5001; of {len(before)} tasks none was "
        f"left, and {len(after)} new ones are there, none twice",
    )
