"""The registry of faults: a kind has a name, a stage, and a function from the words after the name to an effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.contract.layout import Layout
from mockserver.durations import millis
from mockserver.errors import BadSetting
from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.faults.fault import BadFault, Stage
from mockserver.fake.lifecycle import Task
from mockserver.types import JSON, Millis, Response, Wire, value

Arguments = tuple[str, ...]
"""The words after a fault's name."""


@value
class Form:
    """What the answers of an operation look like: whether a body is one, and where its service keeps what."""

    is_valid: Callable[[JSON], bool]
    layout: Layout


AnswerEffect = Callable[[Response, Form], Response]
"""From an answer to another of that form."""
TaskEffect = Callable[[Task, Mapping[str, str]], Task]
"""From a new task to another; the second argument holds the service's reasons of failure by name."""
ResultEffect = Callable[[], int | Wire]
"""To an HTTP status instead of the result, or to what happens to it on the wire."""
CallbackEffect = Callable[[Delivery, Millis], tuple[Delivery, ...]]
"""From a callback to those that are sent instead; the second argument is the time until the task's next."""


MakeEffect = Callable[[Arguments], Any]
"""Reads the arguments and returns the effect that belongs to the fault's stage. Raises ``BadFault``."""


@value
class FaultKind:
    """One kind of fault: its name, the stage at which it happens, its arguments, and what happens in words."""

    name: str
    stage: Stage
    usage: str
    means: str
    effect: MakeEffect


class FaultKinds(dict[str, FaultKind]):
    """The kinds of fault of one module, by name."""

    def add(self, name: str, stage: Stage, usage: str = "") -> Callable[[MakeEffect], MakeEffect]:
        """Return a decorator that adds a function as a kind; its docstring says what happens."""

        def added(effect: MakeEffect) -> MakeEffect:
            self[name] = FaultKind(name, stage, usage, " ".join((effect.__doc__ or "").split()), effect)
            return effect

        return added


def no_arguments(words: Arguments) -> None:
    """Refuse any argument."""
    if words:
        raise BadFault(f"this fault takes no argument. Leave out {' '.join(words)!r}.")


def duration(words: Arguments) -> Millis:
    """Read the one argument as a span of time."""
    try:
        return millis(" ".join(words))
    except BadSetting as error:
        raise BadFault(error.sentence) from error
