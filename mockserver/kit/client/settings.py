"""The settings of a run against a client: which testee, which operations, and how thoroughly."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

from mockserver.kit.client.testee import Adapter
from mockserver.types import JSON


class Options(TypedDict, total=False):
    """The options of ``check_client``: the fields of ``Settings`` without the testee."""

    operations: Sequence[str]
    seconds: float
    examples: int
    seed: int
    every_reading: bool
    only: Sequence[str]
    skip: Sequence[str]


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
    * ``only`` and ``skip``: ids of checks, or families
    """

    testee: Sequence[str] | Adapter
    operations: Sequence[str] = ()
    seconds: float = 300.0
    examples: int = 10
    seed: int = 0
    every_reading: bool = False
    only: Sequence[str] = ()
    skip: Sequence[str] = ()

    def repetition(self, check: str, operation: str) -> str:
        """Return the command that makes one check of one operation again; for a Python object, the call."""
        chosen = [*self._chosen()]
        if isinstance(self.testee, Sequence):
            options = [f"--{name.replace('_', '-')}" + ("" if value is True else f" {value}") for name, value in chosen]
            words = ["mockserver check client --only", check, "--operation", operation, *options]
            return " ".join([*words, "--", shlex.join(self.testee)])
        arguments = [
            f"only=[{check!r}]",
            f"operations=[{operation!r}]",
            *(f"{name}={value!r}" for name, value in chosen),
        ]
        return f"check_client({type(self.testee).__name__}(), {', '.join(arguments)})"

    def _chosen(self) -> Iterator[tuple[str, JSON]]:
        """Yield the options that decide which payloads are played, unless they have their defaults."""
        for name in ("examples", "seed", "every_reading"):
            value = getattr(self, name)
            if value != getattr(Settings, name):
                yield name, value
