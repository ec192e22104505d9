"""The examples have no faults: they survive every scenario that they support, under every reading."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import need

pytestmark = pytest.mark.torture

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    "python_httpx/testee.py": sys.executable,
    "python_httpx/newer.py": sys.executable,
    "python_requests/testee.py": sys.executable,
    "python_urllib/testee.py": sys.executable,
    "node_fetch/testee.mjs": "node",
    "go_http/testee.go": "go",
    "shell_curl/testee.sh": "bash",
}
NEEDS = {"node_fetch/testee.mjs": ("node",), "go_http/testee.go": ("go",), "shell_curl/testee.sh": ("curl", "jq")}
SAYS_HOW = "mockserver check client --"


def test_every_example_is_tried() -> None:
    files = [path for path in (ROOT / "examples").glob("*/*") if path.is_file()]
    testees = [path for path in files if SAYS_HOW in path.read_text(encoding="utf-8")]
    assert {path.relative_to(ROOT / "examples").as_posix() for path in testees} == EXAMPLES.keys()


def command(testee: Path, program: str, folder: Path) -> list[str]:
    """Return the words that start a testee; one that has to be built is built in a folder."""
    if program != "go":
        return [program, str(testee)]
    built = folder / "testee"
    subprocess.run(["go", "build", "-o", str(built), str(testee.with_name("client.go")), str(testee)], check=True)
    return [str(built)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_keeps_the_contract(name: str, tmp_path: Path) -> None:
    need(*NEEDS.get(name, ()))
    words = ["check", "client", "--every-reading", "--report", str(tmp_path)]
    words += ["--", *command(ROOT / "examples" / name, EXAMPLES[name], tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "mockserver", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 findings" in done.stdout.splitlines()[-1]
