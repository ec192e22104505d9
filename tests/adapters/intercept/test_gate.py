"""The gate: who is let out, and how hosts are named."""

from __future__ import annotations

import pytest

from mockserver.adapters.intercept.gate import Gate, HostRefused
from mockserver.errors import BadSetting
from mockserver.fake.core import Fake
from mockserver.settings import Settings

FAKE = Fake(Settings(public_url="https://media.klingai.com/results"))


def quiet(_: str) -> None:
    """Tell nobody."""


@pytest.mark.parametrize(
    "host",
    ["api.klingai.com", "API.KLINGAI.COM.", "media.klingai.com", *(h for s in FAKE.world.services for h in s.hosts)],
)
@pytest.mark.parametrize("is_near", [True, False])
def test_a_host_of_the_fake_leads_to_it_for_everybody(host: str, is_near: bool) -> None:
    assert Gate(FAKE, (), quiet).way(host, 443, is_near=is_near) == "fake"


@pytest.mark.parametrize(
    "host", ["a.example", "A.Example.", "127.0.0.1", "[::1]", "localhost", "10.1.2.3", "[fd00::1]"]
)
def test_only_who_is_on_this_machine_is_let_out(host: str) -> None:
    gate = Gate(FAKE, ("*.example", "10.*", "[fd00::1]"), quiet)
    assert gate.way(host, 5432) == "out"
    with pytest.raises(HostRefused, match="only clients on its own machine are let out"):
        gate.way(host, 443, is_near=False)


@pytest.mark.parametrize(
    "text", ["", "https://a.example", "a.example:443", "a example", "a,b", "\x00", "é.example", "x" * 300]
)
def test_what_is_no_host_cannot_be_passed(text: str) -> None:
    with pytest.raises(BadSetting, match=r"^--pass: .* is not a host\. Write one such as example\.com"):
        Gate(FAKE, (text,), quiet)


def test_a_client_that_asks_for_ever_new_hosts_is_not_told_of_for_ever() -> None:
    told = list[str]()
    gate = Gate(FAKE, (), told.append)
    for number in range(105):
        with pytest.raises(HostRefused):
            gate.way(f"h{number}.example", 443)
    assert len(told) == 100
