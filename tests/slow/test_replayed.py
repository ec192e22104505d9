"""The examples record a session through the proxy, and it plays whole to them with the service gone."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from mockserver.adapters.proxy.replay import Replay
from mockserver.fake.core import Fake
from mockserver.kit.client import testee as testees
from mockserver.settings import Settings
from mockserver.types import JSON
from tests.conftest import PATIENCE
from tests.slow.test_testees import EXAMPLES, NEEDS, ROOT, command
from tests.support.between import TOKEN, between, served
from tests.support.programs import need

pytestmark = pytest.mark.torture

PAYLOADS: dict[str, dict[str, JSON]] = {
    "kling": {"prompt": "A cat"},
    "kling-2": {"contents": [{"type": "prompt", "text": "A cat"}]},
}


def generated(testee: testees.Testee, operation: str, url: str) -> tuple[list[str], list[bytes]]:
    """Let a testee create, poll and say where the results are; return their paths, and what is there."""
    request: dict[str, JSON] = {
        "do": "generate",
        "operation": operation,
        "base_url": url,
        "credentials": {"token": TOKEN},
        "payload": PAYLOADS[operation.partition("/")[0]],
        "timeout": PATIENCE,
    }
    answer = testee.ask(request, 2 * PATIENCE)
    assert answer["outcome"] == "succeed", answer
    urls = answer["urls"]
    return [urlsplit(each).path for each in urls], [httpx.get(each, timeout=PATIENCE).content for each in urls]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_plays_its_session_again_with_the_service_gone(name: str, tmp_path: Path) -> None:
    need(*NEEDS.get(name, ()))
    words = command(ROOT / "examples" / name, EXAMPLES[name], tmp_path)
    with closing(testees.find_testee(words)) as testee:
        operation = testees.say_hello(testee).operations[0]
        service = operation.partition("/")[0]
        there = Fake(Settings(services=(service,), seed=1, pace="polls:2"))
        with served(fake=there) as upstream, between(upstream, service=service, record=tmp_path / "it") as proxy:
            before = generated(testee, operation, proxy.url)
        with served(fake=Replay(tmp_path / "it", Settings(services=(service,)), lambda _: None)) as url:
            after = generated(testee, operation, url)
    assert before == after
    assert all(before)
