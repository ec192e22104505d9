"""Clients of every kind with the real host in their code make, poll and download in a network of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.alone import alone
from tests.support.process import ROOT
from tests.support.programs import lack, need

pytestmark = pytest.mark.torture

CLIENTS = ROOT / "tests/support/unmodified"
BY = {".py": (sys.executable,), ".sh": ("sh",), ".mjs": ("node",), ".go": ("go", "run")}
NEEDS = {"with_curl.sh": ("curl", "jq"), "with_go.go": ("go",)}


def clients() -> list[Path]:
    return sorted(path for path in CLIENTS.glob("with_*"))


@pytest.mark.parametrize(
    ("client", "variables"),
    [*((path, {}) for path in clients()), (CLIENTS / "with_axios.mjs", {"AXIOS": "old-axios"})],
    ids=lambda each: each.stem if isinstance(each, Path) else "-".join(each.values()),
)
def test_a_client_makes_polls_and_downloads(client: Path, variables: dict[str, str], tmp_path: Path) -> None:
    need(*NEEDS.get(client.name, ("node",) if client.suffix == ".mjs" else ()))
    if "axios" in client.name and not (CLIENTS / "node_modules/.ready").is_file():
        lack("axios")
    command = [*BY[client.suffix], str(client)]
    if client.suffix == ".go":  # what it is built of is not in the network that it runs in
        command = [str(tmp_path / "client")]
        subprocess.run(
            ["go", "build", "-o", *command, str(client)], check=True, env={**os.environ, "GOFLAGS": "-mod=mod"}
        )
    words = [sys.executable, "-m", "mockserver", "run", "--intercept", "--pace", "polls:2", "--", *command]
    said = subprocess.run(
        alone(*words), cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    assert said.returncode == 0, said.stdout + said.stderr
    url, letters = said.stdout.split()
    assert url.startswith("https://api-singapore.klingai.com/results/kling/")
    assert letters == "PNG"
    assert "omni-image.create 1, kling/omni-image.get 4, kling/results.fetch 1" in said.stderr
    assert said.stderr.endswith(" 0 findings.\n")


@pytest.mark.parametrize("name", ["python_requests/testee.py", "python_httpx/testee.py", "node_fetch/testee.mjs"])
def test_an_example_keeps_the_contract_at_the_real_host(name: str) -> None:
    need(*(("node",) if name.endswith(".mjs") else ()))
    words = ["check", "client", "--intercept", "--examples", "0", "--operation", "kling/omni-image", "--"]
    command = [sys.executable, "-m", "mockserver", *words, *BY[Path(name).suffix], str(ROOT / "examples" / name)]
    said = subprocess.run(alone(*command), cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    assert " 0 findings" in said.stdout.splitlines()[-1]
