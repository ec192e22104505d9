"""Refusals: each rule that counts is broken, by bodies that are there, and what is not sent is told."""

import pytest

from mockserver.kit.server.scenarios.refusals import CHECK, refusals
from tests.mutants.servers.stage import trial


@pytest.mark.parametrize("seed", [0, 9])
@pytest.mark.parametrize("operation", ["chainhub/omni-video.create", "kling/omni-image.create"])
def test_every_broken_payload_is_a_body(operation: str, seed: int) -> None:
    before = trial(operation.partition("/")[0], operation=operation, seed=seed).probe()
    refusals(before)
    posts = [trial for trial in before.trials if trial.exchange.request.method == "POST"]
    assert len({trial.rule.id for trial in posts if trial.rule is not None}) >= 20
    assert all(trial.exchange.request.body for trial in posts)
    assert all(trial.exchange.status == 400 for trial in before.trials)
    assert before.budget.made == 0


def test_what_is_too_large_to_send_is_told() -> None:
    before = trial("kling", operation="kling/omni-image.create", readings={"media-fault": "refused"}).probe()
    refusals(before)
    [untried] = before.evidence().untried
    assert (untried.check, untried.reason) == (
        CHECK,
        "kling/omni-image.create image_list[].image.x-image-bytes: its payload has 13 MiB",
    )
