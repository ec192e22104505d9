"""The runner: from a testee to a verdict, however the testee is reached and whatever becomes of the fake."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mockserver.errors import MockserverError
from mockserver.kit import check_client
from mockserver.kit.client.fake_process import FakeProcess
from mockserver.kit.client.player import FAKE_OPTIONS, Connection
from mockserver.kit.client.runner import run
from mockserver.kit.client.settings import Settings
from mockserver.kit.client.testee import NoTestee, ObjectTestee
from tests.mutants.clients.reference import Answer, Reference

CHECK = "content-type-is-json"

TESTEE = """
import json, sys
open(sys.argv[1], "a").write("started ")
for line in sys.stdin:
    ask = json.loads(line)
    hello = {"name": "acme", "operations": ["kling/omni-image"]}
    answer = hello if ask["do"] == "hello" else {"outcome": "unsupported", "reason": "not today"}
    print(json.dumps({"id": ask["id"], **answer}), flush=True)
"""


class Untyped(Reference):
    """A client that does not say what it sends."""

    def kind(self) -> dict[str, str]:
        return {}


def test_a_python_object_is_checked_and_a_finding_says_how_to_repeat_it() -> None:
    (finding,) = check_client(Untyped(), only=[CHECK], operations=["kling/omni-image"]).findings
    assert finding.check == CHECK
    assert (
        finding.repeat
        == f"check_client(Untyped(), only=['{CHECK}'], operations=['kling/omni-image'], scenarios=['plain'])"
    )


def test_a_class_is_checked_by_its_name() -> None:
    verdict = check_client("tests.mutants.clients.reference:Reference", only=[CHECK], operations=["kling/omni-image"])
    assert (verdict.status, [check.id for check in verdict.made]) == (0, [CHECK])


def test_a_program_is_started_once(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    verdict = check_client([sys.executable, "-c", TESTEE, str(notes)], only=[CHECK])
    assert notes.read_text() == "started "
    reasons = {skipped.check: skipped.reason for skipped in verdict.skipped}
    assert reasons[CHECK] == "the testee says that it does not support this"


@pytest.mark.parametrize(
    ("testee", "options", "error"),
    [
        (["no-such-program-at-all"], {}, NoTestee),
        (Reference(), {"only": ["no-such-check"]}, MockserverError),
        (Reference(), {"operations": ["kling/omni-vido"]}, MockserverError),
    ],
)
def test_a_mistake_is_raised(testee: Any, options: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_client(testee, **options)


def test_a_fake_that_dies_is_an_obstacle() -> None:
    class Killer(Reference):
        fake: FakeProcess

        def generate(self, request: Answer) -> Answer:
            self.fake._process.kill()
            return super().generate(request)

    client = Killer()

    @contextmanager
    def connect(_: Settings) -> Iterator[Connection]:
        with FakeProcess(FAKE_OPTIONS) as client.fake:
            yield Connection(ObjectTestee(client), client.fake)

    verdict = run(Settings(testee=client, only=[CHECK], operations=["kling/omni-image"]), connect=connect)
    assert verdict.obstacle is not None
    assert verdict.obstacle.startswith("the fake does not answer any more")
    assert (verdict.made, int(verdict.status)) == ((), 2)
