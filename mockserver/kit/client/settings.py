"""The settings of a run against a client: which testee, which operations, and how thoroughly."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from mockserver.configuration.resolution import words_of
from mockserver.contract.catalog import load
from mockserver.contract.readings import settled
from mockserver.errors import NoSuchScenario
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.client.testee import Adapter
from mockserver.resources import schemas_words
from mockserver.types import Payload


class Options(TypedDict, total=False):
    """The options of ``check_client``: the fields of ``Settings`` without the testee."""

    operations: Sequence[str]
    seconds: float
    examples: int
    seed: int
    every_reading: bool
    intercept: bool
    passed: Sequence[str]
    only: Sequence[str]
    skip: Sequence[str]
    scenarios: Sequence[str]
    readings: Sequence[str]
    payload: Payload | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run against a client is told; the options of ``mockserver check client`` have the same names.

    * ``testee``: a program and its arguments, the one word ``package.module:Class``, or a Python object
    * ``operations``: ask for these only, such as ``kling/omni-image``; none means all that the testee offers
    * ``seconds``: end after so many, whatever is still to be played
    * ``examples``: valid payloads to draw for each operation, and as many that break one rule; 0 also leaves out the
      samples of each field, value and rule
    * ``seed``: another seed draws other payloads
    * ``every_reading``: also play under each reading that is not the default
    * ``intercept``: tell the testee the service's own host, and lead what it calls there to the fake
    * ``passed``: other hosts that it may then call
    * ``only`` and ``skip``: ids of checks, or families
    * ``scenarios``: play these only; none means all that the checks need
    * ``readings``: play under these only, ``question=reading``
    * ``payload``: ask for this instead of what the scenarios ask for
    """

    testee: Sequence[str] | Adapter
    operations: Sequence[str] = ()
    seconds: float = 300.0
    examples: int = 10
    seed: int = 0
    every_reading: bool = False
    intercept: bool = False
    passed: Sequence[str] = ()
    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    scenarios: Sequence[str] = ()
    readings: Sequence[str] = ()
    payload: Payload | None = None

    def __post_init__(self) -> None:
        """Raise ``NoSuchScenario`` or ``NoSuchReading`` for a name that is none."""
        for name in self.scenarios:
            if name not in SCENARIOS:
                raise NoSuchScenario(name, SCENARIOS)
        if self.readings:
            settled(load().questions(), dict(text.partition("=")[::2] for text in self.readings))

    def repetition(
        self, check: str, operation: str, scenario: str, *, reading: str = "", payload: Payload | None = None
    ) -> str:
        """Return the command that plays one scenario again for one check; for a Python object, the call.

        ``payload`` is what is asked for, if that is not what the scenario asks for.
        """
        if isinstance(self.testee, Sequence):
            words = [*words_of(("check", "client")), *schemas_words(), "--only", check]
            words += ["--operation", operation, "--scenario", scenario]
            words += ["--reading", reading] if reading else []
            words += ["--payload", json.dumps(payload)] if payload is not None else []
            words += ["--intercept"] if self.intercept else []
            words += [word for host in self.passed for word in ("--pass", host)]
            return shlex.join([*words, "--", *self.testee])
        named: dict[str, object] = {"only": [check], "operations": [operation], "scenarios": [scenario]}
        given = named | ({"readings": [reading]} if reading else {}) | ({"payload": payload} if payload else {})
        given |= ({"intercept": True} if self.intercept else {}) | ({"passed": [*self.passed]} if self.passed else {})
        arguments = ", ".join(f"{name}={value!r}" for name, value in given.items())
        return f"check_client({type(self.testee).__name__}(), {arguments})"
