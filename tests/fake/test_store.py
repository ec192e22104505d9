"""The store: both ids find a task, nobody finds another's, and one more costs what the first did."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.fake.lifecycle import Task
from mockserver.fake.store import Store
from tests.conftest import NOON

ME, YOU = ("kling", "me"), ("kling", "you")
IMAGE, VIDEO = "kling/omni-image.create", "kling/omni-video.create"
DONE = NOON + 2000

STORES: list[Callable[[], Store]] = [Store]


@pytest.fixture(params=STORES, ids=lambda make: make.__name__)
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.param()
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


def filled(store: Store, *tasks: Task) -> Store:
    for each in tasks:
        store.add(each, NOON)
    return store


def ids(tasks: list[Task]) -> list[str]:
    return [each.id for each in tasks]


def test_a_task_is_found_by_either_of_its_ids(store: Store) -> None:
    made = task("1", external_id="order-17")
    filled(store, made)
    assert store.get("kling", "1") is made
    assert store.get("kling", "1", "me") is made
    assert store.get_external(ME, "order-17") is made


def test_an_id_that_was_never_given_finds_nothing(store: Store) -> None:
    filled(store, task("1"))
    assert store.get("kling", "2") is None
    assert store.get_external(ME, "order-17") is None
    assert store.get_external(ME, "1") is None


def test_nobody_finds_anothers_task(store: Store) -> None:
    filled(store, task("1", external_id="order-17"))
    assert store.get("kling", "1", "you") is None
    assert store.get_external(YOU, "order-17") is None
    assert store.page(YOU, IMAGE, 0, 10, newest_first=True) == []
    assert store.count(YOU, IMAGE) == 0
    assert store.in_flight(YOU, "o1", NOON) == []


def test_a_task_is_unknown_at_another_service(store: Store) -> None:
    filled(store, task("1", external_id="order-17"))
    assert store.get("chainhub", "1", "me") is None
    assert store.get_external(("chainhub", "me"), "order-17") is None


def test_all_tasks_come_oldest_first_also_while_more_are_added(store: Store) -> None:
    filled(store, task("2"), task("1", account="you"))
    seen = []
    for each in store:
        seen.append(each.id)
        store.add(task(each.id + "0"), NOON)
    assert seen == ["2", "1"]
    assert len(store) == 4


def test_a_list_has_the_tasks_of_one_operation_in_the_order_asked_for(store: Store) -> None:
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


def test_a_replaced_task_stands_where_it_stood(store: Store) -> None:
    filled(store, task("1", external_id="order-17"), task("2"))
    changed = replace(task("1", external_id="order-17"), reason="changed")
    store.replace(changed)
    assert store.get("kling", "1") is changed
    assert store.get_external(ME, "order-17") is changed
    assert ids(store.page(ME, IMAGE, 0, 10, newest_first=True)) == ["2", "1"]
    assert len(store) == 2


def test_a_removed_task_is_nowhere(store: Store) -> None:
    gone = task("1", external_id="order-17")
    filled(store, gone, task("2"))
    store.look(gone)
    store.remove(gone)
    assert store.get("kling", "1") is None
    assert store.get_external(ME, "order-17") is None
    assert ids(store.page(ME, IMAGE, 0, 10, newest_first=True)) == ["2"]
    assert ids(store.in_flight(ME, "o1", NOON)) == ["2"]
    assert store.look(gone) == 1


def test_an_external_id_that_is_used_again_finds_the_newer_task_also_when_the_older_is_removed(store: Store) -> None:
    older, newer = task("1", external_id="order-17"), task("2", external_id="order-17")
    filled(store, older, newer)
    store.remove(older)
    assert store.get_external(ME, "order-17") is newer


def test_tasks_in_flight_are_those_of_one_model_that_are_not_over(store: Store) -> None:
    filled(store, task("1"), task("2", model="v3"), task("3"))
    assert ids(store.in_flight(ME, "o1", DONE - 1)) == ["1", "3"]
    assert ids(store.in_flight(ME, "o1", DONE)) == []
    assert ids(store.in_flight(ME, "no such model", NOON)) == []


def test_a_task_that_is_forced_to_its_end_is_in_flight_no_more(store: Store) -> None:
    filled(store, task("1"), task("2"))
    store.replace(task("1").forced("failed", NOON))
    assert ids(store.in_flight(ME, "o1", NOON)) == ["2"]


def test_looks_are_counted_by_task(store: Store) -> None:
    one, other = task("1"), task("2")
    filled(store, one, other)
    assert [store.look(one), store.look(one), store.look(other), store.look(one)] == [1, 2, 1, 3]


def test_a_cleared_store_is_as_a_new_one(store: Store) -> None:
    made = task("1", external_id="order-17")
    filled(store, made)
    store.look(made)
    list(store.forget())
    assert len(store) == 0
    assert store.get("kling", "1") is None
    assert store.get_external(ME, "order-17") is None
    assert store.in_flight(ME, "o1", NOON) == []
    assert store.look(made) == 1


def test_clearing_one_account_leaves_the_others(store: Store) -> None:
    mine, yours = task("1", external_id="order-17"), task("2", account="you", external_id="order-17")
    filled(store, mine, yours, task("3"))
    list(store.forget("me"))
    assert list(store) == [yours]
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
    store = Store()
    for n in range(2000):
        asked = 0
        store.add(task(str(n)), NOON)
        assert asked <= 4


def test_what_is_over_is_kept_once_and_no_queue_of_it_grows() -> None:
    store = Store()
    for n in range(2000):
        store.add(replace(task(str(n)), created_at=NOON + n * 1000), NOON + n * 1000)
    flying = store._in_flight[ME]["o1"]
    assert len(flying) <= 8
    assert len(store._tasks) == len(store._lists[ME][IMAGE]) == 2000
    assert len(store._by_external_id) == len(store._looks) == 0
