"""The fake without a socket."""

from __future__ import annotations

from io import BytesIO

import httpx
import pytest
from PIL import Image

from mockserver.adapters.testing.patch import patch

URL = "https://api-singapore.klingai.com/v1/images/omni-image"
KEY = {"authorization": "Bearer me"}


def create(**fields: object) -> httpx.Response:
    return httpx.post(URL, json={"prompt": "A cat", **fields}, headers=KEY)


def test_a_call_to_the_real_host_is_answered_in_this_process() -> None:
    with patch(pace="instant") as patched:
        id = create().json()["data"]["task_id"]
        record = httpx.get(f"{URL}/{id}", headers=KEY).json()["data"]
        image = httpx.get(record["task_result"]["images"][0]["url"])
        assert len(patched.fake.requests) == 3
    assert image.headers["content-type"] == "image/png"
    with Image.open(BytesIO(image.content)) as opened:
        assert opened.size == (1024, 1024)


@pytest.mark.parametrize("host", ["api-beijing.klingai.com", "api.chainhub.tech", "api.useapi.net"])
def test_each_service_answers_to_its_own_host(host: str) -> None:
    with patch():
        answer = httpx.get(f"https://{host}/nothing", headers=KEY)
    assert answer.status_code == 404
    assert ("code" in answer.json()) == (host != "api.useapi.net")


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


def test_a_slow_answer_that_the_client_would_wait_for_takes_no_time() -> None:
    with patch() as patched:
        patched.fake.faults.add("slow-body 4s x1")
        patched.fake.faults.add("slow-headers 4s #2")
        assert [create().status_code, create().status_code] == [200, 200]


def test_the_head_of_a_result_has_its_length_and_no_body() -> None:
    with patch(pace="instant"):
        record = httpx.get(f"{URL}/{create().json()['data']['task_id']}", headers=KEY).json()["data"]
        url = record["task_result"]["images"][0]["url"]
        head, whole = httpx.head(url), httpx.get(url)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(whole.content)))


def test_callbacks_are_handed_out_when_they_are_due() -> None:
    with patch() as patched:
        patched.clock.freeze()
        create(callback_url="https://example.com/callback")
        assert [delivery.status for delivery in patched.fake.delivered()] == ["submitted"]
        patched.clock.advance("1m")
        assert [delivery.status for delivery in patched.fake.delivered()] == ["processing", "succeed"]
        assert patched.fake.next_delivery is None


@decorated
def one_task_of_each() -> tuple[int, int]:
    return one_task(), one_task()


def test_a_run_inside_another_shares_its_fake() -> None:
    assert one_task_of_each() == (1, 2)
    assert one_task() == 1


def test_a_decorated_function_takes_and_returns_what_it_did() -> None:
    @patch()
    def divided(by: int, *, of: int = 6) -> float:
        return of / by

    assert [divided(2), divided(3, of=9)] == [3, 3]
    with pytest.raises(ZeroDivisionError):
        divided(0)
