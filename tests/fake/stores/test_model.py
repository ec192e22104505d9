"""Whatever is done to a store, it says the same as the one in memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mockserver.fake.lifecycle import Task
from mockserver.fake.stores.memory.store import Memory
from mockserver.fake.stores.store import SHARED, Bounds, Kind, Store
from mockserver.types import JSON, Millis, Request, Response
from tests.fake.stores.makers import ACCOUNTS, IMAGE, MAKERS, NOON, VIDEO, Maker, Times, task
from tests.support.sampling import draws

BOUNDS = Bounds(tasks=12, size=9000, exchanges=8, exchange_bytes=6000)

FEW = 6
"""So many tasks have room in any case."""

MODELS = ("o1", "o2")
OPERATIONS = (IMAGE, VIDEO, "useapi/images.create")
OWNERS = tuple((service, account) for service in ("kling", "useapi") for account in ACCOUNTS)
EXTERNAL_IDS = ("order-17", "it's 100 %", "n\0l", "A", "a")
KEYS = ("a", "b", "a\0", "Ä", "100%_'\"", "")
KINDS: tuple[Kind[JSON], ...] = (
    SHARED,
    Kind("all", lambda value: value, lambda value: value),
    Kind("pairs", list, tuple, most=3),
    Kind("last", lambda value: value, lambda value: value, most=2, renews=True),
    Kind("small", lambda value: value, lambda value: value, room=60, weigh=lambda key, value: len(key) + len(value)),
)
VALUES = st.sampled_from([[1, "x"], [1, "\ud83d", None], [0.1, 2**70, {"a": []}], ["n" * 20], []])

Step = Callable[[Store, Millis], Any]
"""Something that is done to a store at a time; what it returns is the same for all stores."""


def added(made: Task, looks: int) -> Step:
    return lambda store, now: store.tasks.add(replace(made, created_at=now), now, looks)


def some(store: Store, index: int) -> Task | None:
    tasks = list(store.tasks.newest())
    return tasks[index % len(tasks)] if tasks else None


def forced(index: int, status: Any) -> Step:
    def step(store: Store, now: Millis) -> None:
        found = some(store, index)
        if found is not None and not found.is_final(now):
            store.tasks.replace(found.forced(status, now))

    return step


def removed(index: int) -> Step:
    def step(store: Store, _: Millis) -> None:
        if (found := some(store, index)) is not None:
            store.tasks.remove(found)

    return step


def looked(index: int) -> Step:
    def step(store: Store, _: Millis) -> int | None:
        found = some(store, index)
        return None if found is None else store.tasks.look(found)

    return step


def noted(account: str | None, size: int) -> Step:
    def step(store: Store, now: Millis) -> None:
        request = Request("POST", "/v1/images", "n=1", {"host": "h"}, b"\xff" * size)
        store.journal.write(now, "kling", IMAGE, account, request, Response(200, b"{}"), ())

    return step


def put(kind: Kind[JSON], key: str, value: JSON, account: str | None) -> Step:
    return lambda store, _: store.documents.put(kind, key, kind.read(value), account)


INDICES, KEY, KIND = st.integers(0, 20), st.sampled_from(KEYS), st.sampled_from(KINDS)
ANYBODY = st.sampled_from([None, *ACCOUNTS])
MADE = st.builds(
    task,
    id=st.uuids(version=4).map(str),
    account=st.sampled_from(ACCOUNTS),
    operation=st.sampled_from(OPERATIONS),
    model=st.sampled_from(MODELS),
    slots=st.integers(1, 9),
    external_id=st.none() | st.sampled_from(EXTERNAL_IDS),
    seconds=st.sampled_from([None, 0, 1, 2, 10]),
)


def growth() -> list[st.SearchStrategy[Step]]:
    """Return what makes a store fuller."""
    return [
        st.builds(added, MADE, st.integers(0, 2)),
        st.builds(noted, ANYBODY, st.integers(0, 1500)),
        st.builds(put, KIND, KEY, VALUES, ANYBODY),
        st.builds(
            lambda key, wait: lambda store, now: store.schedule.plan(key, now + wait), KEY, st.integers(-5, 5000)
        ),
    ]


def changes() -> list[st.SearchStrategy[Step]]:
    """Return what else can be done within a turn and outside of one."""
    return [
        st.builds(forced, INDICES, st.sampled_from(["processing", "failed", "succeed"])),
        st.builds(removed, INDICES),
        st.builds(looked, INDICES),
        st.builds(lambda account: lambda store, _: store.journal.clear(account), st.sampled_from(ACCOUNTS)),
        st.builds(lambda account: lambda store, _: store.journal.clear(account), ANYBODY),
        st.just(lambda store, _: store.journal.keep_cleared()),
        st.builds(lambda kind, key: lambda store, _: store.documents.drop(kind, key), KIND, KEY),
        st.builds(lambda kind, account: lambda store, _: store.documents.forget(kind, account), KIND, ANYBODY),
        st.builds(lambda key: lambda store, _: store.schedule.drop(key), KEY),
    ]


GROWTH = st.one_of(growth())
STEPS = st.one_of([*growth(), GROWTH, GROWTH, *changes()])


class Compared(RuleBasedStateMachine):
    """A store, opened twice if it can be shared, and the one in memory, which is right."""

    maker: Maker

    @initialize(taken=st.just([]) | st.lists(GROWTH, min_size=30, max_size=60), keeps=st.booleans())
    def open(self, taken: list[Step], keeps: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mockserver-"))
        self.now = NOON
        self.times = Times()
        self.model: Store = Memory(BOUNDS)
        self.stores = self.opened()
        self.shared: JSON = None
        self.shared_version: int | None = None
        self.turn = 0
        for store in (self.store, self.model):
            store.run([partial(step, store, self.now) for step in taken])
            if keeps:
                store.journal.keep_cleared()

    def opened(self) -> list[Store]:
        count = 1 if self.maker.url is None else 2
        return [self.maker.open(self.folder, BOUNDS, self.times) for _ in range(count)]

    @property
    def store(self) -> Store:
        """One of those that share the state, another each time."""
        self.turn += 1
        return self.stores[self.turn % len(self.stores)]

    @rule(step=STEPS)
    def once(self, step: Step) -> None:
        assert step(self.store, self.now) == step(self.model, self.now)

    @rule(key=KEY, size=st.integers(0, 9))
    def reserve(self, key: str, size: int) -> None:
        assert self.store.reserve(key, size, 100) == self.model.reserve(key, size, 100)

    @rule(key=KEY, number=st.integers(0, 300))
    def reserve_up_to(self, key: str, number: int) -> None:
        for store in (self.store, self.model):
            store.reserve_up_to(key, number)

    @rule(taken=st.lists(STEPS, min_size=2, max_size=6) | st.lists(GROWTH, min_size=8, max_size=16))
    def in_one_turn(self, taken: list[Step]) -> None:
        if self.maker.evicts_at_end and len(self.model.tasks) + len(taken) > FEW:
            self.forget(None)
            taken = taken[:FEW]
        found, right = (
            store.run([partial(step, store, self.now) for step in taken]) for store in (self.store, self.model)
        )
        assert found == right

    @rule(taken=st.lists(STEPS, min_size=1, max_size=4))
    def in_a_turn_that_fails(self, taken: list[Step]) -> None:
        def fail() -> None:
            raise KeyError

        if self.maker.url is not None:
            store = self.store
            jobs: list[Callable[[], Any]] = [partial(step, store, self.now) for step in taken]
            with pytest.raises(KeyError):
                store.run([*jobs, fail])

    @rule(account=st.sampled_from([None, *ACCOUNTS, *ACCOUNTS]))
    def forget(self, account: str | None) -> None:
        for store in (self.store, self.model):
            for _ in store.tasks.forget(account):
                pass

    @rule(wait=st.integers(-1, 6000), most=st.integers(1, 3))
    def take(self, wait: Millis, most: int) -> None:
        assert self.store.schedule.take(self.now + wait, most) == self.model.schedule.take(self.now + wait, most)

    @rule()
    def clear_the_schedule(self) -> None:
        for store in (self.store, self.model):
            store.schedule.clear()

    @rule(span=st.integers(0, 3000))
    def wait(self, span: Millis) -> None:
        self.now += span

    @rule()
    def beat(self) -> None:
        self.store.beat()

    @rule()
    def open_anew(self) -> None:
        if self.maker.url is not None:
            self.clear_the_schedule()  # what was taken is given back, which a store in memory has nobody for
            for store in self.stores:
                store.close()
            self.stores = self.opened()

    @invariant()
    def they_say_the_same(self) -> None:
        found = dict(everything(self.store, self.now))
        assert found == dict(everything(self.model, self.now))
        self._notice_the_version(found["documents", "shared"])

    def _notice_the_version(self, shared: JSON) -> None:
        version = self.store.version
        if shared != self.shared:
            assert version != self.shared_version
        self.shared, self.shared_version = shared, version

    def teardown(self) -> None:
        for store in getattr(self, "stores", []):
            store.close()
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)


def everything(store: Store, now: Millis) -> Iterator[tuple[Any, Any]]:
    """Yield all that a store can be asked."""
    tasks, journal, documents, schedule = store.tasks, store.journal, store.documents, store.schedule
    newest = list(tasks.newest())
    yield "tasks", (len(tasks), tasks.evicted, newest, [tasks.looks(each) for each in newest])
    for each, account in product(newest, [None, *ACCOUNTS]):
        service = each.operation.partition("/")[0]
        yield (each.id, account), (tasks.get(service, each.id, account), tasks.get("other", each.id, account))
    for owner in OWNERS:
        yield (owner, "external"), [tasks.get_external(owner, id) for id in EXTERNAL_IDS]
        yield (owner, "latest"), list(tasks.latest(owner))
        yield (owner, "flight"), [tasks.in_flight(owner, model, now) for model in MODELS]
        for operation in OPERATIONS:
            pages = [(0, 30, True), (0, 30, False), (1, 2, True), (2, 3, False), (20, 5, True), (0, 0, False)]
            yield (
                (owner, operation),
                [
                    tasks.count(owner, operation),
                    *(tasks.page(owner, operation, start, size, newest_first=first) for start, size, first in pages),
                ],
            )
    yield "journal", (len(journal), list(journal), journal.cleared, journal.forgotten)
    for kind in KINDS:
        oldest = list(documents.oldest(kind))
        yield ("documents", kind.name), oldest
        yield (
            ("documents", kind.name, "all"),
            (
                documents.count(kind),
                documents.first(kind),
                list(documents.newest(kind)),
                [documents.get(kind, key) for key in KEYS],
            ),
        )
    yield "schedule", (len(schedule), schedule.next(), [schedule.unfinished(now + wait) for wait in (-9, 0, 5000)])


@pytest.mark.drawn
@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_a_store_says_what_the_one_in_memory_says(maker: Maker) -> None:
    machine = type("Compared", (Compared,), {"maker": maker})
    run_state_machine_as_test(machine, settings=settings(max_examples=draws(40), stateful_step_count=30, deadline=None))
