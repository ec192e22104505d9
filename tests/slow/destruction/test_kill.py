"""kill -9: of one worker after another under load, and of all processes at once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import IMAGE, PATIENCE, TOKEN
from tests.slow.destruction.figures import note
from tests.slow.destruction.load import Load, check, until
from tests.slow.destruction.sink import sink
from tests.support.process import Process, started

pytestmark = pytest.mark.torture

KILLS, PAUSE_SECONDS = 30, 2.0
"""A minute."""

REST_SECONDS = 0.02
"""Eight clients that rest so long make fewer tasks in a minute than a store has room for."""

MANY = ("--max-tasks", "1000000")
"""No task has to go for want of room."""


async def kill_one_after_another(server: Process, load: Load) -> None:
    chance = random.Random(1)
    async with load.on(clients=8):
        for _ in range(KILLS):
            await asyncio.sleep(PAUSE_SECONDS)
            os.kill(victim := chance.choice(server.workers), signal.SIGKILL)
            await until(PATIENCE, partial(is_replaced, server, victim))


def is_replaced(server: Process, worker: int) -> bool:
    workers = server.workers
    return len(workers) == 3 and worker not in workers


def test_a_worker_killed_every_two_seconds_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'state.db'}"
    with sink() as hook, started("--pace", "instant", "--workers", "3", "--store", store, *MANY) as server:
        load = Load([server.url], hook.url, rest=REST_SECONDS)
        asyncio.run(kill_one_after_another(server, load))
        assert not load.others
        began = time.monotonic()
        seen = hook.wait_for(set(load.told.values()))
        last = time.monotonic() - began
        asyncio.run(check(server.url, load.told))
        assert control(server, "health")["tasks"]["evicted"] == 0
        assert server.stderr.count("SIGKILL") == KILLS
        assert "Traceback" not in server.stderr
    note(
        "3 a worker killed every 2 s",
        f"{KILLS} of 3 workers killed in a minute: {len(load.created)} creates answered and {len(load.found)} found by "
        f"asking again after {load.cut} cut connections, all there by both ids, none twice; {seen['taken']} callbacks "
        f"for {3 * len(load.told)}, the last {last:.0f} s after the load; no answer for at most {load.longest:.1f} s",
    )


def control(server: Process, what: str, payload: Any = None) -> Any:
    answer = httpx.request(
        "GET" if payload is None else "POST", f"{server.url}/_mock/{what}", json=payload, timeout=PATIENCE, verify=False
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


OPTIONS = ("--workers", "3", "--seed", "7", "--webhook-secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", *MANY)


async def kill_all_under_load(server: Process, load: Load) -> None:
    """Kill all processes at once while clients create; what they were told until then is all that counts."""
    async with load.on(clients=8):
        await load.more(created=1000)
        os.killpg(server.child.pid, signal.SIGKILL)
        load.give_up()


def test_all_processes_killed_at_once_lose_nothing_that_was_answered(tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'state.db'}"
    told: dict[str, str] = {}
    cut, rounds, now = 0, 5, 0
    with sink() as hook:
        for number in range(rounds):
            with started("--pace", "instant", "--store", store, *OPTIONS, start_new_session=True) as server:
                before, now = now, control(server, "clock")["now"]
                assert now >= before
                load = Load([server.url], hook.url, name=f"round-{number}")
                asyncio.run(kill_all_under_load(server, load))
                assert not load.others
                assert "Traceback" not in server.stderr
                told |= load.told
                cut += load.cut
        with started("--pace", "instant", "--store", store, *OPTIONS) as server:
            began = time.monotonic()
            hook.wait_for(set(told.values()))
            last = time.monotonic() - began
            known = asyncio.run(check(server.url, told, may_be_more=8 * rounds))
            assert "Traceback" not in server.stderr
    note(
        "4 all killed at once",
        f"4 processes killed together {rounds} times under load: {len(told)} creates were answered, all there by both "
        f"ids, none twice, no id given again with --seed, and {known - len(told)} more whose answer was cut off; all "
        f"callbacks arrived, the last {last:.0f} s after the last start",
    )


def test_what_is_in_force_stays_in_force_when_all_are_killed(tmp_path: Path) -> None:
    options = ("--store", f"sqlite:{tmp_path / 'state.db'}", *OPTIONS)
    with started(*options, start_new_session=True) as server:
        control(server, "clock/advance", {"advance": "1h"})
        frozen = control(server, "clock/freeze", {})
        control(server, "faults", {"fault": "1303 x3"})
        control(server, "limits", {"account": TOKEN, "slots": 1})
        assert server.request("POST", IMAGE, {"prompt": "A cat"}).json["code"] == 1303
        before = {what: control(server, what) for what in ("clock", "faults", "settings")}
        os.killpg(server.child.pid, signal.SIGKILL)
        server.child.wait()
    with started(*options) as server:
        after = {what: control(server, what) for what in before}
        assert after == before
        assert after["clock"] == frozen
        codes = [server.request("POST", IMAGE, {"prompt": "A cat"}).json["code"] for _ in range(4)]
        assert codes == [1303, 1303, 0, 1303]  # two that the fault has left, one that takes the slot, one too many
