"""The fake on a thread."""

from __future__ import annotations

import threading

import httpx
import pytest

from mockserver.adapters.testing.live import live
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
