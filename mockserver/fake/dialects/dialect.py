"""What a dialect is: the wire format of a family of services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.contract.readings import Readings
from mockserver.fake.call import Call
from mockserver.fake.lifecycle import Status, Task
from mockserver.types import JSON, Millis, Response

if TYPE_CHECKING:
    from mockserver.fake.world import World

Action = Callable[["World", Call], Response]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The wire format of a family of services.

    * ``actions``: what an operation can do, by the name in ``service.json``
    * ``refused``: completes the body of a refusal
    * ``notice``: the body of a callback, of a task as it was at a moment
    * ``reports``: whether entering a state is called back
    """

    actions: Mapping[str, Action]
    refused: Callable[[World, Readings, dict[str, JSON]], dict[str, JSON]]
    notice: Callable[[World, Task, Millis], JSON]
    reports: Callable[[Readings, Status], bool]
