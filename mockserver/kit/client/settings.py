"""The settings of a judge of clients: which testee, which operations, and how far."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from mockserver.contract.catalog import load
from mockserver.kit.checks import Skipped, select
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.plan import Cast, cast
from mockserver.kit.client.testee import Hello
from mockserver.kit.client.variations import variations


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the options of ``mockserver check client`` say; the names are theirs."""

    testee: tuple[str, ...]
    operations: tuple[str, ...] = ()
    seconds: float | None = None
    examples: int = 10
    seed: int = 0
    every_reading: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def programme(self, hello: Hello) -> Programme:
        """Return what is played with a testee. Raises ``MockserverError`` for names that nobody has."""
        selected, left_out = select(CHECKS, self.only, self.skip)
        checks = [check.id for check in selected]
        catalog = load()
        played, unmade = cast(catalog, hello, checks, self.operations)
        scripted = [each for each in played if not each.scene.is_generated]
        if self.every_reading:
            scripted += variations(catalog, scripted)
        improvised = [each for each in played if each.scene.is_generated and self.examples]
        return Programme(
            tuple(checks), tuple(scripted), tuple(improvised), (*left_out, *unmade), self.examples, self.words
        )

    @property
    def words(self) -> str:
        """What a command line has to say to do the same: how payloads are drawn, and whom to play."""
        usual = Settings(testee=())
        options = [
            f"--{name} {getattr(self, name)}"
            for name in ("examples", "seed")
            if getattr(self, name) != getattr(usual, name)
        ]
        options += ["--every-reading"] if self.every_reading else []
        return " ".join([*options, "--", shlex.join(self.testee)])


@dataclass(frozen=True, slots=True)
class Programme:
    """What is played: the casts with a payload of their own and those without; and the checks, made and not made.

    ``words`` are those of a command line that plays the same.
    """

    checks: tuple[str, ...]
    scripted: tuple[Cast, ...]
    improvised: tuple[Cast, ...]
    skipped: tuple[Skipped, ...]
    examples: int
    words: str

    def __len__(self) -> int:
        """Return how many casts are played; an improvised one asks many times."""
        return len(self.scripted) + len(self.improvised)
