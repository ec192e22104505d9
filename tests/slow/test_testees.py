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
    "python_httpx": (sys.executable, "testee.py"),
    "python_requests": (sys.executable, "testee.py"),
    "node_fetch": ("node", "testee.mjs"),
    "shell_curl": ("bash", "testee.sh"),
}
NEEDS = {"node_fetch": ("node",), "shell_curl": ("curl", "jq")}


def test_every_example_is_tried() -> None:
    assert {path.parent.name for path in (ROOT / "examples").glob("*/testee.*")} == EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_keeps_the_contract(name: str, tmp_path: Path) -> None:
    need(*NEEDS.get(name, ()))
    program, script = EXAMPLES[name]
    words = ["check", "client", "--every-reading", "--report", str(tmp_path)]
    words += ["--", program, str(ROOT / "examples" / name / script)]
    done = subprocess.run(
        [sys.executable, "-m", "mockserver", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 findings" in done.stdout.splitlines()[-1]
