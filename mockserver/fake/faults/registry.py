"""The shape of a mishap: a name, a stage, and a function from the words after the name to an effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.durations import millis
from mockserver.errors import BadSetting
from mockserver.fake.callback_queue import Delivery
from mockserver.fake.faults.fault import BadFault, Stage
from mockserver.fake.lifecycle import Task
from mockserver.types import JSON, Millis, Response, Wire

Arguments = tuple[str, ...]
"""The words after a fault's name."""

AnswerEffect = Callable[[Response, Callable[[JSON], bool]], Response]
"""From an answer to another; the second argument tells whether a body is still what the contract has."""
TaskEffect = Callable[[Task, Mapping[str, str]], Task]
"""From a new task to another; the second argument holds the service's reasons of failure by name."""
ResultEffect = Callable[[], int | Wire]
"""To an HTTP status instead of the result, or to what befalls it on its way."""
CallbackEffect = Callable[[Delivery, Millis], tuple[Delivery, ...]]
"""From a callback to those that are sent instead; the second argument is the time until the task's next."""


Make = Callable[[Arguments], Any]
"""Reads the arguments and returns the effect of the mishap's stage. Raises ``BadFault``."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """One thing that can go wrong: its name, when it strikes, its arguments, and what it means."""

    name: str
    stage: Stage
    usage: str
    means: str
    make: Make


class Listing(dict[str, Mishap]):
    """The mishaps of one module, by name; calling it puts the function that follows into it."""

    def __call__(self, name: str, stage: Stage, usage: str = "") -> Callable[[Make], Make]:
        """Return a decorator; the docstring of what it decorates is what the mishap means."""

        def listed(make: Make) -> Make:
            self[name] = Mishap(name, stage, usage, " ".join((make.__doc__ or "").split()), make)
            return make

        return listed


def no_arguments(words: Arguments) -> None:
    """Refuse any argument."""
    if words:
        raise BadFault(f"{' '.join(words)!r} means nothing here; this fault takes no argument")


def duration(words: Arguments) -> Millis:
    """Read the one argument as a span of time."""
    try:
        return millis(" ".join(words))
    except BadSetting as error:
        raise BadFault(str(error)) from error
