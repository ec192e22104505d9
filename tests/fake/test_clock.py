"""The clock: it runs with its source until somebody takes hold of it."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.fake.clock import Clock, system_millis
from tests.conftest import NOON


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
