"""Limits of accounts: a quota that refills."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import BadSetting
from mockserver.fake.limits import Limit, Limits, Rate
from mockserver.fake.stores.memory.documents import Documents


def test_a_quota_is_used_up_and_refills_one_by_one() -> None:
    limits = Limits(Documents(), Limit(rate=Rate.parse("2/s")))
    assert [limits.take("a", 0) for _ in range(3)] == [0, 0, 500]
    assert limits.take("a", 499) == 1
    assert limits.take("a", 500) == 0


@given(st.integers(1, 20), st.integers(1, 10_000), st.lists(st.integers(0, 3000), max_size=40))
def test_whoever_waits_as_long_as_told_is_let_in(count: int, span: int, pauses: list[int]) -> None:
    limits, now = Limits(Documents(), Limit(rate=Rate(count, span))), 0
    for pause in pauses:
        now += pause
        wait = limits.take("a", now)
        if wait:
            now += wait
            assert limits.take("a", now) == 0


@given(st.integers(1, 20), st.integers(1, 5000), st.lists(st.integers(0, 200), min_size=1, max_size=100))
def test_no_span_lets_in_more_than_the_quota_and_what_refilled(count: int, span: int, pauses: list[int]) -> None:
    limits, now, entered = Limits(Documents(), Limit(rate=Rate(count, span))), 0, 0
    for pause in pauses:
        now += pause
        entered += limits.take("a", now) == 0
    assert entered <= count + now * count / span + 1e-3


def test_accounts_do_not_share_a_quota_and_may_have_their_own() -> None:
    limits = Limits(Documents(), Limit(rate=Rate.parse("1/m")))
    limits.set("b", Limit(rate=Rate.parse("3/m")))
    assert [limits.take("a", 0), limits.take("a", 0)] == [0, 60_000]
    assert [limits.take("b", 0) for _ in range(4)] == [0, 0, 0, 20_000]


def test_a_clock_set_back_gives_nothing_and_takes_nothing() -> None:
    limits = Limits(Documents(), Limit(rate=Rate.parse("1/s")))
    assert limits.take("a", 10_000) == 0
    assert limits.take("a", 0) == 1000


@pytest.mark.parametrize("text", ["", "10", "10/", "/s", "0/s", "1/0s", "-1/s", "1/x", "1/1/s"])
def test_a_rate_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(BadSetting):
        Rate.parse(text)
