"""Decoration: a function of any kind that is called inside a context, which stays open until its body has ended.

The body of a coroutine or a generator runs after the call has returned, so the context is opened again around it. What
cannot be kept inside a context is refused where it is written.
"""

from __future__ import annotations

import inspect
from asyncio import isfuture
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from functools import wraps
from typing import Any, Protocol, TypeVar

from mockserver.errors import MockserverError

T = TypeVar("T")


class Context(Protocol):
    """A context that can be opened more than once."""

    def __enter__(self) -> object: ...

    def __exit__(self, *_: object) -> None: ...

    def hold(self) -> Callable[[], None]:
        """Keep it open for those who have entered it, and return what ends that."""


Begin = Callable[[object], Context]
"""Makes the context of one run of a function."""


class CannotDecorate(MockserverError, TypeError):
    """Something that is no function, or whose body would run where no context can be kept open."""


_MAKERS = frozenset(maker(print).__code__ for maker in (contextmanager, asynccontextmanager))  # type: ignore[arg-type]
"""The code of what ``@contextmanager`` makes of any function: the body runs when ``with`` begins."""


def decorated(target: T, begin: Begin) -> T:
    """Return a function, method, property or partial whose body runs inside a context.

    Raises ``CannotDecorate``.
    """
    found: Any = target
    if isinstance(found, staticmethod | classmethod):
        return type(found)(decorated(found.__func__, begin))  # type: ignore[return-value]
    if isinstance(found, property):
        parts: list[Any] = [part and decorated(part, begin) for part in (found.fget, found.fset, found.fdel)]
        return property(*parts, found.__doc__)  # type: ignore[return-value, call-arg]
    _check(found)
    kinds = (
        (inspect.isasyncgenfunction, _async_generator),
        (inspect.isgeneratorfunction, _generator),
        (inspect.iscoroutinefunction, _coroutine),
    )
    make = next((make for is_kind, make in kinds if is_kind(found)), _function)
    made: T = make(found, begin)
    return made


def _check(target: Any) -> None:
    if inspect.isclass(target):
        text = (
            "patch() decorates no class: decorate its tests, or write self.enterContext(mockserver.patch()) in setUp."
        )
        raise CannotDecorate(text)
    if type(target).__module__.partition(".")[0] == "_pytest":
        raise CannotDecorate("patch() decorates no fixture of pytest: write @pytest.fixture above @patch().")
    if not callable(target):
        text = f"patch() decorates functions, and {type(target).__name__} is none. Decorate a function, or use with."
        raise CannotDecorate(text)
    if getattr(target, "__code__", None) in _MAKERS:
        raise _context_manager()


def _context_manager() -> CannotDecorate:
    return CannotDecorate("patch() decorates no context manager: write @contextmanager above @patch().")


def _async_generator(function: Any, begin: Begin) -> Any:
    @wraps(function)
    async def run(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with begin(function):
            inside = function(*args, **kwargs)
            try:
                item = await anext(inside)
                while True:
                    try:
                        sent = yield item
                    except GeneratorExit:
                        await inside.aclose()
                        raise
                    except BaseException as error:  # noqa: BLE001 - whatever is thrown is for the one inside
                        item = await inside.athrow(error)
                    else:
                        item = await inside.asend(sent)
            except StopAsyncIteration:
                return

    return run


def _generator(function: Any, begin: Begin) -> Any:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with begin(function):
            return (yield from function(*args, **kwargs))

    return run


def _coroutine(function: Any, begin: Begin) -> Any:
    @wraps(function)
    async def run(*args: Any, **kwargs: Any) -> Any:
        with begin(function):
            return await function(*args, **kwargs)

    return run


def _function(function: Any, begin: Begin) -> Any:
    """Decorate what is called like a plain function; what it returns says whether it is one."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        context = begin(function)
        with context:
            found = function(*args, **kwargs)
            if isfuture(found) or isinstance(found, Future):  # a task, or the work of a thread: it has begun already
                end = context.hold()
                found.add_done_callback(lambda _: end())
                return found
        if hasattr(found, "gen") and isinstance(found, AbstractContextManager | AbstractAsyncContextManager):
            raise _context_manager()
        make = next((make for is_kind, make in _LATER if is_kind(found)), None)
        return found if make is None else make(lambda: found, lambda _: context)()

    return run


_LATER: tuple[tuple[Callable[[object], bool], Callable[[Any, Begin], Any]], ...] = (
    (inspect.isasyncgen, _async_generator),
    (inspect.isgenerator, _generator),
    (inspect.isawaitable, _coroutine),
)
"""What a function may return instead of running its body."""
