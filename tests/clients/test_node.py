"""clients/node: its own tests under both runners, its types, and that no fake outlives the process that started it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.description.control import description
from mockserver.options.fake import FAKE
from mockserver.options.server import SERVE
from tests.conftest import PATIENCE
from tests.support.programs import lack, need

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "node"
PACKAGE: dict[str, Any] = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
SCRIPTS: dict[str, str] = json.loads((CLIENT / "tests" / "package.json").read_text(encoding="utf-8"))["scripts"]
TYPES = (CLIENT / "index.d.ts").read_text(encoding="utf-8")
ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}

FIXED = {"--host", "--workers", "--log", "--stop-at-eof", "--https"}
"""Options of ``serve`` that the helper decides: its own requests would not trust a certificate of the authority."""

OWN = {"command", "schemas"}
"""Options of the helper that are not among those of ``serve`` alone: every command has the second."""


def ran(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder of the tests, with our mockserver on its path."""
    place, env = CLIENT / "tests", ENVIRONMENT
    return subprocess.run(words, cwd=place, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


def interface(name: str) -> set[str]:
    """Return the fields of an interface in the types, and of the one that it extends."""
    (extended, body) = re.findall(
        rf"^export interface {name}(?: extends (\w+))? {{$(.*?)^}}$", TYPES, re.MULTILINE | re.DOTALL
    )[0]
    own = set(re.findall(r"^  (?:readonly )?(\w+)\??:", body, re.MULTILINE))
    return own | (interface(extended) if extended else set())


def test_its_options_are_those_of_serve() -> None:
    known = {option.opts[0] for option in (*SERVE, *FAKE)} - FIXED
    named = {
        "--" + re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name) for name in interface("Options") - OWN
    }
    assert named == known


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("Fault", "FaultInForce"),
        ("Clock", "Clock"),
        ("MovedClock", "MovedClock"),
        ("Exchange", "Exchange"),
        ("Task", "Task"),
    ],
)
def test_its_types_have_the_fields_of_the_control_api(name: str, schema: str) -> None:
    found = description()["components"]["schemas"][schema]["properties"]
    assert interface(name) - {"request", "response"} == found.keys()


def test_its_version_is_ours() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (PACKAGE["name"], PACKAGE["version"]) == (project["name"], project["version"])
    assert not any(name.lower().endswith("dependencies") for name in PACKAGE)


@pytest.mark.torture
def test_nodes_own_test_runner() -> None:
    need("node")
    ended = ran(*SCRIPTS["test"].split())
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.torture
@pytest.mark.parametrize("script", ["vitest", "types"])
def test_vitest_and_tsc(script: str) -> None:
    need("node")
    installed = CLIENT / "tests" / "node_modules"
    if not (installed / ".ready").exists():
        lack("Vitest, which make torture installs")
    program, *words = SCRIPTS[script].split()
    ended = ran(str(installed / ".bin" / program), *words)
    assert ended.returncode == 0, ended.stdout + ended.stderr


ENDS = {
    "is-over": "",
    "exits": "process.exit(3);",
    "throws": "throw new Error('a bug');",
    "rejects": "Promise.reject(new Error('a bug'));",
    "is-terminated": "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);",
    "is-killed": "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);",
    "aborts": "process.abort();",
}
"""What a script does that has started a fake and does not stop it."""


@pytest.mark.torture
@pytest.mark.parametrize("end", ENDS)
def test_a_fake_ends_with_the_process_that_started_it(end: str) -> None:
    need("node")
    script = "\n".join(
        [
            "import { start } from 'kling-mockserver';",
            "import { once } from 'node:events';",
            "const fake = await start();",
            "console.log(new URL(fake.url).port);",
            "await once(process.stdin, 'data');",
            "process.stdin.destroy();",
            ENDS[end],
        ]
    )
    command = ["node", "--input-type=module", "-e", script]
    with subprocess.Popen(
        command, cwd=CLIENT, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as fake:
                process.stdin.write(b"go on")
                process.stdin.close()
                process.wait(PATIENCE)
                assert fake.recv(1) == b"", "the fake is still there"
        finally:
            process.send_signal(signal.SIGKILL)
