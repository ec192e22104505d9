"""The numbers of a list add up to a field: the total follows the parts, or the parts follow the total."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest

from mockserver.kit.generation.choices import Seeded, Simplest
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.shapes import OwnKeyword, Shape
from mockserver.kit.generation.sums import with_sum
from mockserver.types import JSON, Payload

SUM = {"of": "shots[].duration", "equals": "duration", "default": "5"}
SECONDS = [str(number) for number in range(1, 8)]


def shape(totals: list[str], sizes: list[str] | None) -> Shape:
    part: JSON = {"type": "string"} if sizes is None else {"enum": sizes}
    shots = {"type": "array", "items": {"properties": {"duration": part}}}
    return normal_form({"type": "object", "properties": {"duration": {"enum": totals}, "shots": shots}})[0]


def film(total: str | None, *parts: str) -> Payload:
    return {**({} if total is None else {"duration": total}), "shots": [{"duration": part} for part in parts]}


class Last:
    """The last choice every time."""

    def below(self, bound: int) -> int:
        return bound - 1

    def text(self) -> str:
        return ""


@pytest.mark.parametrize(
    ("payload", "simplest", "last"),
    [
        (film("7", "3", "4"), film("7", "3", "4"), film("7", "3", "4")),
        (film("5", "3", "4"), film("7", "3", "4"), film("5", "4", "1")),
        (film(None, "3", "4"), {**film(None, "3", "4"), "duration": "7"}, film(None, "4", "1")),
        (film("5", "7", "7"), film("5", "2", "3"), film("5", "4", "1")),
        (film("1", "7", "7"), film("2", "1", "1"), film("7", "6", "1")),
        ({"duration": "5"}, {"duration": "5"}, {"duration": "5"}),
        (film("5", "three"), film("5", "three"), film("5", "three")),
    ],
    ids=["right", "total-or-parts", "default-total", "parts-only", "out-of-reach", "no-list", "no-number"],
)
def test_a_sum_is_made_right_and_its_payload_left_alone(payload: Payload, simplest: Payload, last: Payload) -> None:
    before, own = copy.deepcopy(payload), OwnKeyword("x-sum-equals", SUM, True)
    assert with_sum(own, payload, shape(SECONDS, SECONDS), Simplest()) == simplest
    assert with_sum(own, payload, shape(SECONDS, SECONDS), Last()) == last
    assert payload == before


def test_items_are_left_out_where_even_the_least_are_too_much() -> None:
    own = OwnKeyword("x-sum-equals", SUM, True)
    found = with_sum(own, film("5", "4", "4", "4"), shape(["5"], ["2", "3"]), Simplest())
    assert found == film("5", "2", "3")


def test_the_total_follows_where_the_schema_lists_no_parts() -> None:
    own = OwnKeyword("x-sum-equals", SUM, True)
    assert with_sum(own, film("5", "3", "4"), shape(["5"], None), Simplest())["duration"] == 7


def test_a_sum_is_made_wrong_by_another_total() -> None:
    own = OwnKeyword("x-sum-equals", SUM, False)
    assert with_sum(own, film("7", "3", "4"), shape(SECONDS, SECONDS), Simplest()) == film("1", "3", "4")
    assert with_sum(own, film("6", "3", "4"), shape(SECONDS, SECONDS), Simplest()) == film("6", "3", "4")


def chances() -> Iterator[Payload]:
    for seed in range(300):
        own, chance = OwnKeyword("x-sum-equals", SUM, True), Seeded(seed)
        parts = [SECONDS[chance.below(7)] for _ in range(1 + chance.below(4))]
        yield with_sum(own, film(SECONDS[chance.below(7)], *parts), shape(SECONDS, SECONDS), chance)


def test_a_sum_is_right_whatever_is_chosen() -> None:
    assert [
        each for each in chances() if sum(int(shot["duration"]) for shot in each["shots"]) != int(each["duration"])
    ] == []
