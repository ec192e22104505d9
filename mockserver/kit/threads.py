"""Threads that work for the main one. At Ctrl-C it waits for none of them, unless it wants to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

from mockserver.kit.signals import undisturbed

T = TypeVar("T")

_LOOK_SECONDS = 0.05
"""How long a wait may last: a signal that comes just before it is only seen after it."""


def side_by_side(calls: Sequence[Callable[[], T]]) -> Iterator[Future[T]]:
    """Make all calls at once, and yield each as it has ended.

    Whoever stops listening leaves the others to themselves; they end with the process at the latest. The threads of a
    pool would be waited for, whatever they are doing.
    """
    # A queue written in C: an exception out of a signal cannot leave its lock with nobody.
    ended = SimpleQueue[Future[T]]()
    with undisturbed():
        for call in calls:
            Thread(target=_make, args=(call, ended), daemon=True).start()
    for _ in calls:
        yield _next(ended)


def _make(call: Callable[[], T], ended: SimpleQueue[Future[T]]) -> None:
    outcome = Future[T]()
    try:
        outcome.set_result(call())
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised where it is waited for
        outcome.set_exception(error)
    ended.put(outcome)


def _next(ended: SimpleQueue[Future[T]]) -> Future[T]:
    while True:
        try:
            return ended.get(timeout=_LOOK_SECONDS)
        except Empty:
            continue
