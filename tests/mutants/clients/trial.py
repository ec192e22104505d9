"""A trial: a client is checked by the path that users take, with a fake that runs already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mockserver.kit.client.fake_process import FakeProcess
from mockserver.kit.client.player import Connection
from mockserver.kit.client.runner import run
from mockserver.kit.client.settings import Settings
from mockserver.kit.client.testee import find_testee
from mockserver.kit.verdict import Finding
from tests.mutants.clients.mutant import Mutant
from tests.mutants.clients.reference import Reference

_EXAMPLES = 10


def findings(fake: FakeProcess, settings: Settings) -> tuple[Finding, ...]:
    """Return what is found in the client that is the testee of some settings."""

    @contextmanager
    def connect(settings: Settings) -> Iterator[Connection]:
        yield Connection(find_testee(settings.testee), fake)

    return run(settings, connect=connect).findings


def settings(client: Reference, *, only: tuple[str, ...] = (), examples: int = 0) -> Settings:
    """Return the settings that check the first operation of a client."""
    return Settings(testee=client, operations=[*client.paths][:1], only=only, examples=examples)


def found_in(fake: FakeProcess, mutant: Mutant) -> tuple[Finding, ...]:
    """Return what the check for a mutant finds in it; payloads are generated only if nothing else shows it."""
    examples = _EXAMPLES if mutant.fields else 0
    return findings(fake, settings(mutant.client(), only=(mutant.check,), examples=examples))
