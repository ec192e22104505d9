"""The life of a task: states at each boundary, and the laws that hold whatever happens."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.errors import BadSetting
from mockserver.fake.lifecycle import FINAL, STATUSES, Pace, Status, Task, Timeline, following
from tests.conftest import NOON

MAKERS = [
    operation
    for service in load().services.values()
    for operation in service.operations.values()
    if operation.task.get("seconds", {}).get("real")
]
TIMED = ("real", "fast", "instant")
RANK = {"submitted": 0, "processing": 1, "succeed": 2, "failed": 2}


def task(timeline: Timeline, *, reason: str | None = None, looks: int = 0) -> Task:
    return Task(
        id="1",
        operation="kling/omni-image.create",
        account="a",
        base_url="http://127.0.0.1",
        created_at=NOON,
        timeline=timeline,
        document=b"{}",
        slots=1,
        reason=reason,
        looks=looks,
    )


SECONDS = st.fixed_dictionaries({name: st.floats(0, 1000) for name in ("real", "fast")})
PLANNED = st.builds(
    lambda name, seconds, end: task(Pace.parse(name).timeline(seconds, end)),
    st.sampled_from(TIMED),
    SECONDS,
    st.sampled_from(sorted(FINAL)),
)
AGES = st.lists(st.integers(0, 2_000_000), min_size=2, max_size=20).map(sorted)


@pytest.mark.parametrize("operation", MAKERS, ids=lambda operation: operation.id)
@pytest.mark.parametrize("name", ["real", "fast"])
def test_each_state_begins_on_its_millisecond(operation: Operation, name: str) -> None:
    total = round(operation.task["seconds"][name] * 1000)
    made = task(Pace.parse(name).timeline(operation.task["seconds"]))
    shown = {age: made.state(NOON + age) for age in (0, total // 4 - 1, total // 4, total - 1, total, total * 100)}
    assert shown == {
        0: ("submitted", NOON),
        total // 4 - 1: ("submitted", NOON),
        total // 4: ("processing", NOON + total // 4),
        total - 1: ("processing", NOON + total // 4),
        total: ("succeed", NOON + total),
        total * 100: ("succeed", NOON + total),
    }


@pytest.mark.parametrize(
    ("path", "real", "fast"), [("kling/omni-image.create", 40, 2), ("kling/omni-video.create", 90, 4)]
)
def test_an_image_takes_40_or_2_seconds_and_a_film_90_or_4(path: str, real: int, fast: int) -> None:
    seconds = load().operation(path).task["seconds"]
    ends = [Pace.parse(name).timeline(seconds)[-1] for name in TIMED]
    assert ends == [(real * 1000, "succeed"), (fast * 1000, "succeed"), (0, "succeed")]


def test_an_instant_task_is_over_at_once() -> None:
    assert task(Pace.parse("instant").timeline({})).state(NOON) == ("succeed", NOON)


@pytest.mark.parametrize("name", [*TIMED, "polls:3"])
def test_a_task_that_really_takes_no_time_is_over_at_once_at_any_pace(name: str) -> None:
    assert task(Pace.parse(name).timeline({"real": 0, "fast": 0})).state(NOON) == ("succeed", NOON)


def test_a_task_that_will_fail_fails_when_it_would_have_succeeded() -> None:
    assert Pace.parse("fast").timeline({"fast": 2}, "failed") == (
        (0, "submitted"),
        (500, "processing"),
        (2000, "failed"),
    )


def test_a_pace_that_counts_looks_plans_nothing() -> None:
    assert Pace.parse("polls:3").timeline({}) == ((0, "submitted"),)


def test_looks_lead_from_submitted_over_processing_to_the_end() -> None:
    made = task(((0, "submitted"),), looks=1)
    assert following(made) == "processing"
    assert following(made.forced("processing", NOON)) == "succeed"


def test_looks_lead_to_failed_where_there_is_a_reason() -> None:
    made = task(((0, "submitted"),), looks=1, reason="Image pixel is invalid")
    assert following(made.forced("processing", NOON)) == "failed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("real", Pace("real")), ("fast", Pace("fast")), ("instant", Pace("instant")), ("polls:3", Pace("polls", 3))],
)
def test_a_pace_has_a_name(text: str, expected: Pace) -> None:
    assert Pace.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "slow", "FAST", "polls", "polls:", "polls:0", "polls:-1", "polls:1.5", "polls:\u0663", "polls:1000000"]
)
def test_a_pace_of_another_name_is_refused_with_the_names_there_are(text: str) -> None:
    with pytest.raises(BadSetting, match=r"--pace: .* is not a pace. Write real, fast, instant or polls:N"):
        Pace.parse(text)


@given(PLANNED, AGES)
def test_a_planned_task_only_moves_ahead_and_its_end_is_final(made: Task, ages: list[int]) -> None:
    states = [made.state(NOON + age) for age in ages]
    for before, after in pairwise(states):
        assert RANK[before.status] <= RANK[after.status]
        assert before.status not in FINAL or after == before


@given(PLANNED, AGES)
def test_updated_at_lies_between_created_at_and_now_and_never_decreases(made: Task, ages: list[int]) -> None:
    last = made.created_at
    for age in ages:
        updated_at = made.state(NOON + age).updated_at
        assert last <= updated_at <= NOON + age
        last = updated_at


@given(PLANNED, st.integers(0, 2_000_000))
def test_a_task_is_final_exactly_in_a_final_state(made: Task, age: int) -> None:
    assert made.is_final(NOON + age) is (made.state(NOON + age).status in FINAL)


STEPS = st.lists(st.tuples(st.integers(0, 2000), st.none() | st.sampled_from(STATUSES)), max_size=12)


@given(PLANNED, STEPS)
def test_however_often_it_is_forced_it_is_what_it_was_forced_to_and_updated_at_never_decreases(
    made: Task, steps: list[tuple[int, Status | None]]
) -> None:
    now, last = NOON, NOON
    pinned: Status | None = None
    for span, status in steps:
        now += span
        if status is not None:
            made, pinned = made.forced(status, now), status
        state = made.state(now)
        assert pinned in (None, state.status)
        assert last <= state.updated_at <= now
        last = state.updated_at


@given(PLANNED, st.integers(0, 5000), st.sampled_from(STATUSES), st.integers(0, 10**9))
def test_a_forced_state_lasts(made: Task, age: int, status: Status, later: int) -> None:
    before = made.state(NOON + age)
    forced = made.forced(status, NOON + age)
    since = before.updated_at if before.status == status else NOON + age
    assert forced.state(NOON + age + later) == (status, since)


@given(PLANNED, st.lists(st.tuples(st.sampled_from([0, 0, 500]), st.sampled_from(STATUSES)), min_size=1))
def test_no_moment_of_a_timeline_comes_twice_however_often_it_is_forced(
    made: Task, steps: list[tuple[int, Status]]
) -> None:
    now = NOON
    for span, status in steps:
        now += span
        made = made.forced(status, now)
        assert len(set(made.timeline)) == len(made.timeline)
        assert [start for start, _ in made.timeline] == sorted(start for start, _ in made.timeline)


def test_forcing_keeps_what_was_and_forgets_what_was_planned() -> None:
    made = task(((0, "submitted"), (500, "processing"), (2000, "succeed")))
    forced = made.forced("failed", NOON + 700, "The moderators said no")
    assert forced.timeline == ((0, "submitted"), (500, "processing"), (700, "failed"))
    assert forced.reason == "The moderators said no"
    assert made.reason is None


def test_forced_into_the_state_it_is_in_a_task_stays_as_it_was_and_goes_no_further() -> None:
    made = task(((0, "submitted"), (500, "processing"), (2000, "succeed")))
    assert made.forced("processing", NOON + 700).timeline == ((0, "submitted"), (500, "processing"))


def test_forced_back_a_task_keeps_its_past() -> None:
    made = task(((0, "submitted"), (500, "processing"), (2000, "succeed")))
    assert made.forced("processing", NOON + 3000).timeline == (*made.timeline, (3000, "processing"))


def test_a_task_that_is_forced_to_fail_always_has_a_reason() -> None:
    assert task(((0, "submitted"),)).forced("failed", NOON).reason


def test_a_reason_that_is_there_stays_when_none_is_given() -> None:
    made = task(((0, "submitted"),), reason="Image pixel is invalid")
    assert made.forced("failed", NOON).reason == "Image pixel is invalid"
    assert made.forced("processing", NOON).reason == "Image pixel is invalid"
