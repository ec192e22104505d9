"""docs/ci.md and docs/containers.md: their files are ones that CI servers and engines read, and their jobs run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mockserver.cli import main
from tests.conftest import PATIENCE
from tests.support.action import ACTION, Runner, ended_with_the_test
from tests.support.ci_files import check
from tests.support.pages.page import Block, blocks
from tests.support.programs import need

ROOT = Path(__file__).parents[2]
FILES: dict[str, Block] = {
    block.file: block
    for page in ("ci.md", "containers.md")
    for block in blocks((ROOT / "docs" / page).read_text(encoding="utf-8"))
    if block.kind == "yaml" and block.file is not None
}
KINDS = {".github": "github-workflows", ".gitlab-ci.yml": "gitlab-ci", "compose.yaml": "compose-spec"}
WORKFLOWS = [name for name in FILES if name.startswith(".github")]

OURS = "THIS/REPOSITORY@TAG"
INSTALLS = ("npm ci", "pip install")
SHORT = "--operation kling/omni-image --scenario plain --examples 0"
"""What makes a check of a second out of one of a minute."""

TEST = """
import { generate } from "./client.mjs";
const { KLING_BASE_URL, KLING_API_KEY } = process.env;
const made = await generate(KLING_BASE_URL, KLING_API_KEY, "kling/omni-image", { prompt: "A cat" }, 10);
if (made.urls.length !== 1) throw new Error(JSON.stringify(made));
"""


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_one_that_its_reader_knows(name: str, tmp_path: Path) -> None:
    file = tmp_path / Path(name).name
    file.write_text(FILES[name].text, encoding="utf-8")
    check(KINDS[name.partition("/")[0]], file)


def steps(name: str) -> list[dict[str, Any]]:
    """Return the steps of the one job of a workflow."""
    (job,) = yaml.safe_load(FILES[name].text)["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


def test_each_input_is_one_of_the_action() -> None:
    given = [step.get("with", {}) for name in WORKFLOWS for step in steps(name) if step.get("uses") == OURS]
    assert {"run", "testee", "options", "report"} == {name for each in given for name in each} & ACTION["inputs"].keys()
    assert all(each.keys() <= ACTION["inputs"].keys() for each in given)


def test_the_compose_file_is_the_example_with_tests_of_ones_own() -> None:
    page = yaml.safe_load(FILES["compose.yaml"].text)["services"]
    example = yaml.safe_load((ROOT / "examples" / "compose" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert {**page["mockserver"], "build": "../.."} == example["mockserver"]
    for key in ("environment", "depends_on"):
        assert page["tests"][key] == example["tests"][key]


def repository(folder: Path) -> None:
    """Make what the jobs check out: a client in either language, its testee, and its tests."""
    for language in ("node", "python"):
        assert CliRunner().invoke(main, ["init", "--lang", language, str(folder)]).exit_code == 0
    (folder / "client.test.mjs").write_text(TEST, encoding="utf-8")
    (folder / "package.json").write_text('{"scripts": {"test": "node client.test.mjs"}}', encoding="utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_client.py").write_text(
        "import os, sys\n"
        "sys.path.insert(0, '.')\n"
        "from client import Kling\n\n"
        "def test_a_picture():\n"
        "    client = Kling(os.environ['KLING_BASE_URL'], os.environ['KLING_API_KEY'], 10)\n"
        "    assert client.generate('kling/omni-image', {'prompt': 'A cat'})[1]\n",
        encoding="utf-8",
    )


def lines(name: str) -> Iterator[Mapping[str, str] | str]:
    """Yield what a job does, but for what others do: the inputs of our action, or a line of shell."""
    if name not in WORKFLOWS:
        jobs = yaml.safe_load(FILES[name].text)
        yield from (line for line in jobs["client"]["script"] if not line.startswith(INSTALLS))
        return
    for step in steps(name):
        if step.get("uses") == OURS:
            yield step["with"]
        elif not step.get("run", INSTALLS[0]).startswith(INSTALLS):
            yield step["run"]


@pytest.mark.torture
@pytest.mark.parametrize("name", [*WORKFLOWS, ".gitlab-ci.yml"])
def test_a_job_does_what_it_is_for(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("node", "npm")
    path = tmp_path / "temp" / "mockserver" / "path"
    path.mkdir(parents=True)
    (path / "mockserver").symlink_to(Path(sys.executable).parent / "mockserver")
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    repository(Runner(tmp_path).work)
    with ended_with_the_test():
        for line in lines(name):
            if isinstance(line, str):
                ended = in_a_shell(line, Runner(tmp_path))
            else:
                shorter = {"options": f"{line.get('options', '')} {SHORT}"} if "testee" in line else {}
                ended = Runner(tmp_path, {**line, **shorter}).step("Run mockserver")
            assert ended.returncode == 0, ended


def in_a_shell(line: str, job: Runner) -> subprocess.CompletedProcess[str]:
    """Run a line where the action has said where the fake is."""
    shorter = line.replace("mockserver check client", f"mockserver check client {SHORT}")
    env = {**os.environ, **job.pairs("GITHUB_ENV")}
    return subprocess.run(
        ["bash", "-ec", shorter], cwd=job.work, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
