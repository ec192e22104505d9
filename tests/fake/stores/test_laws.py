"""What every store promises to several threads, and a shared one to several processes, whatever becomes of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Self

import pytest

from mockserver.fake.lifecycle import Task
from mockserver.fake.stores.store import SHARED, Bounds, Store
from mockserver.types import Request, Response
from tests.conftest import PATIENCE
from tests.fake.stores.makers import IMAGE, MAKERS, NOON, VIDEO, Maker, Times, task
from tests.fake.stores.worker import NOTES

ROOT = Path(__file__).parents[3]
ME, YOU = ("kling", "me"), ("kling", "you")
SHARED_MAKERS = [pytest.param(maker, id=name) for name, maker in MAKERS.items() if maker.url is not None]

Opened = Callable[..., Store]


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture(params=[*MAKERS.values()], ids=[*MAKERS])
def maker(request: pytest.FixtureRequest) -> Maker:
    found: Maker = request.param
    return found


@pytest.fixture
def opened(maker: Maker, tmp_path: Path, times: Times) -> Iterator[Opened]:
    """What opens a store; a shared one that is opened again has the same state."""
    with ExitStack() as stack:

        def make(bounds: Bounds | None = None, at: Times = times) -> Store:
            store = maker.open(tmp_path, bounds or Bounds(), at)
            stack.callback(store.close)
            return store

        yield make


class Worker:
    """A process at a store."""

    def __init__(self, maker: Maker, folder: Path, what: str, number: int = 0) -> None:
        assert maker.url is not None
        command = [sys.executable, "-m", "tests.fake.stores.worker", what, maker.url(folder), str(number)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> str:
        found, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0
        return found

    def kill(self) -> str:
        """End it as ``kill -9`` does, and return what it had said."""
        self.process.kill()
        found, _ = self.process.communicate(timeout=PATIENCE)
        return found


def test_what_a_turn_writes_is_there_after_it_and_a_job_returns_its_result(opened: Opened) -> None:
    store = opened()
    assert store.run([lambda: store.tasks.add(task("1"), NOON), lambda: len(store.tasks)]) == [None, 1]
    assert store.run([]) == []
    assert store.tasks.get("kling", "1") == task("1")


def test_threads_take_turns(opened: Opened) -> None:
    store = opened()

    def count() -> None:
        store.documents.put(NOTES, "n", (store.documents.get(NOTES, "n") or 0) + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.run([count, count]), range(100)))
    assert store.documents.get(NOTES, "n") == 200


def test_threads_that_race_for_one_external_id_create_one_task(opened: Opened) -> None:
    store = opened()

    def create(id: str) -> bool:
        if store.tasks.get_external(ME, "order-17") is not None:
            return False
        store.tasks.add(task(id, external_id="order-17"), NOON)
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda index: store.run([lambda: create(str(index))])[0], range(1000)))
    assert (made.count(True), len(store.tasks)) == (1, 1)


def test_numbers_are_reserved_once(opened: Opened) -> None:
    store = opened()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda size: (store.reserve("a", size, 7), size), [1, 2, 3] * 30))
    numbers = sorted(first + index for first, size in found for index in range(size))
    assert numbers == list(range(7, 7 + 180))
    store.reserve_up_to("a", 500)
    store.reserve_up_to("a", 300)
    assert store.reserve("a", 1, 7) == 501
    assert store.reserve("b", 1, 7) == 7


def test_of_two_tasks_with_one_external_id_the_latest_is_found(opened: Opened) -> None:
    store = opened()
    store.tasks.add(task("1", external_id="x"), NOON)
    store.tasks.add(task("2", external_id="x", operation=VIDEO), NOON)
    store.tasks.add(task("3", external_id="x", account="you"), NOON)
    assert store.tasks.get_external(ME, "x") == task("2", external_id="x", operation=VIDEO)


def test_the_oldest_that_are_over_go_first(opened: Opened) -> None:
    store = opened(Bounds(tasks=3))
    for index, seconds in enumerate((9, 2, 1, 3)):
        store.tasks.add(task(str(index), seconds=seconds), NOON + 1000)
    assert [each.id for each in store.tasks.newest()] == ["3", "1", "0"]  # one is over at the very moment
    store.tasks.add(task("4"), NOON + 2000)
    assert [each.id for each in store.tasks.newest()] == ["4", "3", "0"]
    assert store.tasks.evicted == 2


def test_what_was_cleared_first_goes_first(opened: Opened) -> None:
    store = opened(Bounds(exchanges=3))
    store.journal.keep_cleared()
    for account in ("me", "you", "me"):
        note(store, account)
    store.journal.clear("you")
    store.journal.clear("me")
    assert [each.number for each in store.journal.cleared] == [2, 1, 3]
    note(store, "me")
    assert [each.number for each in store.journal.cleared] == [1, 3]
    assert [each.number for each in store.journal] == [4]
    assert store.journal.forgotten == 1


def note(store: Store, account: str | None = None) -> None:
    store.journal.write(NOON, "kling", IMAGE, account, Request("GET", "/"), Response(200), ())


def test_what_is_due_at_once_is_taken_in_the_order_in_which_it_was_planned(opened: Opened) -> None:
    store = opened()
    for key in ("z", "a", "m", "b"):
        store.schedule.plan(key, NOON)
    store.schedule.plan("a", NOON)
    store.schedule.plan("early", NOON - 1)
    assert store.schedule.take(NOON, 3) == ["early", "z", "m"]
    assert store.schedule.take(NOON, 3) == ["b", "a"]
    assert store.schedule.take(NOON, 3) == []
    assert (len(store.schedule), store.schedule.next(), store.schedule.unfinished(NOON)) == (5, None, 5)
    store.schedule.plan("m", NOON + 1)
    assert (store.schedule.next(), store.schedule.unfinished(NOON)) == (NOON + 1, 4)


@pytest.mark.parametrize("newest_first", [True, False])
def test_every_page_of_a_long_list_with_gaps_is_right(opened: Opened, newest_first: bool) -> None:
    store = opened()
    kept = [str(index) for index in range(1500)]
    store.run([partial(store.tasks.add, task(id), NOON) for id in kept])
    random = Random(7)
    gone = {*map(str, range(600)), *random.sample(kept, 300)}
    store.run([partial(store.tasks.remove, task(id)) for id in gone])
    kept = [id for id in kept if id not in gone]
    right = kept[::-1] if newest_first else kept
    assert store.tasks.count(ME, IMAGE) == len(kept)
    for start in [*range(0, len(kept) + 30, 30), len(kept) - 1, 10**6]:
        page = store.tasks.page(ME, IMAGE, start, 30, newest_first=newest_first)
        assert [each.id for each in page] == right[start : start + 30]


def test_the_latest_of_an_account_are_those_of_all_its_operations_in_the_order_of_creation(opened: Opened) -> None:
    store, random = opened(), Random(7)
    kept = []
    for index in range(700):
        service, account = random.choice((ME, ME, YOU, ("useapi", "me")))
        operation = f"{service}/{random.choice('abc')}.create"
        made = task(str(index), account=account, operation=operation)
        kept.append(made)
        store.tasks.add(made, NOON)
    gone = set(random.sample(kept, 200))
    store.run([partial(store.tasks.remove, each) for each in gone])
    right = {
        owner: [each for each in reversed(kept) if each not in gone and owner_of(each) == owner]
        for owner in (ME, YOU, ("useapi", "me"), ("useapi", "you"))
    }
    assert {owner: list(store.tasks.latest(owner)) for owner in right} == right

    def in_a_turn() -> list[str]:
        store.tasks.add(task("new"), NOON)
        store.tasks.remove(right[ME][0])
        return [each.id for each in store.tasks.latest(ME)]

    assert store.run([in_a_turn]) == [["new", *(each.id for each in right[ME][1:])]]
    work = store.tasks.forget("me")
    assert list(store.tasks.latest(ME)) == []
    assert list(store.tasks.latest(YOU)) == right[YOU]
    for _ in work:
        pass
    assert list(store.tasks.latest(("useapi", "me"))) == []


def owner_of(each: Task) -> tuple[str, str]:
    return each.operation.partition("/")[0], each.account


def test_the_latest_go_on_while_more_are_added(opened: Opened) -> None:
    store = opened()
    for index in range(500):
        store.tasks.add(task(str(index), operation=(IMAGE, VIDEO)[index % 2]), NOON)
    seen = []
    for each in store.tasks.latest(ME):
        seen.append(each.id)
        store.tasks.add(task(f"{each.id}-again"), NOON)
    assert seen == [str(index) for index in reversed(range(500))]


def test_what_is_forgotten_is_gone_before_the_work_is_done(opened: Opened) -> None:
    store = opened()
    for index in range(300):
        store.tasks.add(task(str(index), account=("me", "you")[index % 2], external_id=str(index)), NOON)
    work = store.tasks.forget("me")
    assert store.tasks.count(ME, IMAGE) == 0
    assert store.tasks.page(ME, IMAGE, 0, 30, newest_first=True) == []
    assert store.tasks.get_external(ME, "0") is None
    assert store.tasks.in_flight(ME, "o1", NOON).tasks == 0
    assert store.tasks.count(YOU, IMAGE) == store.tasks.in_flight(YOU, "o1", NOON).tasks == 150
    store.tasks.add(task("new"), NOON)
    for _ in work:
        pass
    assert store.tasks.count(ME, IMAGE) == 1
    assert len(store.tasks) == len(list(store.tasks.newest())) == 151


@pytest.mark.parametrize("maker", SHARED_MAKERS, indirect=True)
class TestShared:
    """What those that share a store see of each other, and what is left when one ends."""

    def test_a_job_that_raises_keeps_nothing(self, opened: Opened) -> None:
        store = opened()

        def everything() -> None:
            store.tasks.add(task("1", external_id="x"), NOON)
            store.documents.put(SHARED, "a", 1)
            store.schedule.plan("k", NOON)
            store.journal.write(NOON, "kling", None, None, Request("GET", "/"), Response(200), ())

        def fail() -> None:
            raise KeyError("mine")

        before = store.version
        with pytest.raises(KeyError, match="mine"):
            store.run([everything, fail, everything])
        assert (len(store.tasks), len(store.journal), len(store.schedule)) == (0, 0, 0)
        assert (store.documents.get(SHARED, "a"), store.version) == (None, before)
        store.run([everything])
        assert len(store.tasks) == 1

    def test_each_sees_what_the_other_has_written(self, opened: Opened) -> None:
        one, other = opened(), opened()
        before = other.version
        one.tasks.add(task("1"), NOON)
        one.documents.put(SHARED, "clock", {"ahead": 5})
        assert other.tasks.get("kling", "1") == task("1")
        assert other.version != before
        assert other.documents.get(SHARED, "clock") == {"ahead": 5}
        assert {one.reserve("n", 1, 1), other.reserve("n", 1, 1)} == {1, 2}

    def test_all_of_it_outlives_the_last(self, opened: Opened) -> None:
        store = opened()
        store.tasks.add(task("1", external_id="x"), NOON, 3)
        store.documents.put(NOTES, "a", "A cat")
        store.schedule.plan("k", NOON)
        store.reserve("n", 5, 1)
        note(store)
        store.close()
        store = opened()
        assert store.tasks.get_external(ME, "x") == task("1", external_id="x")
        assert (store.tasks.looks(task("1")), store.documents.get(NOTES, "a")) == (3, "A cat")
        assert (store.schedule.take(NOON, 9), store.reserve("n", 1, 1)) == (["k"], 6)
        assert [each.number for each in store.journal] == [1]

    def test_nobody_takes_what_another_has_taken(self, opened: Opened) -> None:
        one, other = opened(), opened()
        for index in range(50):
            one.schedule.plan(str(index), NOON)
        found = [one.schedule.take(NOON, 10), other.schedule.take(NOON, 30), one.schedule.take(NOON, 30)]
        assert sorted(int(key) for keys in found for key in keys) == list(range(50))
        assert other.schedule.take(NOON, 9) == []
        one.schedule.plan("3", NOON)
        assert other.schedule.take(NOON, 9) == ["3"]

    def test_what_the_dead_had_taken_is_free_again(self, opened: Opened, times: Times) -> None:
        alive, dead = opened(), opened()
        for key in ("a", "b"):
            alive.schedule.plan(key, NOON)
        assert dead.schedule.take(NOON, 1) == ["a"]
        assert alive.schedule.take(NOON, 1) == ["b"]
        for _ in range(7):
            alive.beat()
            assert alive.schedule.take(NOON, 9) == []
            times.go_on(700)
        times.go_on(700)
        alive.beat()
        assert alive.schedule.take(NOON, 9) == ["a"]
        dead.beat()  # it has only slept
        alive.beat()
        assert dead.schedule.take(NOON, 9) == []

    def test_who_beats_keeps_what_it_has_taken(self, opened: Opened, times: Times) -> None:
        one, other = opened(), opened()
        one.schedule.plan("a", NOON)
        assert one.schedule.take(NOON, 1) == ["a"]
        for _ in range(20):
            times.go_on(1000)
            one.beat()
            other.beat()
            assert other.schedule.take(NOON, 1) == []

    def test_who_leaves_gives_back_what_it_had_taken(self, opened: Opened) -> None:
        one, other = opened(), opened()
        one.schedule.plan("a", NOON)
        assert one.schedule.take(NOON, 1) == ["a"]
        one.close()
        one.close()
        assert other.schedule.take(NOON, 1) == ["a"]

    def test_processes_that_race_for_one_external_id_create_one_task(
        self, opened: Opened, maker: Maker, tmp_path: Path
    ) -> None:
        store = opened()
        workers = [Worker(maker, tmp_path, "create", number) for number in range(3)]
        for worker in workers:
            worker.end()
        assert sorted(each.external_id or "" for each in store.tasks.newest()) == sorted(
            f"order-{index}" for index in range(100)
        )

    def test_processes_never_reserve_one_number_twice(self, opened: Opened, maker: Maker, tmp_path: Path) -> None:
        opened()
        workers = [Worker(maker, tmp_path, "reserve", number) for number in range(3)]
        found = sorted(int(number) for worker in workers for number in worker.end().split())
        assert found == list(range(100, 100 + 300 * 6))

    def test_processes_never_take_one_thing_twice(self, opened: Opened, maker: Maker, tmp_path: Path) -> None:
        store = opened()
        store.run([partial(store.schedule.plan, str(index), NOON) for index in range(500)])
        workers = [Worker(maker, tmp_path, "take") for _ in range(3)]
        with ExitStack() as stack:
            for worker in workers:
                stack.enter_context(worker)
                assert worker.line() == "ready"
            for worker in workers:
                worker.go_on()
            found = sorted(int(key) for worker in workers for key in worker.line().split())
        assert found == list(range(500))

    def test_a_process_that_is_killed_within_a_turn_leaves_what_was_there_before(
        self, opened: Opened, maker: Maker, tmp_path: Path
    ) -> None:
        store = opened()
        store.tasks.add(task("0"), NOON)
        with Worker(maker, tmp_path, "stop", 7) as worker:
            assert worker.line() == "ready"
            worker.kill()
        assert [each.id for each in store.tasks.newest()] == ["0"]
        assert (len(store.journal), len(store.schedule), store.documents.count(NOTES)) == (0, 0, 0)
        store.tasks.add(task("1"), NOON)

    def test_whatever_was_answered_outlives_a_kill(self, opened: Opened, maker: Maker, tmp_path: Path) -> None:
        assert_that_kills_lose_nothing(opened(), maker, tmp_path, kills=3)

    @pytest.mark.torture
    def test_whatever_was_answered_outlives_many_kills(self, opened: Opened, maker: Maker, tmp_path: Path) -> None:
        assert_that_kills_lose_nothing(opened(), maker, tmp_path, kills=25)


def assert_that_kills_lose_nothing(store: Store, maker: Maker, folder: Path, kills: int) -> None:
    random, said = Random(7), set[str]()
    for number in range(kills):
        with Worker(maker, folder, "write", number * 1_000_000) as worker:
            said |= {worker.line() for _ in range(random.randrange(1, 200))}
            said |= set(worker.kill().split("\n")[:-1])
    parts: list[set[Any]] = [
        {each.id for each in store.tasks.newest()},
        {key for key, _ in store.documents.oldest(NOTES)},
        {str(each.at) for each in store.journal},
    ]
    assert said - {""} <= parts[0]
    assert parts[0] == parts[1]
    assert store.journal.forgotten or parts[0] == parts[2]
    assert len(store.schedule) == len(parts[0])
