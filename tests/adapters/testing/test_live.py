"""The fake on a thread."""

from __future__ import annotations

import threading
from base64 import b64decode

import httpx
import pytest

from mockserver.adapters.testing.live import live
from mockserver.contract.vectors import picture
from mockserver.errors import MockserverError


def test_it_answers_while_the_context_is_open_and_then_no_more() -> None:
    with live(pace="instant") as running:
        answer = httpx.post(
            f"{running.url}/v1/images/omni-image", json={"prompt": "A cat"}, headers={"authorization": "Bearer me"}
        )
        assert answer.status_code == 200
        assert len(running.fake.tasks) == 1
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.url)
    assert "mockserver" not in {thread.name for thread in threading.enumerate()}


def test_two_run_side_by_side() -> None:
    with live() as one, live() as two:
        assert one.url != two.url
        assert [httpx.get(f"{each.url}/_mock/health").status_code for each in (one, two)] == [200, 200]


def test_a_setting_that_cannot_be_meant_is_refused_before_anything_runs() -> None:
    with pytest.raises(MockserverError), live(pace="slow"):
        pass


@pytest.mark.parametrize("trusts", [True, False])
def test_result_urls_follow_a_proxy_that_is_trusted(trusts: bool) -> None:
    proxied = {"x-forwarded-proto": "https", "x-forwarded-host": "mock.example", "x-forwarded-prefix": "/kling"}
    headers = {"authorization": "Bearer me", **proxied}
    with live(pace="instant", trust_proxy=trusts) as running, httpx.Client(base_url=running.url) as client:
        origin = "https://mock.example/kling" if trusts else running.url
        made = client.post("/v1/images/omni-image", json={"prompt": "A cat"}, headers=headers).json()["data"]
        task = client.get(f"/v1/images/omni-image/{made['task_id']}", headers=headers).json()["data"]
        (image,) = task["task_result"]["images"]
        assert image["url"].startswith(f"{origin}/results/kling/")
        assert client.get(image["url"].removeprefix(origin)).status_code == 200
        upload = {**headers, "content-type": "image/png"}
        sent = client.post("/v1/kling/assets", content=b64decode(picture(300, 300)), headers=upload).json()
        assert sent["url"].startswith(f"{origin}/results/uploads/")
