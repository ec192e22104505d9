"""The clock: it runs with its source until somebody takes hold of it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.description.control import description
from mockserver.errors import BadSetting
from mockserver.fake.clock import LATEST_MILLIS, Clock, system_millis
from tests.conftest import NOON, CheckedFake


class Source:
    """A machine's clock that goes on when it is told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock(source: Source) -> Clock:
    return Clock(source)


def test_without_a_source_it_is_the_machines_in_unix_milliseconds() -> None:
    before = time.time()
    assert before - 1 < Clock().now() / 1000 < before + 60
    assert isinstance(system_millis(), int)


def test_it_runs_with_its_source(clock: Clock, source: Source) -> None:
    source.now += 250
    assert clock.now() == NOON + 250
    assert not clock.is_frozen


def test_frozen_it_stands_still(clock: Clock, source: Source) -> None:
    clock.freeze()
    source.now += 250
    assert clock.now() == NOON
    assert clock.is_frozen


def test_frozen_twice_it_stands_where_it_stood(clock: Clock, source: Source) -> None:
    clock.freeze()
    source.now += 250
    clock.freeze()
    assert clock.now() == NOON


@pytest.mark.parametrize("is_frozen", [False, True])
def test_it_advances_by_a_span_frozen_or_not(clock: Clock, source: Source, is_frozen: bool) -> None:
    if is_frozen:
        clock.freeze()
    clock.advance(90_000)
    source.now += 5
    assert clock.now() == NOON + 90_000 + (0 if is_frozen else 5)
    assert clock.is_frozen is is_frozen


@pytest.mark.parametrize("moment", [0, NOON - 1, NOON + 86_400_000])
def test_it_is_set_forwards_and_back_and_runs_on_from_there(clock: Clock, source: Source, moment: int) -> None:
    clock.set(moment)
    source.now += 7
    assert clock.now() == moment + 7


def test_resumed_it_runs_on_from_where_it_stood(clock: Clock, source: Source) -> None:
    clock.freeze()
    source.now += 1000
    clock.resume()
    assert clock.now() == NOON
    source.now += 3
    assert clock.now() == NOON + 3
    assert not clock.is_frozen


@pytest.mark.parametrize("change", ["freeze", "resume", "advance", "set"])
def test_who_watches_is_called_after_each_change_and_sees_it(clock: Clock, change: str) -> None:
    seen = []
    clock.watch(lambda: seen.append((clock.now(), clock.is_frozen)))
    expected: dict[str, tuple[Callable[[], None], tuple[int, bool]]] = {
        "freeze": (clock.freeze, (NOON, True)),
        "resume": (clock.resume, (NOON, False)),
        "advance": (lambda: clock.advance(5), (NOON + 5, False)),
        "set": (lambda: clock.set(9), (9, False)),
    }
    act, state = expected[change]
    act()
    assert seen == [state]


@given(st.lists(st.tuples(st.sampled_from(["freeze", "resume", "advance", "tick"]), st.integers(0, 10**9))))
def test_whatever_is_done_short_of_setting_it_back_time_never_runs_backwards(steps: list[tuple[str, int]]) -> None:
    source = Source()
    clock = Clock(source)
    last = clock.now()
    for name, span in steps:
        if name == "tick":
            source.now += span
        elif name == "advance":
            clock.advance(span)
        else:
            getattr(clock, name)()
        assert clock.now() >= last
        last = clock.now()


STEPS = st.lists(
    st.tuples(st.sampled_from(["freeze", "resume", "advance", "tick", "step"]), st.integers(-(10**13), 10**13)),
    max_size=20,
)


@given(STEPS)
def test_a_source_that_is_set_back_stops_nothing(steps: list[tuple[str, int]]) -> None:
    """What a source loses is made up for: the time goes on by what it then goes on."""
    source = Source()
    clock = Clock(source)
    for name, span in steps:
        before = clock.now()
        if name == "tick":
            source.now += abs(span)
            assert clock.now() == (before if clock.is_frozen else min(before + abs(span), LATEST_MILLIS))
        elif name == "step":
            source.now -= abs(span)
            assert clock.now() == before
        elif name == "advance":
            clock.advance(abs(span) // 1000)
        else:
            getattr(clock, name)()
        assert clock.now() >= before


def test_a_step_of_the_machines_clock_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    began, real = clock.now(), time.time_ns
    for hours in (-5, 5, -100_000):
        monkeypatch.setattr(time, "time_ns", lambda hours=hours: real() + hours * 3_600_000_000_000)
        assert began <= clock.now() < began + 60_000


def test_a_task_ends_though_the_machines_clock_is_set_back() -> None:
    source = Source()
    fake = CheckedFake(clock=Clock(source))
    id = fake.made()
    source.now -= 3_600_000
    assert fake.status(id) == "submitted"
    source.now += 2_000
    assert fake.status(id) == "succeed"


WRONG_TIMES: list[Any] = [-1, LATEST_MILLIS + 1, 10**400, 1.5, "noon", None, True]


@pytest.mark.parametrize("wrong", WRONG_TIMES, ids=str)
@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_time_outside_of_the_years_that_can_be_written_is_refused(clock: Clock, wrong: Any, is_frozen: bool) -> None:
    if is_frozen:
        clock.freeze()
    with pytest.raises(BadSetting, match=r"^now: the time is not between 1970 and the end of the year 9999"):
        clock.set(wrong)
    for span in (wrong, "999999999d", "soon", "-1s", LATEST_MILLIS):
        with pytest.raises(BadSetting, match=r"^advance: "):
            clock.advance(span)
    assert (clock.now(), clock.is_frozen) == (NOON, is_frozen)


def test_time_stops_at_the_end_of_the_year_9999(clock: Clock, source: Source) -> None:
    clock.set(LATEST_MILLIS)
    source.now += 86_400_000
    assert clock.now() == LATEST_MILLIS
    for span in (1, "1ms", "30d"):
        with pytest.raises(BadSetting):
            clock.advance(span)
    clock.advance(0)
    clock.set(5)
    assert clock.now() == 5
    source.now += 1
    assert clock.now() == 6


def test_a_fake_at_the_end_of_time_answers_as_ever() -> None:
    fake = CheckedFake(pace="instant", faults=("1303 retry-after-date 999999999999999999 x1",))
    fake.clock.set(LATEST_MILLIS)
    assert fake.create().headers["retry-after"] == "Fri, 31 Dec 9999 23:59:59 GMT"
    assert fake.status(fake.made(callback_url="http://127.0.0.1:1/hook")) == "succeed"
    assert [delivery.status for delivery in fake.delivered()] == ["submitted", "processing", "succeed"]


def test_the_control_api_knows_the_same_end_of_time() -> None:
    form = description()["components"]["schemas"]["Time"]
    assert form == {"type": "integer", "minimum": 0, "maximum": LATEST_MILLIS}
