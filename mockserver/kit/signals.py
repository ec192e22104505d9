"""Signals that come at a bad moment: an exception between a start and the note of it loses what was started."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGALRM")
"""Those whose handlers may raise: Ctrl-C and other ends, and the limit of a run's time."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let handlers of signals run afterwards, in the order in which they came.

    To block signals would not do: another thread takes them, and the handler runs in the main one all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # no handler runs here
        return
    came: list[int] = []
    usual: dict[int, Callable[..., Any]] = {}
    try:
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            if callable(handler := signal.getsignal(number)):
                usual[number] = handler
                signal.signal(number, lambda number, _: came.append(number))
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)
