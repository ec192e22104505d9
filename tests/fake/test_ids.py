"""Ids: of the right form, never twice, and the same again for the same seed."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from mockserver.fake.ids import Ids, made_by, maker_of
from mockserver.fake.stores.memory.store import Memory
from mockserver.fake.stores.store import Bounds
from tests.fake.stores.makers import Maker, Times
from tests.fake.stores.test_laws import SHARED_MAKERS

KINDS: dict[str, Callable[[Ids], object]] = {
    "decimal": Ids.decimal,
    "integer": Ids.integer,
    "thing": Ids.maker,
    "uuid": Ids.uuid,
}


def ids_of(seed: int | None) -> Ids:
    return Ids(Memory(), seed)


@pytest.mark.parametrize("seed", range(20))
def test_a_task_id_of_klings_is_a_text_of_eighteen_digits(seed: int) -> None:
    id = ids_of(seed).decimal()
    assert isinstance(id, str)
    assert len(id) == 18
    assert id.isdecimal()


def test_a_task_id_of_klings_does_not_fit_into_a_number_of_javascripts() -> None:
    assert int(ids_of(1).decimal()) > 2**53


@pytest.mark.parametrize("seed", range(20))
def test_an_id_of_useapis_is_a_number_of_nine_digits(seed: int) -> None:
    assert len(str(ids_of(seed).integer())) == 9


def test_a_request_id_is_a_uuid_of_version_4() -> None:
    id = ids_of(1).uuid()
    assert (str(UUID(id)), UUID(id).version) == (id, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_none_is_given_twice(kind: str) -> None:
    ids = ids_of(3)
    assert len({KINDS[kind](ids) for _ in range(5000)}) == 5000


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_ids(kind: str) -> None:
    one, other = ids_of(7), ids_of(7)
    assert [KINDS[kind](one) for _ in range(9)] == [KINDS[kind](other) for _ in range(9)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seeds", [(1, 2), (None, None)])
def test_another_seed_or_none_gives_others(kind: str, seeds: tuple[int | None, int | None]) -> None:
    one, other = map(ids_of, seeds)
    assert KINDS[kind](one) != KINDS[kind](other)


@pytest.mark.parametrize("seed", range(20))
def test_a_thing_has_a_number_that_javascript_can_count_and_its_task_an_id_of_klings(seed: int) -> None:
    ids = ids_of(seed)
    for id in (ids.maker() for _ in range(100)):
        thing = made_by(id)
        assert thing is not None
        assert (len(id), len(str(thing))) == (18, 15)
        assert thing < 2**53
        assert maker_of(thing) == id


def test_other_tasks_make_no_thing() -> None:
    ids = ids_of(1)
    others = [*(ids.decimal() for _ in range(1000)), str(ids.integer()), "", "one", "9" * 18, "9" * 30, "\u0663" * 18]
    assert {made_by(id) for id in others} == {None}


def test_a_thing_that_is_there_already_is_passed_by() -> None:
    ids = ids_of(1)
    later = ids_of(1)
    last = [ids.maker() for _ in range(10)][-1]
    later.pass_by(int(last))
    assert int(later.maker()) > int(last)
    assert later.decimal() == ids.decimal()


@pytest.mark.parametrize("kind", ["decimal", "integer", "thing"])
def test_a_later_task_has_the_greater_id(kind: str) -> None:
    ids = ids_of(5)
    numbers = [int(str(KINDS[kind](ids))) for _ in range(100)]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_never_gets_an_id_twice_though_the_seed_is_the_same(kind: str) -> None:
    store = Memory()
    given = [KINDS[kind](ids) for ids in (Ids(store, 7), Ids(store, 7), Ids(store)) for _ in range(2500)]
    assert len({*given}) == len(given)


@pytest.mark.parametrize("maker", SHARED_MAKERS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_reserved_in_a_turn_that_is_not_kept_nobody_gives_twice(
    maker: Maker, kind: str, tmp_path: Path
) -> None:
    bounds, times = Bounds(), Times()
    with closing(maker.open(tmp_path, bounds, times)) as store, closing(maker.open(tmp_path, bounds, times)) as other:
        one, two = Ids(store, 7), Ids(other, 7)
        with pytest.raises(KeyError):
            store.run([lambda: raised(KINDS[kind](one))])
        given = [KINDS[kind](ids) for _ in range(1500) for ids in (one, two)]
        assert len(set(given)) == len(given)


def raised(given: object) -> None:
    raise KeyError(given)
