"""Answers that are held under ``patch()``: their clients wait for the release, in threads and in coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpcore
import httpx
import pytest

from mockserver.adapters.testing.patch import Patch, patch
from tests.conftest import PATIENCE

URL = "https://api-singapore.klingai.com/v1/images/omni-image"
KEY = {"authorization": "Bearer me"}
CAT = {"prompt": "A cat"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def patched() -> Iterator[Patch]:
    with patch() as found:
        found.faults.add("hold on *.create")
        yield found


def task(answer: httpx.Response) -> str:
    return str(answer.json()["data"]["task_id"])


def test_threads_get_their_answers_in_the_order_of_release(patched: Patch) -> None:
    with ThreadPoolExecutor() as pool:
        first = pool.submit(httpx.post, URL, json=CAT, headers=KEY, timeout=PATIENCE)
        patched.held.wait(timeout=PATIENCE)
        second = pool.submit(httpx.post, URL, json=CAT, headers=KEY, timeout=None)
        one, two = patched.held.wait(2, timeout=PATIENCE)
        patched.held.release(two.number)
        assert task(second.result(PATIENCE)) == two.task
        assert not first.done()
        patched.held.release()
        assert task(first.result(PATIENCE)) == one.task


async def test_coroutines_get_their_answers_in_the_order_of_release(patched: Patch) -> None:
    async with httpx.AsyncClient(headers=KEY, timeout=PATIENCE) as client:
        first = asyncio.create_task(client.post(URL, json=CAT))
        await asyncio.to_thread(patched.held.wait, timeout=PATIENCE)
        second = asyncio.create_task(client.post(URL, json=CAT))
        one, two = await asyncio.to_thread(patched.held.wait, 2, timeout=PATIENCE)
        patched.held.release(two.number)
        assert task(await second) == two.task
        assert not first.done()
        patched.held.release()
        assert task(await first) == one.task


async def test_a_coroutine_that_is_cancelled_leaves_nothing_held(patched: Patch) -> None:
    async with httpx.AsyncClient(headers=KEY, timeout=PATIENCE) as client:
        asking = asyncio.create_task(client.post(URL, json=CAT))
        await asyncio.to_thread(patched.held.wait, timeout=PATIENCE)
        asking.cancel()
        await asyncio.wait([asking])
    assert asking.cancelled()
    assert (len(patched.held), len(patched.tasks)) == (0, 1)


def test_a_client_waits_no_longer_than_its_own_timeout(patched: Patch) -> None:
    with pytest.raises(httpx.ReadTimeout, match="the fake holds the answer"):
        httpx.post(URL, json=CAT, headers=KEY, timeout=0.03)
    assert (len(patched.held), len(patched.tasks)) == (0, 1)


async def test_a_connection_below_httpx_waits_too(patched: Patch) -> None:
    async with httpcore.AsyncConnectionPool() as pool:
        usual = {**KEY, "content-type": "application/json", "host": "api-singapore.klingai.com"}
        headers = [(name.encode(), value.encode()) for name, value in usual.items()]
        asking = asyncio.create_task(pool.request("POST", URL, headers=headers, content=b'{"prompt": "A cat"}'))
        (found,) = await asyncio.to_thread(patched.held.wait, timeout=PATIENCE)
        patched.held.release(found.number)
        assert (await asking).status == 200


def test_who_waits_when_the_patch_ends_gets_the_answer() -> None:
    with ThreadPoolExecutor() as pool:
        with patch() as found:
            found.faults.add("hold")
            asked = pool.submit(httpx.post, URL, json=CAT, headers=KEY, timeout=None)
            found.held.wait(timeout=PATIENCE)
        assert asked.result(PATIENCE).status_code == 200
    assert len(found.held) == 0


@pytest.mark.mock_kling(profile=["offline"])
def test_a_marker_switches_a_profile_on(mock_kling: Patch) -> None:
    with pytest.raises(httpx.ReadError):
        httpx.post(URL, json=CAT, headers=KEY)
    mock_kling.profiles.stop("offline")
    assert httpx.post(URL, json=CAT, headers=KEY).status_code == 200
