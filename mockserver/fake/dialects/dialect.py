"""The dialect of a family of services: how its requests are carried out, and how its answers look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from mockserver.contract.readings import Readings
from mockserver.contract.service import Service
from mockserver.fake.call import Call
from mockserver.fake.lifecycle import Status, Task
from mockserver.types import JSON, Millis, Response, value

W = TypeVar("W")
"""The world in which requests are carried out."""

Action = Callable[[W, Call], Response]


@value
class Dialect(Generic[W]):
    """The wire format of a family of services.

    * ``actions``: what an operation can do, by the name in ``service.json``
    * ``refused``: the body of a refusal, of its row in the error table and its status
    * ``notice``: the body of a callback, of a task as it was at a moment
    * ``reports``: whether entering a state is called back
    """

    actions: Mapping[str, Action[W]]
    refused: Callable[[W, Service, int, dict[str, JSON]], JSON]
    notice: Callable[[W, Task, Millis], JSON]
    reports: Callable[[Readings, Status], bool]
