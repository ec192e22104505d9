"""The runner: from settings to a verdict.

The command, the library, contract_tests/ and the mutants all come this way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from typing import Any

from mockserver.kit.checks import select
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.fake_process import NoStage, Stage
from mockserver.kit.client.fuzzing import improvise
from mockserver.kit.client.performance import OPTIONS
from mockserver.kit.client.session import Audition
from mockserver.kit.client.settings import Settings
from mockserver.kit.client.testee import Testee, found, hello
from mockserver.kit.verdict import Verdict

Progress = Callable[[str, int], None]
"""Hears of each scenario that begins, and how many there are in all."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A client under test, and the fake that it talks to."""

    testee: Testee
    fake: Stage


Connect = Callable[[Settings], AbstractContextManager[Connection]]
"""Opens the testee that settings name, and a fake for it."""


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """Start the testee and the fake, each in a process of its own. Raises ``MockserverError``."""
    with closing(found(settings.testee)) as testee, Stage(OPTIONS) as fake:
        yield Connection(testee, fake)


def check_client(testee: Sequence[str], **options: Any) -> Verdict:
    """Judge the client behind a testee."""
    return run(Settings(testee=tuple(testee), **options))


def run(settings: Settings, *, connect: Connect = connected, progress: Progress = lambda _, __: None) -> Verdict:
    """Play what the chosen checks need, and return what they find. Raises ``MockserverError`` for bad settings."""
    select(CHECKS, settings.only, settings.skip)  # a mistake in the names is told before anything is started
    with connect(settings) as connection:
        who = hello(connection.testee)
        programme = settings.programme(who)
        total = len(programme)
        held = Audition(
            connection.fake,
            connection.testee,
            who,
            programme,
            settings.seconds,
            lambda each: progress(str(each), total),
        )
        try:
            held.play(programme.scripted)
            for each in programme.improvised:
                improvise(held, each, examples=settings.examples, seed=settings.seed)
        except NoStage as error:
            return Verdict(held.verdict().target, (), obstacle=str(error))
        return held.verdict()
