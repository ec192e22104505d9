"""The store in memory: its schedule and its documents do what the plainest of models does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mockserver.fake.stores.memory.documents import Documents
from mockserver.fake.stores.memory.schedule import Schedule
from mockserver.fake.stores.store import Kind

KEYS = st.sampled_from("abcd")
TIMES = st.integers(0, 5)


class Model:
    """What is planned and what is taken, as lists that are searched."""

    def __init__(self) -> None:
        self.planned: list[tuple[int, str]] = []
        self.taken: list[tuple[int, str]] = []

    def drop(self, key: str) -> None:
        for place in (self.planned, self.taken):
            place[:] = [entry for entry in place if entry[1] != key]

    def plan(self, key: str, due: int) -> None:
        self.drop(key)
        self.planned.append((due, key))
        self.planned.sort(key=lambda entry: entry[0])

    def take(self, now: int, most: int) -> list[str]:
        found = [entry for entry in self.planned if entry[0] <= now][:most]
        self.planned = [entry for entry in self.planned if entry not in found]
        self.taken += found
        return [key for _, key in found]

    def clear(self) -> None:
        self.planned, self.taken = [], []


STEPS = st.one_of(
    st.tuples(st.just("plan"), KEYS, TIMES),
    st.tuples(st.just("drop"), KEYS),
    st.tuples(st.just("take"), TIMES, st.integers(0, 3)),
    st.tuples(st.just("clear")),
)


@given(st.lists(STEPS))
def test_a_schedule_does_what_its_model_does(steps: list[tuple[str, ...]]) -> None:
    schedule, model = Schedule(), Model()
    for name, *words in steps:
        assert getattr(schedule, name)(*words) == getattr(model, name)(*words)
        entries = [*model.planned, *model.taken]
        assert len(schedule) == len(entries)
        assert schedule.next() == (model.planned[0][0] if model.planned else None)
        for moment in range(6):
            assert schedule.unfinished(moment) == sum(due <= moment for due, _ in entries)


def _kinds() -> Iterator[Kind[int]]:
    plain: Kind[int] = Kind("plain", lambda value: value, lambda value: value)
    yield plain
    yield replace(plain, name="few", most=2)
    yield replace(plain, name="renewed", most=2, renews=True)
    yield replace(plain, name="light", room=10, weigh=lambda _, value: value)


KINDS = tuple(_kinds())
OWNERS = st.sampled_from([None, "me", "you"])
CHANGES = st.one_of(
    st.tuples(st.just("put"), KEYS, st.integers(0, 11), OWNERS),
    st.tuples(st.just("drop"), KEYS),
    st.tuples(st.just("forget"), OWNERS),
)


def changed(
    held: list[tuple[str, int, str | None]], kind: Kind[int], change: tuple[str, ...]
) -> list[tuple[str, int, str | None]]:
    """Return what is held after a change, the oldest first."""
    name, *words = change
    if name == "forget":
        return [each for each in held if words[0] not in (None, each[2])]
    key = words[0]
    if name == "drop":
        return [each for each in held if each[0] != key]
    new = (key, int(words[1]), words[2])
    if kind.renews or key not in [each[0] for each in held]:
        held = [*(each for each in held if each[0] != key), new]
    else:
        held = [new if each[0] == key else each for each in held]
    while len(held) > (kind.most or 99) or sum(value for _, value, _ in held) > (kind.room or 99):
        held = held[1:]
    return held


@given(st.lists(CHANGES), st.sampled_from(KINDS))
def test_documents_do_what_their_model_does(changes: list[tuple[str, ...]], kind: Kind[int]) -> None:
    documents, held = Documents(), list[tuple[str, int, str | None]]()
    for change in changes:
        name, *words = change
        getattr(documents, name)(kind, *words)
        held = changed(held, kind, change)
        listed = [(key, value) for key, value, _ in held]
        assert list(documents.oldest(kind)) == listed
        assert list(documents.newest(kind)) == listed[::-1]
        assert documents.count(kind) == len(held)
        assert {key: documents.get(kind, key) for key in "abcd"} == {**dict.fromkeys("abcd"), **dict(listed)}
