"""Three replicas behind nginx with one Redis, as ``examples/replicas/run.py`` starts them: one fake to a client."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from mockserver.cli import main
from tests.conftest import IMAGE, PATIENCE
from tests.support.process import ROOT
from tests.support.programs import need
from tests.support.survivors import survivors

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(
        "--store" not in CliRunner().invoke(main, ["serve", "--help"]).output, reason="there is no --store yet"
    ),
]

SCRIPT = ROOT / "examples" / "replicas" / "run.py"
KEY, TOKEN = "key-of-replicas", "token-of-replicas"
PAYLOAD = {"prompt": "A red bicycle in the rain"}


@dataclass(frozen=True)
class Replica:
    """One of several, reached without nginx."""

    pid: int
    url: str

    def control(self, method: str, path: str, payload: Any = None, **params: str) -> Any:
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = httpx.request(
            method, f"{self.url}/_mock{path}", json=payload, params=params, headers=headers, timeout=PATIENCE
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait_until_gone(self) -> None:
        """Wait until nobody takes its connections: a signal is sent before it has arrived."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        with suppress(ConnectionRefusedError):
            while True:
                with suppress(ConnectionResetError):
                    socket.create_connection((host, int(port)), PATIENCE).close()


@dataclass(frozen=True)
class Scene:
    """All that the script has started."""

    script: subprocess.Popen[str]
    nginx: httpx.Client
    replicas: list[Replica]

    def by(self, answer: httpx.Response) -> str:
        """Return the URL of the replica that has answered, the last one that nginx tried."""
        return "http://" + answer.headers["x-replica"].rpartition(", ")[2]

    def create(self) -> str:
        answer = self.nginx.post(IMAGE, json=PAYLOAD)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["task_id"])

    def looks(self, id: str, count: int) -> dict[str, set[str]]:
        """Ask for a task so many times; return the states that each replica has told."""
        told: dict[str, set[str]] = {}
        for _ in range(count):
            answer = self.nginx.get(f"{IMAGE}/{id}")
            assert answer.status_code == 200, answer.text
            told.setdefault(self.by(answer), set()).add(answer.json()["data"]["task_status"])
        return told


@contextmanager
def running(mark: str, *options: str) -> Iterator[Scene]:
    need("redis-server", "nginx")
    name, _, value = mark.partition("=")
    command = [sys.executable, str(SCRIPT), "--port", "0", "--control-token", TOKEN, "--", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, name: value}) as script:
        try:
            assert script.stdout is not None
            said = ""
            for line in script.stdout:
                said += line
                if line.startswith("replicas ready on "):
                    break
            replicas = [Replica(int(pid), url) for url, pid in re.findall(r"replica \d: (\S+) \(process (\d+)\)", said)]
            url = re.findall(r"replicas ready on (\S+)", said)[0]
            with httpx.Client(base_url=url, headers={"authorization": f"Bearer {KEY}"}, timeout=PATIENCE) as nginx:
                yield Scene(script, nginx, replicas)
        finally:
            script.terminate()
            script.wait(PATIENCE)


def test_three_replicas_are_one_fake_and_one_of_them_may_die() -> None:
    with running("TESTED_REPLICAS=one-fake", "--pace", "real") as scene:
        first, second, third = scene.replicas
        urls = {each.url for each in scene.replicas}

        frozen = first.control("POST", "/clock/freeze")
        for each in scene.replicas:
            assert each.control("GET", "/clock") == frozen
        id = scene.create()
        before = scene.looks(id, 9)
        assert before == {url: {"submitted"} for url in urls}

        second.control("POST", "/clock/advance", {"advance": "10m"})
        after = scene.looks(id, 9)
        assert after == {url: {"succeed"} for url in urls}

        os.kill(third.pid, signal.SIGKILL)
        third.wait_until_gone()
        more = [scene.create() for _ in range(20)]
        assert len({id, *more}) == 21
        assert scene.looks(id, 20).keys() <= {first.url, second.url}

        journals = [each.control("GET", "/requests", limit="1000")["items"] for each in (first, second)]
        for journal in journals:
            assert sum(entry["method"] == "POST" for entry in journal) == 21
            assert sum(entry["method"] == "GET" for entry in journal) == 38
        assert journals[0] == journals[1]


def test_a_picture_is_served_by_whoever_is_asked_under_the_name_that_the_client_used() -> None:
    with running("TESTED_REPLICAS=a-picture", "--pace", "instant") as scene:
        record = scene.nginx.get(f"{IMAGE}/{scene.create()}").json()["data"]
        (image,) = record["task_result"]["images"]
        assert image["url"].startswith(f"{scene.nginx.base_url}".rstrip("/"))
        pictures = [scene.nginx.get(image["url"]) for _ in range(3)]
        assert {scene.by(picture) for picture in pictures} == {each.url for each in scene.replicas}
        assert [picture.content for picture in pictures] == [pictures[0].content] * 3
        assert pictures[0].headers["content-type"] == "image/png"


def test_the_control_api_needs_the_token_also_through_nginx() -> None:
    with running("TESTED_REPLICAS=control") as scene:
        assert scene.nginx.get("/_mock/requests").status_code == 403
        with_token = {"authorization": f"Bearer {TOKEN}"}
        assert scene.nginx.get("/_mock/requests", headers=with_token).status_code == 200
        assert scene.nginx.get("/_mock/ready").json() == {"status": "ready"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_and_leaves_no_file(number: signal.Signals) -> None:
    mark = f"TESTED_REPLICAS=signal-{number}"
    folders = set(Path(tempfile.gettempdir()).glob("mockserver-replicas-*"))
    with running(mark) as scene:
        (folder,) = set(Path(tempfile.gettempdir()).glob("mockserver-replicas-*")) - folders
        assert len(survivors(mark)) == 4  # the script and the replicas
        assert len(users(folder)) == 2  # Redis and nginx, which write over what their environment was
        scene.script.send_signal(number)
        assert scene.script.wait(PATIENCE) == 0
        assert survivors(mark) == users(folder) == []
        assert not folder.exists()


def users(folder: Path) -> list[int]:
    """Return the processes that work in a folder, or name it in their command."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if (process / "cwd").readlink() == folder or str(folder).encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found
