"""Clients that have the real hosts in their code: what they reach, what they do not, and what is judged."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir

import pytest

from tests.conftest import PATIENCE
from tests.support.alone import alone
from tests.support.process import ROOT

BROKEN = """
import sys, time, requests
origin = sys.argv[1] if len(sys.argv) > 1 else "https://api-singapore.klingai.com"
images, me = origin + "/v1/images/omni-image", {"Authorization": "me"}
for _ in range(3):
    requests.post(images, json={"prompt": "A cat", "n": 10}, headers={"Authorization": "Bearer me"})
task = requests.post(images, json={"prompt": "A cat"}, headers={"Authorization": "Bearer me"}).json()["data"]["task_id"]
requests.get(origin + "/v1/videos/omni-video/" + task, headers={"Authorization": "Bearer me"})
requests.get(images + "/" + task, headers=me)
requests.get(images + "/" + task + "?token=me")
"""
"""A client that breaks several promises."""


def run(*words: str, intercept: bool = True) -> list[str]:
    options = ["--intercept"] if intercept else []
    return [sys.executable, "-m", "mockserver", "run", "--pace", "polls:2", "--seed", "1", *options, *words]


def done(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=2 * PATIENCE)


def test_a_client_reaches_the_fake_and_nothing_else_and_is_judged_as_by_a_base_url(tmp_path: Path) -> None:
    """The network that it runs in has nothing but loopback."""
    (tmp_path / "client.py").write_text(BROKEN)
    client = [sys.executable, str(tmp_path / "client.py")]
    by_host = done(alone(*run("--", *client)))
    by_url = done(run("--", "sh", "-c", f"{' '.join(client)} $KLING_BASE_URL", intercept=False))
    assert (by_host.returncode, by_url.returncode) == (1, 1), by_host.stderr + by_url.stderr
    one, other = (re.sub(r"\d+ ms", "… ms", said.stderr).splitlines()[:-1] for said in (by_host, by_url))
    assert one == other
    assert by_host.stderr.count(" broken ") >= 3


@pytest.mark.parametrize("words", ["serve", "run -- true", "check client -- true"])
def test_hosts_are_let_out_of_a_proxy_alone(words: str) -> None:
    command, _, rest = words.partition(" -- ")
    said = done([sys.executable, "-m", "mockserver", *command.split(), "--pass", "a.example", *rest.split()])
    assert said.returncode == 2
    assert said.stderr == (
        "mockserver: --pass: it goes with --intercept: without a proxy nothing is refused. Add --intercept.\n"
    )


def test_other_hosts_are_refused_and_told() -> None:
    ask = " try: requests.get('https://other.example/')\n except OSError as error: print(error)"
    code = f"import requests\nfor _ in range(2):\n{ask}"
    said = done(run("--", sys.executable, "-c", code))
    line = "'other.example' is no host of this fake. Add --pass other.example to let it out."
    assert said.stdout.count(line) == 2
    assert said.stderr.count(f"mockserver: --intercept: refused: {line}") == 1
    assert "(--pass HOST lets one out): other.example 2" in said.stderr
    assert "no request reached the fake. Let the client use the proxy of HTTPS_PROXY" in said.stderr
    assert said.returncode == 2


@pytest.mark.torture
def test_the_environment_names_the_real_host_and_the_files_are_gone_afterwards() -> None:
    names = ("KLING_BASE_URL", "MOCKSERVER_URL", "HTTPS_PROXY", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "no_proxy")
    code = f"import os; print(*[os.environ[name] for name in {names!r}], sep='\\n'); open(os.environ['SSL_CERT_FILE'])"
    base, url, proxy, *files, spared = done(run("--", sys.executable, "-c", code)).stdout.splitlines()
    assert base.startswith("https://")
    assert url == proxy
    assert spared.endswith("localhost,127.0.0.1,::1")
    assert not any(Path(file).exists() for file in files)


@pytest.mark.torture
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_in_the_middle_of_a_call_leaves_nothing_behind(number: int, tmp_path: Path) -> None:
    note = tmp_path / "note"
    command = run("--", sys.executable, "-c", WAITING, str(note))
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        while not note.exists() or not note.read_text():
            assert process.poll() is None
        os.killpg(process.pid, number)
        process.stderr.read()
        assert process.wait(PATIENCE) == 128 + number
    file = Path(note.read_text())
    assert file.is_relative_to(gettempdir())
    assert not file.parent.exists()


WAITING = """
import os, requests, sys
open(sys.argv[1], "w").write(os.environ["SSL_CERT_FILE"])
images, me = "https://api.klingai.com/v1/images/omni-image", {"Authorization": "Bearer me"}
requests.post(images, json={"prompt": "[[mock: hang]]"}, headers=me)
"""
"""A client that waits for an answer, and has noted where its files are."""

TESTEE = """
import json, sys, requests
IMAGES = "https://api-singapore.klingai.com/v1/images/omni-image"
for line in sys.stdin:
    ask = json.loads(line)
    answer = {"name": "acme", "operations": ["kling/omni-image"]}
    if ask["do"] == "generate":
        assert ask["base_url"] == "https://api-singapore.klingai.com", ask["base_url"]
        images, me = IMAGES, {"Authorization": "Bearer " + ask["credentials"]["token"]}
        task = requests.post(images, json=ask["payload"], headers=me).json()["data"]["task_id"]
        while (data := requests.get(f"{images}/{task}", headers=me).json()["data"])["task_status"] != "succeed": pass
        try: requests.get("https://telemetry.example/")
        except OSError: pass
        urls = [each["url"] for each in data["task_result"]["images"]]
        answer = {"outcome": "succeed", "task_id": task, "urls": urls}
    print(json.dumps({"id": ask["id"], **answer}), flush=True)
"""


def test_a_testee_without_a_base_url_is_checked(tmp_path: Path) -> None:
    (tmp_path / "testee.py").write_text(TESTEE)
    words = [
        "check",
        "client",
        "--intercept",
        "--scenario",
        "plain",
        "--only",
        "all-results-in-order",
        "--examples",
        "0",
    ]
    said = done([sys.executable, "-m", "mockserver", *words, "--", sys.executable, str(tmp_path / "testee.py")])
    assert said.returncode == 0, said.stdout + said.stderr
    assert "(--pass HOST lets one out): telemetry.example 1" in said.stdout
    assert "mockserver: --intercept: refused: 'telemetry.example' is no host of this fake" in said.stderr
