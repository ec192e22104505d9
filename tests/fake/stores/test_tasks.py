"""Tasks: both ids find a task, nobody finds another's, and one more costs what the first did."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.fake.lifecycle import Task
from mockserver.fake.stores.memory.tasks import Tasks
from mockserver.fake.stores.store import Bounds, Flight
from tests.conftest import NOON

ME, YOU = ("kling", "me"), ("kling", "you")
IMAGE, VIDEO = "kling/omni-image.create", "kling/omni-video.create"
DONE = NOON + 2000


def bounded(tasks: int = 10_000, size: int = 1 << 30) -> Tasks:
    return Tasks(Bounds(tasks, size))


STORES: list[Callable[[], Tasks]] = [bounded]


@pytest.fixture(params=STORES, ids=lambda make: make.__name__)
def store(request: pytest.FixtureRequest) -> Tasks:
    made: Tasks = request.param()
    return made


def task(
    id: str, *, account: str = "me", operation: str = IMAGE, model: str = "o1", external_id: str | None = None
) -> Task:
    return Task(
        id=id,
        operation=operation,
        account=account,
        base_url="http://127.0.0.1",
        created_at=NOON,
        timeline=((0, "submitted"), (500, "processing"), (2000, "succeed")),
        document=b"{}",
        slots=1,
        model=model,
        external_id=external_id,
    )


def filled(store: Tasks, *tasks: Task) -> Tasks:
    for each in tasks:
        store.add(each, NOON)
    return store


def ids(tasks: list[Task]) -> list[str]:
    return [each.id for each in tasks]


def test_a_task_is_found_by_either_of_its_ids(store: Tasks) -> None:
    made = task("1", external_id="order-17")
    filled(store, made)
    assert store.get("kling", "1") is made
    assert store.get("kling", "1", "me") is made
    assert store.get_external(ME, "order-17") is made


def test_an_id_that_was_never_given_finds_nothing(store: Tasks) -> None:
    filled(store, task("1"))
    assert store.get("kling", "2") is None
    assert store.get_external(ME, "order-17") is None
    assert store.get_external(ME, "1") is None


def test_nobody_finds_anothers_task(store: Tasks) -> None:
    filled(store, task("1", external_id="order-17"))
    assert store.get("kling", "1", "you") is None
    assert store.get_external(YOU, "order-17") is None
    assert store.page(YOU, IMAGE, 0, 10, newest_first=True) == []
    assert store.count(YOU, IMAGE) == 0
    assert store.in_flight(YOU, "o1", NOON) == Flight(0, 0)


def test_a_task_is_unknown_at_another_service(store: Tasks) -> None:
    filled(store, task("1", external_id="order-17"))
    assert store.get("chainhub", "1", "me") is None
    assert store.get_external(("chainhub", "me"), "order-17") is None


def test_all_tasks_come_newest_first_also_while_more_are_added(store: Tasks) -> None:
    filled(store, task("2"), task("1", account="you"))
    seen = []
    for each in store.newest():
        seen.append(each.id)
        store.add(task(each.id + "0"), NOON)
    assert seen == ["1", "2"]
    assert len(store) == 4


def test_a_list_has_the_tasks_of_one_operation_in_the_order_asked_for(store: Tasks) -> None:
    filled(store, task("1"), task("2", operation=VIDEO), task("3"), task("4", account="you"))
    assert ids(store.page(ME, IMAGE, 0, 10, newest_first=True)) == ["3", "1"]
    assert ids(store.page(ME, IMAGE, 0, 10, newest_first=False)) == ["1", "3"]
    assert store.count(ME, IMAGE) == 2


@given(st.integers(0, 60), st.integers(1, 25), st.booleans())
def test_pages_are_complete_and_disjoint(amount: int, size: int, newest_first: bool) -> None:
    for make in STORES:
        store = filled(make(), *(task(str(n)) for n in range(amount)))
        pages = [
            store.page(ME, IMAGE, start, size, newest_first=newest_first) for start in range(0, amount + size, size)
        ]
        expected = [str(n) for n in range(amount)]
        assert [id for page in pages for id in ids(page)] == (expected[::-1] if newest_first else expected)
        assert all(len(page) == size for page in pages[: amount // size])
        assert pages[-1] == [] or amount % size


def test_a_replaced_task_stands_where_it_stood(store: Tasks) -> None:
    filled(store, task("1", external_id="order-17"), task("2"))
    changed = replace(task("1", external_id="order-17"), reason="changed")
    store.replace(changed)
    assert store.get("kling", "1") is changed
    assert store.get_external(ME, "order-17") is changed
    assert ids(store.page(ME, IMAGE, 0, 10, newest_first=True)) == ["2", "1"]
    assert len(store) == 2


def test_a_removed_task_is_nowhere(store: Tasks) -> None:
    gone = task("1", external_id="order-17")
    filled(store, gone, task("2"))
    store.look(gone)
    store.remove(gone)
    assert store.get("kling", "1") is None
    assert store.get_external(ME, "order-17") is None
    assert ids(store.page(ME, IMAGE, 0, 10, newest_first=True)) == ["2"]
    assert store.in_flight(ME, "o1", NOON) == Flight(1, 1)
    assert store.look(gone) == 1


def test_an_external_id_that_is_used_again_finds_the_newer_task_also_when_the_older_is_removed(store: Tasks) -> None:
    older, newer = task("1", external_id="order-17"), task("2", external_id="order-17")
    filled(store, older, newer)
    store.remove(older)
    assert store.get_external(ME, "order-17") is newer


def test_tasks_in_flight_are_those_of_one_model_that_are_not_over(store: Tasks) -> None:
    filled(store, task("1"), task("2", model="v3"), task("3"))
    assert store.in_flight(ME, "o1", DONE - 1) == Flight(2, 2)
    assert store.in_flight(ME, "o1", DONE) == Flight(0, 0)
    assert store.in_flight(ME, "no such model", NOON) == Flight(0, 0)


def test_a_task_that_is_forced_to_its_end_is_in_flight_no_more(store: Tasks) -> None:
    filled(store, task("1"), task("2"))
    store.replace(task("1").forced("failed", NOON))
    assert store.in_flight(ME, "o1", NOON) == Flight(1, 1)


def test_looks_are_counted_by_task(store: Tasks) -> None:
    one, other = task("1"), task("2")
    filled(store, one, other)
    assert [store.look(one), store.look(one), store.look(other), store.look(one)] == [1, 2, 1, 3]


def test_a_cleared_store_is_as_a_new_one(store: Tasks) -> None:
    made = task("1", external_id="order-17")
    filled(store, made)
    store.look(made)
    list(store.forget())
    assert len(store) == 0
    assert store.get("kling", "1") is None
    assert store.get_external(ME, "order-17") is None
    assert store.in_flight(ME, "o1", NOON) == Flight(0, 0)
    assert store.look(made) == 1


def test_clearing_one_account_leaves_the_others(store: Tasks) -> None:
    mine, yours = task("1", external_id="order-17"), task("2", account="you", external_id="order-17")
    filled(store, mine, yours, task("3"))
    list(store.forget("me"))
    assert list(store.newest()) == [yours]
    assert store.get_external(ME, "order-17") is None
    assert store.get_external(YOU, "order-17") is yours


def test_adding_a_task_looks_at_a_few_others_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    is_final = Task.is_final

    def counting(self: Task, now: int) -> bool:
        nonlocal asked
        asked += 1
        return is_final(self, now)

    monkeypatch.setattr(Task, "is_final", counting)
    store = bounded()
    for n in range(2000):
        asked = 0
        store.add(task(str(n)), NOON)
        assert asked <= 4


def test_what_is_over_is_kept_once_and_no_queue_of_it_grows() -> None:
    store = bounded()
    for n in range(2000):
        store.add(replace(task(str(n)), created_at=NOON + n * 1000), NOON + n * 1000)
    flying = store._in_flight[ME]["o1"]
    assert len(flying) <= 8
    assert len(store._tasks) == len(store._lists[ME][IMAGE]) == 2000
    assert len(store._by_external_id) == len(store._looks) == 0


def test_of_too_many_the_oldest_that_are_over_go() -> None:
    store = bounded(tasks=10)
    running = replace(task("running"), timeline=((0, "submitted"),))
    filled(store, running, *(task(str(n)) for n in range(9)))
    store.add(task("new"), DONE)
    assert (len(store), store.evicted) == (10, 1)
    assert store.get("kling", "running") is running
    assert store.get("kling", "0") is None
    assert ids(store.page(ME, IMAGE, 0, 20, newest_first=False)) == ["running", *"12345678", "new"]


def test_where_none_is_over_the_oldest_go() -> None:
    store = filled(bounded(tasks=10), *(task(str(n)) for n in range(25)))
    assert ids(store.page(ME, IMAGE, 0, 20, newest_first=False)) == [str(n) for n in range(15, 25)]
    assert store.evicted == 15


def test_tasks_are_bounded_by_their_bytes_too() -> None:
    store = bounded(size=100_000)
    for n in range(1000):
        store.add(replace(task(str(n)), document=b"{" + b" " * 2000 + b"}"), DONE)
    assert 20 < len(store) < 40
    list(store.forget("me"))
    assert (len(store), store._held_bytes) == (0, 0)


@given(st.lists(st.tuples(st.sampled_from("arm"), st.integers(0, 30)), max_size=60))
def test_what_is_removed_is_in_no_list_and_the_rest_keeps_its_order(steps: list[tuple[str, int]]) -> None:
    store = bounded()
    expected: list[str] = []
    for number, (step, place) in enumerate(steps):
        if step == "a" or not expected:
            filled(store, task(str(number)))
            expected.append(str(number))
        else:
            id = expected.pop(0 if step == "r" else place % len(expected))
            found = store.get("kling", id)
            assert found is not None
            store.remove(found)
        assert ids(store.page(ME, IMAGE, 0, 99, newest_first=False)) == expected
        assert ids(store.page(ME, IMAGE, 1, 5, newest_first=True)) == expected[::-1][1:6]
        assert store.count(ME, IMAGE) == len(expected)


def test_an_account_whose_tasks_had_to_go_leaves_nothing_behind() -> None:
    store = bounded(tasks=10)
    for n in range(100):
        store.add(task(str(n), account=f"account-{n}", external_id="order-17"), DONE)
    tables = (store._lists, store._held_by, store._in_flight, store._by_external_id)
    assert [len(table) for table in tables] == [len(store)] * 4
    assert store._held_bytes == sum(store._held_by.values())


def test_a_long_account_counts_among_the_bytes() -> None:
    store = bounded(size=1_000_000)
    for n in range(200):
        store.add(task(str(n), account=f"{n:030000}"), DONE)
    assert 20 < len(store) < 40


def test_a_model_whose_tasks_had_to_go_leaves_nothing_behind() -> None:
    store = bounded(tasks=10)
    for n in range(100):
        store.add(task(str(n), model=f"{n}@example.com"), DONE)
    assert len(store._in_flight[ME]) == len(store) == 10
