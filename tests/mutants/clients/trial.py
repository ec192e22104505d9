"""A trial: a client is judged by the path that users take, on a fake that runs already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mockserver.kit.client.fake_process import Stage
from mockserver.kit.client.runner import Connection, run
from mockserver.kit.client.settings import Settings
from mockserver.kit.client.testee import Object
from mockserver.kit.verdict import Finding
from tests.mutants.clients.mutant import Mutant
from tests.mutants.clients.reference import Reference

_EXAMPLES = 10


def findings(stage: Stage, client: Reference, **settings: Any) -> tuple[Finding, ...]:
    """Return what is found in a client. It plays the first operation that it knows, unless others are named."""

    @contextmanager
    def connect(_: Settings) -> Iterator[Connection]:
        yield Connection(Object(client), stage)

    first = tuple(client.paths)[:1]
    return run(
        Settings(testee=("reference",), **{"operations": first, "examples": 0, **settings}), connect=connect
    ).findings


def shown(stage: Stage, mutant: Mutant) -> tuple[Finding, ...]:
    """Return what the check that is meant for a mutant finds in it; payloads are drawn if nothing else shows it."""
    return findings(stage, mutant.born(), only=(mutant.check,), examples=_EXAMPLES if mutant.fields else 0)
