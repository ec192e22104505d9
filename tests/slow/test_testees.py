"""The examples have no faults: they survive every scenario that they support, under every reading."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.torture

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    "python_httpx": (sys.executable, "testee.py"),
    "python_requests": (sys.executable, "testee.py"),
    "node_fetch": ("node", "testee.mjs"),
    "shell_curl": ("bash", "testee.sh"),
}
NEEDS = {"node_fetch": ("node",), "shell_curl": ("curl", "jq")}


def test_every_example_is_tried() -> None:
    assert {path.name for path in (ROOT / "examples").iterdir() if path.is_dir()} == EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_keeps_the_contract(name: str, tmp_path: Path) -> None:
    missing = [program for program in NEEDS.get(name, ()) if shutil.which(program) is None]
    if missing:
        pytest.skip(f"this machine has no {', '.join(missing)}")
    program, script = EXAMPLES[name]
    words = ["check", "client", "--every-reading", "--report", str(tmp_path)]
    words += ["--", program, str(ROOT / "examples" / name / script)]
    done = subprocess.run(
        [sys.executable, "-m", "mockserver", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 findings" in done.stdout.splitlines()[-1]
