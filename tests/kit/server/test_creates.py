"""Creates: each rule that counts is broken, by a body that is there, and what is not sent is told."""

import pytest

from mockserver.kit.server.scenarios.refusals import REFUSES, send_broken_payloads
from tests.mutants.servers.harness import prepare


@pytest.mark.parametrize("seed", [0, 9])
@pytest.mark.parametrize("operation", ["chainhub/omni-video.create", "kling/omni-image.create"])
def test_every_broken_payload_is_a_body(operation: str, seed: int) -> None:
    probe = prepare(operation.partition("/")[0], operation=operation, seed=seed).probe()
    send_broken_payloads(probe)
    posts = [attempt for attempt in probe.recorder.attempts if attempt.exchange.request.method == "POST"]
    assert len({attempt.rule.id for attempt in posts if attempt.rule is not None}) >= 20
    assert all(attempt.exchange.request.body for attempt in posts)
    assert all(attempt.exchange.status == 400 for attempt in probe.recorder.attempts)
    assert probe.budget.created == 0


def test_what_is_too_large_to_send_is_told() -> None:
    probe = prepare("kling", operation="kling/omni-image.create", readings={"media-fault": "refused"}).probe()
    send_broken_payloads(probe)
    [untried] = probe.evidence().untried
    assert (untried.check, untried.reason) == (
        REFUSES,
        "kling/omni-image.create image_list[].image.x-image-bytes: its payload would have 13 MiB",
    )
