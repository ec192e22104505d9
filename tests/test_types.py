"""Values: what a frozen dataclass does, made of functions over the fields."""

from __future__ import annotations

import copy
import pickle
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, FrozenInstanceError, dataclass, field, replace
from typing import Any

import pytest

from mockserver.types import Lazy, Request, Response, Wire, value


@value
class Point:
    """A place."""

    x: int
    y: int = 0
    _: KW_ONLY
    secret: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Twin:
    """The same as the standard library makes it."""

    x: int
    y: int = 0
    _: KW_ONLY
    secret: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


@value
class Named:
    """One that says by itself how it is shown."""

    name: str

    def __repr__(self) -> str:
        return self.name


CASES = [(1,), (1, 2), (1, 2, "s"), (1, 2, "s", "n")]


def made(kind: type[Point | Twin], case: tuple[object, ...]) -> Point | Twin:
    return kind(*case[:2], **dict(zip(("secret", "note"), case[2:], strict=False)))  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("other", CASES)
def test_values_compare_as_frozen_dataclasses_do(case: tuple[object, ...], other: tuple[object, ...]) -> None:
    ours, theirs = (made(Point, each) for each in (case, other)), (made(Twin, each) for each in (case, other))
    (a, b), (c, d) = ours, theirs
    assert (a == b) is (c == d)
    assert (hash(a) == hash(b)) is (hash(c) == hash(d))
    assert repr(a) == repr(c).replace("Twin", "Point")


@pytest.mark.parametrize(("one", "other"), [(Point(1), Twin(1)), (Point(1), (1, 0, "")), (Wire(), Response(200))])
def test_a_value_is_unlike_what_is_of_another_class(one: object, other: object) -> None:
    assert one != other


def test_a_value_can_be_copied_changed_and_pickled() -> None:
    request = Request("GET", "/tasks", headers={"host": "localhost"})
    assert copy.copy(request) == pickle.loads(pickle.dumps(request)) == request
    assert replace(request, method="POST") == Request("POST", "/tasks", headers={"host": "localhost"})
    assert {Point(1): "found"}[Point(1)] == "found"


def test_a_class_may_say_by_itself_how_it_is_shown() -> None:
    assert repr(Named("me")) == "me"


def test_a_value_has_no_other_fields() -> None:
    with pytest.raises((AttributeError, FrozenInstanceError)):
        Point(1).z = 2  # type: ignore[attr-defined]


def test_a_value_is_made_as_a_dataclass_is() -> None:
    with pytest.raises(TypeError, match=re.escape("Point.__init__() missing 1 required positional argument: 'x'")):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes from 2 to 3 positional arguments"):
        Point(1, 2, "secret")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=3)  # type: ignore[call-arg]
    one, other = Request("GET", "/"), Request("GET", "/")
    assert one.headers == {}
    assert one.headers is not other.headers


def test_a_lazy_mapping_makes_what_is_asked_for_and_makes_it_once() -> None:
    made: list[str] = []

    def make(name: str) -> object:
        made.append(name)
        return object()

    found = Lazy(lambda: ["one", "two"], make)
    assert (list(found), len(found), "two" in found, "three" in found) == (["one", "two"], 2, True, False)
    assert made == []
    assert found["two"] is found["two"]
    assert made == ["two"]
    with pytest.raises(KeyError, match="three"):
        found["three"]
    assert [*found.values()][1] is found["two"]
    assert made == ["two", "one"]


def test_threads_that_ask_a_lazy_mapping_at_once_get_one_value() -> None:
    together = threading.Barrier(2)

    def make(_: str) -> object:
        together.wait(timeout=60)
        return object()

    found = Lazy(lambda: ["one"], make)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: found["one"], range(2))
    assert one is other


def test_what_a_client_waits_for_has_what_a_fault_adds_to_it() -> None:
    def latency(took: float | None, **wire: Any) -> float | None:
        return Response(200, wire=Wire(**wire) if wire else None, took=took).latency

    assert latency(0.1234) == 0.123
    assert latency(0.1234, headers_after=2000, body_over=300) == 2300.123
    assert latency(0.1234, hangs=True) is None
    assert latency(None) is None
