"""Whatever is decorated by a patch runs inside it, or is refused where it is written; nothing reaches the real host."""

from __future__ import annotations

import asyncio
import socket
import unittest
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import cached_property, lru_cache, partial
from typing import Any

import httpx
import pytest

import mockserver
from mockserver.adapters.testing.decoration import CannotDecorate
from mockserver.adapters.testing.patch import Patch, patch
from mockserver.errors import MockserverError
from tests.conftest import PATIENCE

URL = "https://api-singapore.klingai.com/v1/images/omni-image"
KEY = {"authorization": "Bearer me"}


@pytest.fixture(autouse=True)
def nobody_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(host: object, *_: object, **__: object) -> None:
        pytest.fail(f"the real {host!r} was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def create(*_: object) -> int:
    return httpx.post(URL, json={"prompt": "A cat"}, headers=KEY).status_code


async def create_async(*_: object) -> int:
    async with httpx.AsyncClient(headers=KEY) as client:
        return (await client.post(URL, json={"prompt": "A cat"})).status_code


def generated() -> Iterator[int]:
    yield create()
    yield create()


async def generated_async() -> AsyncIterator[int]:
    yield create()
    yield await create_async()


class Called:
    def __call__(self) -> int:
        return create()


class CalledAsync:
    async def __call__(self) -> int:
        return await create_async()


def as_static(patched: Patch) -> Any:
    class Holder:
        method = patched(staticmethod(create))

    return Holder.method


def as_class_method(patched: Patch) -> Any:
    class Holder:
        method: Any = patched(classmethod(create))

    return Holder.method


def as_property(patched: Patch) -> Any:
    class Holder:
        value = patched(property(create))

    return lambda: Holder().value


def as_method(patched: Patch) -> Any:
    class Holder:
        method = patched(create)

    return Holder().method


async def collected(items: AsyncIterator[int]) -> list[int]:
    return [item async for item in items]


async def awaited(value: Awaitable[int]) -> int:
    return await value


def in_a_pool() -> Future[int]:
    return ThreadPoolExecutor(1).submit(create)


def as_task() -> asyncio.Task[int]:
    return asyncio.get_running_loop().create_task(create_async())


KINDS: dict[str, Callable[[Patch], Any]] = {
    "function": lambda patched: patched(create)(),
    "lambda": lambda patched: patched(lambda: create())(),  # noqa: PLW0108 - a lambda is meant
    "partial": lambda patched: patched(partial(create, 1))(),
    "cached": lambda patched: patched(lru_cache(create))(),
    "callable": lambda patched: patched(Called())(),
    "bound method": lambda patched: patched(Called().__call__)(),
    "method": lambda patched: as_method(patched)(),
    "static method": lambda patched: as_static(patched)(),
    "class method": lambda patched: as_class_method(patched)(),
    "property": lambda patched: as_property(patched)(),
    "generator": lambda patched: [*patched(generated)()],
    "partial of a generator": lambda patched: [*patched(partial(generated))()],
    "function that returns a generator": lambda patched: [*patched(lambda: generated())()],  # noqa: PLW0108
    "function that returns a future": lambda patched: patched(in_a_pool)().result(PATIENCE),
    "coroutine": lambda patched: asyncio.run(patched(create_async)()),
    "partial of a coroutine": lambda patched: asyncio.run(patched(partial(create_async, 1))()),
    "function that returns a coroutine": lambda patched: asyncio.run(patched(lambda: create_async())()),  # noqa: PLW0108
    "callable that returns a coroutine": lambda patched: asyncio.run(patched(CalledAsync())()),
    "async generator": lambda patched: asyncio.run(collected(patched(generated_async)())),
    "function that returns an async generator": lambda patched: asyncio.run(
        collected(patched(lambda: generated_async())())  # noqa: PLW0108
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_runs_inside_its_patch_and_nothing_does_after_it(kind: str) -> None:
    patched = patch()
    found = KINDS[kind](patched)
    statuses = found if isinstance(found, list) else [found]
    assert statuses == [200] * len(statuses)
    assert len(patched.requests) == len(statuses)
    with pytest.raises(pytest.fail.Exception):
        create()


async def test_a_task_that_a_function_returns_is_answered_to_its_end() -> None:
    patched = patch()
    task = patched(as_task)()
    assert isinstance(task, asyncio.Task)
    assert (await task, len(patched.requests)) == (200, 1)


@pytest.mark.parametrize("wrong", ["cached property", "number", "none", "class", "test case", "fixture"])
@pytest.mark.parametrize("is_bare", [False, True])
def test_what_cannot_be_decorated_is_refused_where_it_is_written(wrong: str, is_bare: bool) -> None:
    target: Any = {
        "cached property": cached_property(create),
        "number": 5,
        "none": None,
        "class": type("TestCat", (), {"test_it": create}),
        "test case": type("TestCat", (unittest.TestCase,), {"test_it": create}),
        "fixture": pytest.fixture(create),
    }[wrong]
    if is_bare and target is None:
        assert isinstance(patch(target), Patch)  # None means a fake of our own
        return
    with pytest.raises(MockserverError) as error:
        mockserver.patch(target) if is_bare else mockserver.patch()(target)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, TypeError) or is_bare


@pytest.mark.parametrize("maker", [contextmanager, asynccontextmanager])
def test_a_context_manager_is_decorated_below(maker: Any) -> None:
    with pytest.raises(CannotDecorate, match="write @contextmanager above"):
        patch()(maker(generated))
    with pytest.raises(CannotDecorate, match="write @contextmanager above"):
        patch()(partial(maker(generated)))()

    @contextmanager
    @patch()
    def opened() -> Iterator[int]:
        yield create()

    with opened() as status:
        assert status == 200


def test_without_parentheses_it_decorates_with_the_usual_settings() -> None:
    @mockserver.patch
    def made(times: int) -> list[int]:
        return [create() for _ in range(times)]

    assert (made(2), made.__name__) == ([200, 200], "made")


def test_a_generator_gets_what_is_sent_and_thrown() -> None:
    @patch()
    def echo() -> Iterator[Any]:
        try:
            create((yield 1))
        except ZeroDivisionError:
            yield create()

    items: Any = echo()
    next(items)
    assert items.throw(ZeroDivisionError()) == 200
    items.close()
    with pytest.raises(pytest.fail.Exception):
        create()


async def test_an_async_generator_gets_what_is_sent_and_thrown_and_is_closed() -> None:
    seen: list[object] = []

    @patch()
    async def echo() -> AsyncIterator[Any]:
        try:
            seen.append((yield 1))
            try:
                yield create()
            except ZeroDivisionError:
                yield await create_async()
        finally:
            seen.append(create())

    items: Any = echo()
    assert await anext(items) == 1
    assert await items.asend("sent") == 200
    assert await items.athrow(ZeroDivisionError()) == 200
    await items.aclose()
    assert seen == ["sent", 200]


def test_each_run_in_a_thread_has_a_fake_of_its_own() -> None:
    patched = patch(pace="instant", faults=["1303 x1"])

    @patched
    def run(times: int) -> tuple[list[int], int]:
        return [create() for _ in range(times)], len(patched.requests)

    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(run, range(1, 9))]
    assert found == [([429, *[200] * (times - 1)], times) for times in range(1, 9)]


async def test_each_run_in_a_task_has_a_fake_of_its_own() -> None:
    patched = patch()
    together = asyncio.Barrier(4)

    @patched
    async def run(times: int) -> int:
        await together.wait()
        for _ in range(times):
            await create_async()
        await together.wait()
        return len(patched.requests)

    assert [*await asyncio.gather(*map(run, range(1, 5)))] == [1, 2, 3, 4]


def test_a_recursive_run_has_a_fake_of_its_own_and_another_function_shares_it() -> None:
    patched = patch()

    @patched
    def recursive(depth: int) -> list[int]:
        create()
        below = recursive(depth - 1) if depth else []
        return [len(patched.requests), *below]

    @patched
    def outer() -> list[int]:
        create()
        return [*recursive(1), len(patched.requests)]

    assert recursive(2) == [1, 1, 1]
    assert outer() == [2, 1, 2]


def test_the_clock_and_the_settings_of_one_run_are_not_those_of_the_next() -> None:
    patched = patch(seed=1)

    @patched
    def run() -> tuple[bool, str]:
        was_frozen = patched.clock.is_frozen
        patched.clock.freeze()
        create()
        return was_frozen, next(iter(patched.tasks)).id

    assert run() == run()


def test_a_fake_that_is_handed_over_is_that_of_every_run() -> None:
    fake = mockserver.Fake()
    patched = patch(fake)
    run = patched(create)
    assert [run(), run(), len(fake.requests), patched.fake is fake] == [200, 200, 1, True]
