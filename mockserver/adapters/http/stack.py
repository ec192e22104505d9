"""The stack of a thread: room for the frames of Python's functions, taken once.

CPython keeps them in chunks of 16 KB. Where calls cross from one chunk to the next, it asks the system for the next one
and gives it back at each return: a request would cost up to five times as much, or not, by how deep it happens to lie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_SLOTS = 16_000
"""As many values does the frame of ``roomy`` claim to hold: 128 KB, for which CPython takes a chunk of 256 KB. What is
left of it has room for more than a thousand frames; a request has some thirty."""


def roomy(work: Callable[[], T]) -> T:
    """Return what ``work`` returns, which has a stack in one piece."""
    return work()


roomy.__code__ = roomy.__code__.replace(co_stacksize=_SLOTS)
