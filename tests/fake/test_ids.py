"""Ids: of the right form, never twice, and the same again for the same seed."""

from collections.abc import Callable
from uuid import UUID

import pytest

from mockserver.fake.ids import Ids

KINDS: dict[str, Callable[[Ids], object]] = {"decimal": Ids.decimal, "integer": Ids.integer, "uuid": Ids.uuid}


@pytest.mark.parametrize("seed", range(20))
def test_a_task_id_of_klings_is_a_text_of_eighteen_digits(seed: int) -> None:
    id = Ids(seed).decimal()
    assert isinstance(id, str)
    assert len(id) == 18
    assert id.isdecimal()


def test_a_task_id_of_klings_does_not_fit_into_a_number_of_javascripts() -> None:
    assert int(Ids(1).decimal()) > 2**53


@pytest.mark.parametrize("seed", range(20))
def test_an_id_of_useapis_is_a_number_of_nine_digits(seed: int) -> None:
    assert len(str(Ids(seed).integer())) == 9


def test_a_request_id_is_a_uuid_of_version_4() -> None:
    id = Ids(1).uuid()
    assert (str(UUID(id)), UUID(id).version) == (id, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_none_is_given_twice(kind: str) -> None:
    ids = Ids(3)
    assert len({KINDS[kind](ids) for _ in range(5000)}) == 5000


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_ids(kind: str) -> None:
    one, other = Ids(7), Ids(7)
    assert [KINDS[kind](one) for _ in range(9)] == [KINDS[kind](other) for _ in range(9)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seeds", [(1, 2), (None, None)])
def test_another_seed_or_none_gives_others(kind: str, seeds: tuple[int | None, int | None]) -> None:
    one, other = map(Ids, seeds)
    assert KINDS[kind](one) != KINDS[kind](other)


@pytest.mark.parametrize("kind", ["decimal", "integer"])
def test_a_later_task_has_the_greater_id(kind: str) -> None:
    ids = Ids(5)
    numbers = [int(str(KINDS[kind](ids))) for _ in range(100)]
    assert numbers == sorted(numbers)
