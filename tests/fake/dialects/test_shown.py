"""What was shown is shown again while nothing changes, and takes no more room than it may."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from mockserver.fake.dialects.shown import Shown
from mockserver.fake.lifecycle import State, Task

TASK = Task(
    id="1",
    operation="kling/omni-image.create",
    account="a",
    base_url="http://localhost",
    created_at=0,
    timeline=((0, "submitted"),),
    document=b"{}",
    slots=1,
)
STATE = State("submitted", 0)
READINGS = MappingProxyType({"a": "b"})


def test_a_record_is_written_once_also_for_a_task_that_is_only_equal() -> None:
    shown = Shown()
    assert shown.record(TASK, STATE, READINGS, lambda: b"first") == b"first"
    assert shown.record(replace(TASK), State(*STATE), MappingProxyType({**READINGS}), lambda: b"second") == b"first"


@pytest.mark.parametrize(
    ("task", "state", "readings"),
    [
        (replace(TASK, reason="moderated"), STATE, READINGS),
        (TASK, State("processing", 0), READINGS),
        (TASK, State("submitted", 1), READINGS),
        (TASK, STATE, MappingProxyType({"a": "c"})),
        (replace(TASK, id="2"), STATE, READINGS),
        (replace(TASK, operation="kling/omni-video.create"), STATE, READINGS),
    ],
)
def test_it_is_written_anew_when_anything_differs(
    task: Task, state: State, readings: MappingProxyType[str, str]
) -> None:
    shown = Shown()
    shown.record(TASK, STATE, READINGS, lambda: b"first")
    assert shown.record(task, state, readings, lambda: b"second") == b"second"
    assert shown.record(task, state, readings, lambda: b"third") == b"second"


def test_those_written_the_longest_ago_are_forgotten_for_want_of_room() -> None:
    shown = Shown(size=10_000)
    tasks = [replace(TASK, id=str(number)) for number in range(50)]
    for task in tasks:
        shown.record(task, STATE, READINGS, lambda: b"x" * 600)
    again = [shown.record(task, STATE, READINGS, lambda: b"anew") for task in reversed(tasks[-10:])]
    assert again == [b"x" * 600] * 10
    assert shown.record(tasks[0], STATE, READINGS, lambda: b"anew") == b"anew"


def test_one_that_is_larger_than_all_room_is_not_kept() -> None:
    shown = Shown(size=10_000)
    assert shown.record(TASK, STATE, READINGS, lambda: b"x" * 20_000) == b"x" * 20_000
    assert shown.record(TASK, STATE, READINGS, lambda: b"anew") == b"anew"
    assert shown.record(TASK, STATE, READINGS, lambda: b"anew again") == b"anew"
