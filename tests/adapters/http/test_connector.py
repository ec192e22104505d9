"""The connector: callbacks go where the options of a shared host let them, and never to the control API of a fake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from aiohttp.resolver import DefaultResolver

from mockserver import Live, live
from mockserver.errors import BadSetting
from mockserver.fake.callbacks.delivery import Attempt
from tests.conftest import IMAGE, PATIENCE
from tests.support.between import between, wait_for_the_end
from tests.support.receiver import Receiver, receiver

SPELLINGS = (
    "127.0.0.1",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "0.0.0.0",
    "[::ffff:127.0.0.1]",
)
"""Ways to write where a server on 127.0.0.1 is."""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def attempts(fake: Live, url: str, minutes: int = 1) -> tuple[Attempt, ...]:
    """Make a task with a callback URL; return how its callback went, retries in the next minutes included."""
    body = {"prompt": "A cat", "callback_url": url}
    made = httpx.post(fake.url + IMAGE, json=body, headers={"authorization": "Bearer me"}, timeout=PATIENCE).json()
    for _ in range(minutes):
        advanced = httpx.post(f"{fake.url}/_mock/clock/advance", json={"advance": "1m"}, timeout=PATIENCE)
        assert advanced.status_code == 200
    return next(each for each in fake.callbacks if each.task_id == made["data"]["task_id"]).attempts


def at(url: str, host: str) -> str:
    """Return a URL with another spelling of its host."""
    return url.replace("127.0.0.1", host, 1)


def settings(**more: Any) -> dict[str, Any]:
    return {"pace": "instant", "readings": {"callback-retries": "3", "callback-on": "end-only"}, **more}


def test_a_callback_cannot_control_the_fake_that_sends_it() -> None:
    paths = ("clock/freeze", "reset")
    with live(**settings()) as fake:
        for host, path in ((host, path) for host in SPELLINGS for path in paths):
            tried = attempts(fake, at(f"{fake.url}/_mock/{path}", host))
            assert {attempt.status for attempt in tried} <= {403, None}  # not every client can read each spelling
        assert not fake.clock.is_frozen
        assert len(fake.tasks) == len(SPELLINGS) * len(paths)
        assert 403 in {attempt.status for delivery in fake.callbacks for attempt in delivery.attempts}


@pytest.mark.torture
def test_a_callback_cannot_control_another_fake_or_one_behind_a_proxy() -> None:
    with live() as other, live(**settings()) as fake, between(other.url) as proxy:
        for url in (f"{other.url}/_mock/clock/freeze", f"{proxy.url}/_mock/clock/freeze"):
            assert attempts(fake, url)[0].status == 403
        paths = ("/./_mock/", "//_mock/", "/%5Fmock/", "/x/../_mock/", "/%2e/_mock/", "/_mock%2F", "/%255Fmock/")
        for path in paths:
            attempts(fake, f"{proxy.url}{path}clock/freeze")
            attempts(fake, f"{other.url}{path}clock/freeze")
        assert not proxy.fake.clock.is_frozen
        for path in paths:
            proxy.client.post(f"{path}clock/freeze")  # the proxy has a control API of its own
        assert not other.clock.is_frozen
    wait_for_the_end()


def test_a_callback_says_that_it_is_one(hook: Receiver) -> None:
    with live(**settings()) as fake:
        attempts(fake, hook.url)
        (delivery,) = fake.callbacks
    assert [got.headers["mockserver-callback"] for got in hook.received] == [delivery.id]


@pytest.mark.torture
@pytest.mark.parametrize("deny", ["127.0.0.0/8", "localhost", "127.0.0.1:{port}", "*"])
def test_a_denied_address_is_not_reached_however_it_is_spelled(deny: str, hook: Receiver) -> None:
    place = deny.format(port=urlsplit(hook.url).port)
    with live(**settings(deny_callbacks_to=(place,))) as fake:
        for host in SPELLINGS:
            (only,) = attempts(fake, at(hook.url, host), minutes=3 if host == "localhost" else 1)
            assert (only.status, only.is_refused) == (None, True)
            assert f"denied by --deny-callbacks-to {place}" in str(only.fault)
    assert hook.received == []


@pytest.mark.torture
def test_what_is_allowed_is_reached_and_nothing_else(hook: Receiver) -> None:
    with live(**settings(allow_callbacks_to=("127.0.0.1", "hooks.example"))) as fake:
        assert {attempts(fake, at(hook.url, host))[0].status for host in SPELLINGS} == {200}
    with live(**settings(allow_callbacks_to=("*.example", "10.0.0.0/8"))) as fake:
        for host in SPELLINGS:
            (refused,) = attempts(fake, at(hook.url, host))
            assert "is none of those that --allow-callbacks-to names" in str(refused.fault)
    assert len(hook.received) == len(SPELLINGS)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Let the name server say one thing after the other, the last one for ever."""
    said = list(answers)

    async def resolve(_: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        found = said.pop(0) if len(said) > 1 else said[0]
        return [{"hostname": host, "host": each, "port": port, "family": 2, "proto": 6, "flags": 0} for each in found]

    monkeypatch.setattr(DefaultResolver, "resolve", resolve)


@pytest.mark.torture
@pytest.mark.parametrize("answers", [(["127.0.0.1"],), (["192.0.2.1", "127.0.0.1"],)])
def test_a_name_that_leads_to_a_denied_network_is_refused(
    answers: tuple[list[str], ...], hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, *answers)
    with live(**settings(deny_callbacks_to=("127.0.0.0/8",))) as fake:
        (refused,) = attempts(fake, at(hook.url, "innocent.example"))
    assert "innocent.example" in str(refused.fault)
    assert "is 127.0.0.1, which is denied by --deny-callbacks-to 127.0.0.0/8" in str(refused.fault)
    assert hook.received == []


def test_what_is_checked_is_what_is_connected_to(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with live(**settings(allow_callbacks_to=("127.0.0.1",))) as fake:
        resolving(monkeypatch, ["127.0.0.1"], ["192.0.2.1"])  # what the second look-up says is never connected to
        (tried,) = attempts(fake, at(hook.url, "hooks.example"))
    assert tried.status == 200
    assert len(hook.received) == 1


@pytest.mark.torture
def test_a_refusal_stops_no_other_callback(hook: Receiver) -> None:
    with receiver() as secret, live(**settings(deny_callbacks_to=(urlsplit(secret.url).netloc,))) as fake:
        for _ in range(3):
            (refused,) = attempts(fake, secret.url)
            (arrived,) = attempts(fake, hook.url)
            assert (refused.is_refused, arrived.status) == (True, 200)
        shown = json.dumps(httpx.get(f"{fake.url}/_mock/callbacks").json())
        assert secret.received == []
    assert shown.count("--deny-callbacks-to") == 3
    assert len(hook.received) == 3


def test_new_settings_count_for_the_next_callback(hook: Receiver) -> None:
    with live(**settings()) as fake:
        (arrived,) = attempts(fake, at(hook.url, "localhost"))
        fake.fake.reconfigure(replace(fake.fake.settings, deny_callbacks_to=("localhost",)))
        (refused,) = attempts(fake, at(hook.url, "localhost"))
        with pytest.raises(BadSetting, match="is not a host"):
            fake.fake.reconfigure(replace(fake.fake.settings, deny_callbacks_to=("a b",)))
    assert (arrived.status, refused.is_refused) == (200, True)
    assert len(hook.received) == 1
