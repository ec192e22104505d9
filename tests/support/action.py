"""action.yml, played as a runner plays it: the scripts of its steps, with the files that GitHub reads afterwards."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from tests.conftest import PATIENCE
from tests.support.survivors import survivors

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]

_EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")
_FILES = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")


@dataclass
class Runner:
    """A job in a folder. ``inputs`` are those of the action, where they are not the default."""

    folder: Path
    inputs: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("temp", "work"):
            (self.folder / name).mkdir(exist_ok=True)
        unknown = self.inputs.keys() - ACTION["inputs"].keys()
        assert not unknown, unknown

    @property
    def work(self) -> Path:
        """The checkout of whoever uses the action."""
        return self.folder / "work"

    def step(self, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the script of a step, as a runner does for ``shell: bash``."""
        (step,) = (each for each in STEPS if each.get("name") == name)
        script = self.folder / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        files = {name: str(self.folder / name) for name in _FILES}
        temp = {"RUNNER_TEMP": str(self.folder / "temp")}
        env = {name: self._value(text) for name, text in step["env"].items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.work / self._value(step.get("working-directory", ".")),
            env={**os.environ, **files, **temp, **env, **variables},
            capture_output=True,
            text=True,
            timeout=5 * PATIENCE,  # one installs
            check=False,
        )

    def told(self, file: str) -> str:
        """Return what the steps have written for GitHub."""
        path = self.folder / file
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def pairs(self, file: str) -> dict[str, str]:
        """Return the variables or outputs that they have set."""
        return dict(line.split("=", 1) for line in self.told(file).splitlines())

    def _value(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self._evaluated(found[1]), text)

    def _evaluated(self, expression: str) -> str:
        if expression.startswith("inputs."):
            name = expression.removeprefix("inputs.")
            return self.inputs.get(name, ACTION["inputs"][name]["default"])
        return {
            "github.action_path": str(ROOT),
            "steps.python.outputs.python-path || 'python3'": sys.executable,
        }[expression]


@contextmanager
def ended_with_the_test() -> Iterator[None]:
    """End at last what a job has started and left behind, as a runner does: it knows it by the same variable."""
    before, mark = os.environ.get("RUNNER_TRACKING_ID"), str(uuid4())
    os.environ["RUNNER_TRACKING_ID"] = mark
    try:
        yield
    finally:
        os.environ.pop("RUNNER_TRACKING_ID")
        if before is not None:
            os.environ["RUNNER_TRACKING_ID"] = before
        for process in survivors(f"RUNNER_TRACKING_ID={mark}"):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
