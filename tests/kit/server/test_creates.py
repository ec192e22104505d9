"""Creates: each rule that counts is broken, by a body that is there, and what is not sent is told."""

import signal
import threading

import pytest

from mockserver.commands.judging.interruption import interruption
from mockserver.contract.catalog import load
from mockserver.errors import Interrupted
from mockserver.kit.server.evidence import Purpose, ResultFile, Watched
from mockserver.kit.server.payloads.boundary import boundary_payloads
from mockserver.kit.server.scenarios.creates import BURST_TASKS, FOLLOWS, send_burst, send_valid_payloads
from mockserver.kit.server.scenarios.refusals import REFUSES, send_broken_payloads
from tests.conftest import PATIENCE
from tests.mutants.servers.harness import prepare

IMAGE = load().operation("kling/omni-image.create")


@pytest.mark.parametrize("seed", [0, 9])
@pytest.mark.parametrize("operation", ["chainhub/omni-video.create", "kling/omni-image.create"])
def test_every_broken_payload_is_a_body(operation: str, seed: int) -> None:
    probe = prepare(operation.partition("/")[0], operation=operation, seed=seed).probe()
    send_broken_payloads(probe)
    broken = [attempt for attempt in probe.recorder.attempts if attempt.purpose is Purpose.BREAK_RULE]
    posts = [attempt for attempt in broken if attempt.exchange.request.method == "POST"]
    assert len({attempt.rule.id for attempt in posts if attempt.rule is not None}) >= 20
    assert all(attempt.exchange.request.body for attempt in posts)
    assert all(attempt.exchange.status == 400 for attempt in broken)
    assert probe.budget.created == 2


def test_what_is_too_large_to_send_is_told() -> None:
    probe = prepare("kling", operation="kling/omni-image.create", readings={"media-fault": "refused"}).probe()
    send_broken_payloads(probe)
    [untried] = probe.evidence().untried
    assert (untried.check, untried.reason) == (
        REFUSES,
        "kling/omni-image.create image_list[].image.x-image-bytes: its payload would have 13 MiB",
    )


def test_the_tasks_of_valid_payloads_are_asked_for_in_turn_and_their_files_let_go() -> None:
    probe = prepare("kling", operation="kling/omni-image.create", max_creates=6).probe()
    send_valid_payloads(probe)
    evidence = probe.evidence()
    assert len(evidence.histories) == 6
    assert all(history.end is not None and history.downloads for history in evidence.histories)
    polls = [watched.task for _, watched in evidence.about(Watched, Purpose.POLL)]
    assert len(set(polls[:6])) == 6
    files = [file for _, file in evidence.about(ResultFile, Purpose.DOWNLOAD)]
    assert all(file.media is not None and file.media.width > 500 for file in files)
    assert all(
        len(attempt.exchange.response.body) <= 512
        for attempt in evidence.of(Purpose.DOWNLOAD)
        if attempt.exchange.response
    )


def test_a_burst_that_is_interrupted_waits_for_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = prepare("kling", operation="kling/omni-image.create").probe()
    asked, answered = threading.Semaphore(0), threading.Event()

    def create(*_: object, **__: object) -> None:
        asked.release()
        assert answered.wait(PATIENCE)

    def interrupt() -> None:
        for _ in range(BURST_TASKS):
            assert asked.acquire(timeout=PATIENCE)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)

    monkeypatch.setattr(probe, "create", create)
    with interruption():
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(Interrupted):
            send_burst(probe)
    answered.set()


@pytest.mark.parametrize(("most", "seconds", "followed"), [(3, 600, 3), (1000, 1, 0)])
def test_how_many_were_followed_is_told(most: int, seconds: float, followed: int) -> None:
    probe = prepare("kling", operation="kling/omni-image.create", max_creates=most, seconds=seconds).probe()
    send_valid_payloads(probe)
    reasons = [untried.reason for untried in probe.evidence().untried if untried.check == FOLLOWS]
    edges = len([each for each in boundary_payloads(probe.target, IMAGE, {}) if not each.borrows])
    told = f"followed {followed} of {edges} valid payloads to their results; raise --max-creates or --seconds"
    assert reasons == [f"kling/omni-image.create: {told}"]


def test_a_service_that_shows_no_tasks_is_not_asked_to_show_them() -> None:
    probe = prepare("yutoai", readings={"gateway-query": "none"}, fake={"readings": {"gateway-query": "none"}}).probe()
    send_valid_payloads(probe)
    assert not [untried for untried in probe.evidence().untried if untried.check == FOLLOWS]
