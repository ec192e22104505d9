"""``mockserver serve`` with TLS and as a proxy, by one process and by several."""

from __future__ import annotations

import os
import subprocess
import sys

import httpx
import pytest

from tests.conftest import PATIENCE
from tests.support.process import ROOT, started
from tests.support.secure import HOST, trusting


@pytest.mark.parametrize(
    "options",
    [
        ("--https",),
        ("--intercept", "--workers", "2"),
        *(
            pytest.param(each, marks=pytest.mark.torture)
            for each in [
                ("--https", "--workers", "2"),
                ("--intercept",),
                ("--https", "--intercept"),
                ("--https", "--reload"),
            ]
        ),
    ],
    ids=" ".join,
)
def test_it_says_where_it_is_and_answers_there(options: tuple[str, ...]) -> None:
    scheme = "https" if "--https" in options else "http"
    with started(*options, logs="text") as process:
        url = process.said.decode().splitlines()[0].removeprefix("mockserver ready on ")
        assert url == f"{scheme}://127.0.0.1:{process.port}"
        assert httpx.get(f"{url}/_mock/live", verify=trusting()).json() == {"status": "live"}
        if "--intercept" in options:
            proxy = httpx.Proxy(url, ssl_context=trusting() if scheme == "https" else None)
            with httpx.Client(proxy=proxy, verify=trusting(), timeout=PATIENCE) as client:
                assert client.get(f"https://{HOST}/_mock/live").json() == {"status": "live"}
        if "--https" in options:
            steered = [sys.executable, "-m", "mockserver", "clock", "show", "--url", url]
            assert subprocess.run(steered, cwd=ROOT, capture_output=True, check=False).returncode == 0
        assert process.stderr == ""


@pytest.mark.parametrize("words", [("serve", "--https", "--port", "0"), ("run", "--intercept", "--", "true"), ("ca",)])
def test_a_place_where_nothing_can_be_kept_is_told_in_a_line(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "mockserver", *words]
    environment = {**os.environ, "XDG_DATA_HOME": os.devnull}
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    line = said.stderr.splitlines()[-1]
    assert "cannot be written: Not a directory. Let this user write there" in line
    assert (said.returncode, said.stderr.count("Traceback")) == (2, 0)
