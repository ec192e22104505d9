"""Uploads: what is sent for a file, and what is kept of it."""

from typing import Any

import pytest

from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.uploads import UPLOADS
from mockserver.types import Request, Response
from tests.mutants.servers.harness import Ask, Wrong, prepare
from tests.mutants.servers.registry import MUTANTS, judge

SEVERAL = {"several-accounts": "several", "unknown-email": "404"}


def played(**settings: Any) -> Probe:
    probe = prepare("useapi", fake=settings, readings=settings.get("readings", {})).probe()
    UPLOADS.play(probe)
    return probe


def test_a_limit_in_megabytes_is_passed_however_they_are_counted_and_little_is_kept() -> None:
    sizes: list[int] = []

    def respond(ask: Ask, request: Request) -> Response:
        sizes.append(len(request.body))
        return ask(request)

    probe = prepare("useapi", Wrong(respond)).probe()
    UPLOADS.play(probe)
    assert 10 << 20 < max(sizes) < 11 << 20
    assert max(len(attempt.exchange.request.body) for attempt in probe.recorder.attempts) == 512


@pytest.mark.parametrize(("readings", "are_sent"), [({}, False), (SEVERAL, True)])
def test_whose_a_file_is_must_be_said_only_where_that_is_settled(readings: dict[str, str], are_sent: bool) -> None:
    cases = {attempt.case for attempt in played(readings=readings).recorder.attempts}
    assert ({"no account", "an account that is not configured"} <= cases) is are_sent


def test_a_service_that_takes_no_files_is_sent_none() -> None:
    probe = prepare("kling").probe()
    UPLOADS.play(probe)
    assert probe.recorder.attempts == ()


def test_an_upload_is_repeated_by_the_kit_and_not_by_a_line_with_its_bytes() -> None:
    (found,) = judge(MUTANTS["uploads-of-any-size"]).of("wrong-upload-refused")
    assert str(found.repeat).startswith("mockserver check server http://server.test --only wrong-upload-refused ")
