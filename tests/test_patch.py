"""The fake without a socket."""

from __future__ import annotations

from io import BytesIO

import httpx
import pytest
from PIL import Image

from mockserver.adapters.live import live
from mockserver.adapters.patch import patch

URL = "https://api-singapore.klingai.com/v1/images/omni-image"
KEY = {"authorization": "Bearer me"}


def create(**fields: object) -> httpx.Response:
    return httpx.post(URL, json={"prompt": "A cat", **fields}, headers=KEY)


def test_a_call_to_the_real_host_is_answered_in_this_process() -> None:
    with patch(pace="instant") as patched:
        id = create().json()["data"]["task_id"]
        record = httpx.get(f"{URL}/{id}", headers=KEY).json()["data"]
        image = httpx.get(record["task_result"]["images"][0]["url"])
        assert len(patched.fake.requests) == 2
    assert image.headers["content-type"] == "image/png"
    with Image.open(BytesIO(image.content)) as opened:
        assert opened.size == (1024, 1024)


async def test_an_async_client_is_answered_too() -> None:
    with patch():
        async with httpx.AsyncClient(headers=KEY) as client:
            assert (await client.post(URL, json={"prompt": "A cat"})).json()["code"] == 0


@pytest.mark.parametrize("host", ["api-beijing.klingai.com", "api.chainhub.tech", "api.useapi.net"])
def test_each_service_answers_to_its_own_host(host: str) -> None:
    with patch():
        answer = httpx.get(f"https://{host}/nothing", headers=KEY)
    assert answer.status_code == 404
    assert ("code" in answer.json()) == (host != "api.useapi.net")


def test_other_hosts_are_reached_as_ever() -> None:
    with live() as running, patch():
        assert httpx.get(f"{running.url}/_mock/health").json()["status"] == "ok"


def test_nothing_is_patched_before_and_after() -> None:
    before = httpx.HTTPTransport.handle_request
    with patch():
        pass
    assert httpx.HTTPTransport.handle_request is before


decorated = patch(pace="instant")


@decorated
def one_task() -> int:
    create()
    return len(decorated.fake.tasks)


@decorated
async def one_task_async() -> int:
    async with httpx.AsyncClient(headers=KEY) as client:
        await client.post(URL, json={"prompt": "A cat"})
    return len(decorated.fake.tasks)


async def test_a_decorated_function_begins_with_an_empty_fake_each_time() -> None:
    assert [one_task(), one_task()] == [1, 1]
    assert [await one_task_async(), await one_task_async()] == [1, 1]
    assert one_task.__name__ == "one_task"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("hang", httpx.ReadTimeout),
        ("slow-headers 1m", httpx.ReadTimeout),
        ("reset-before", httpx.ReadError),
        ("reset-during", httpx.ReadError),
        ("reset-after", httpx.ReadError),
    ],
)
def test_what_befalls_an_answer_is_told_as_httpx_would(fault: str, expected: type[Exception]) -> None:
    with patch() as patched:
        patched.fake.faults.add(f"{fault} x1")
        with pytest.raises(expected):
            create()
        assert create().status_code == 200


def test_a_slow_answer_that_the_client_would_wait_for_takes_no_time() -> None:
    with patch() as patched:
        patched.fake.faults.add("slow-body 4s x1")
        patched.fake.faults.add("slow-headers 4s #2")
        assert [create().status_code, create().status_code] == [200, 200]
