"""A verdict: what may be shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.kit.checks import Skipped
from mockserver.kit.reports.folder import write
from mockserver.kit.server.runner import run
from mockserver.kit.server.settings import Settings
from mockserver.kit.verdict import Finding, Verdict
from tests.adapters.proxy.test_forwarder import constant
from tests.support.between import served, wait_for_the_end

SECRETS = ("key-0f3c9a7e51d24b88a6f1", "0f3c9a7e51d2", "4b88a6f10f3c9a7e")
KEY, PASSWORD, TOKEN = SECRETS


def test_a_verdict_shows_no_secret_in_any_part(tmp_path: Path) -> None:
    url = f"https://me:{PASSWORD}@mock.example/?token={TOKEN}"
    finding = Finding(
        check="a",
        subject="kling/omni-image",
        received=f"401 no key {KEY}",
        payload={"api_key": KEY, "callback_url": url},
        repeat=f"curl {url}",
    )
    skipped = (Skipped("b", f"{url} does not answer"),)
    shown = Verdict(url, (), (finding,), skipped, obstacle=f"{url} is down", facts=(("url", url),)).masked([KEY])
    files = write(shown, tmp_path)
    text = "".join(file.read_text(encoding="utf-8") for file in files) + repr(shown)
    assert [secret for secret in SECRETS if secret in text] == []
    assert shown.findings[0].key == finding.key
    assert shown.masked([KEY]) == shown


@pytest.mark.torture
def test_a_server_that_echoes_the_key_gets_it_into_no_report(tmp_path: Path) -> None:
    body = b'{"code":1002,"message":"no key %s"}' % KEY.encode()
    for status in (200, 401):
        with served(constant(body, status=status)) as url:
            address = url.replace("http://", f"http://me:{PASSWORD}@")
            settings = Settings(url=address, token=KEY, max_creates=2, seconds=10)
            verdict = run(settings)
        assert verdict.findings or verdict.obstacle
        for file in write(verdict, tmp_path / str(status)):
            text = file.read_text(encoding="utf-8")
            assert (file.name, [secret for secret in SECRETS if secret in text]) == (file.name, [])
    wait_for_the_end()
