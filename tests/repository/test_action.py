"""action.yml: what GitHub's schema says of it, that no input is code, and what its scripts do on a runner."""

from __future__ import annotations

import os
import site
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.conftest import PATIENCE
from tests.support.action import ACTION, STEPS, Runner, ended_with_the_test
from tests.support.ci_files import check

ROOT = Path(__file__).parents[2]
RUN = "Run mockserver"
TESTEE = f"{sys.executable} {ROOT / 'examples' / 'python_urllib' / 'testee.py'}"
CREATE = """python - <<'EOF'
import json, os, urllib.request
request = urllib.request.Request(os.environ["KLING_BASE_URL"] + "/v1/images/omni-image", PAYLOAD)
request.add_header("Authorization", "Bearer " + os.environ["KLING_API_KEY"])
request.add_header("Content-Type", "application/json")
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    print(error.status)
EOF"""


def create(payload: str) -> str:
    """Return a line of shell that creates a task, and does not mind a refusal."""
    return CREATE.replace("PAYLOAD", f"b'{payload}'")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return the folder of a job in which mockserver is installed already: ours."""
    path = tmp_path / "temp" / "mockserver" / "path"
    path.mkdir(parents=True)
    (path / "mockserver").symlink_to(Path(sys.executable).parent / "mockserver")
    return tmp_path


def test_github_knows_each_key() -> None:
    check("github-actions", ROOT / "action.yml")


def test_no_input_is_part_of_a_script() -> None:
    for step in STEPS:
        assert "${{" not in step.get("run", "")
    told = str(STEPS)
    assert all(f"inputs.{name}" in told for name in ACTION["inputs"])


@pytest.mark.parametrize(
    ("payload", "status", "verdict"),
    [('{"prompt": "A cat"}', 0, "keeps the contract"), ('{"prompt": "A cat", "n": 20}', 1, "breaks the contract")],
)
def test_the_traffic_of_a_command_is_judged(payload: str, status: int, verdict: str, installed: Path) -> None:
    runner = Runner(installed, {"run": create(payload), "options": "--pace instant --service kling"})
    ended = runner.step(RUN)
    assert ended.returncode == status, ended
    assert verdict in runner.told("GITHUB_STEP_SUMMARY").splitlines()[0]
    report = runner.work / "mockserver-report"
    assert {"junit.xml", "results.sarif"} <= {path.name for path in report.iterdir()}


@pytest.mark.torture
def test_a_command_that_fails_fails_the_step_as_it_does(installed: Path) -> None:
    ended = Runner(installed, {"run": create("{}") + "\nexit 7"}).step(RUN)
    assert ended.returncode == 7, ended


@pytest.mark.torture
def test_a_client_is_checked(installed: Path) -> None:
    options = "--operation kling/omni-image --scenario plain --examples 0"
    runner = Runner(installed, {"testee": TESTEE, "options": options, "report": "reports of/a client"})
    ended = runner.step(RUN)
    assert (ended.returncode, "my-client 1 keeps the contract" in ended.stdout) == (0, True), ended
    assert "my-client 1 keeps the contract" in runner.told("GITHUB_STEP_SUMMARY")
    assert (runner.work / "reports of" / "a client" / "report.html").is_file()


def test_a_fake_goes_on_for_later_steps_which_find_it(installed: Path) -> None:
    runner = Runner(installed, {"options": '--pace instant --fault "1303 x2 on kling/omni-image.create"'})
    with ended_with_the_test():
        ended = runner.step(RUN)
        assert ended.returncode == 0, ended
        found = runner.pairs("GITHUB_ENV")
        assert found.keys() == {"MOCKSERVER_URL", "KLING_BASE_URL", "KLING_API_KEY"}
        assert {found["MOCKSERVER_URL"], found["KLING_BASE_URL"]} == {runner.pairs("GITHUB_OUTPUT")["url"]}
        with urlopen(f"{found['MOCKSERVER_URL']}/_mock/faults", timeout=PATIENCE) as answer:
            assert b'"1303 x2 on kling/omni-image.create"' in answer.read()


MISTAKES = {
    "both": ({"run": "true", "testee": "true"}, "not both"),
    "open-quote": ({"options": '--fault "1303'}, "a quote that does not end"),
    "unknown-option": ({"options": "--pcae instant"}, "The fake did not start"),
    "unknown-option-of-run": ({"run": "true", "options": "--pcae instant"}, "No such option"),
}


@pytest.mark.torture
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_fails_the_step_and_is_told(name: str, installed: Path) -> None:
    inputs, told = MISTAKES[name]
    (installed / "work").mkdir()
    (installed / "work" / "mockserver-report").mkdir()
    (installed / "work" / "mockserver-report" / "summary.md").write_text("of an earlier step")
    runner = Runner(installed, inputs)
    ended = runner.step(RUN)
    assert (ended.returncode, told in ended.stdout + ended.stderr) == (2, True), ended
    assert runner.told("GITHUB_STEP_SUMMARY") + runner.told("GITHUB_ENV") == ""


HOSTILE = "$(touch pwned) `touch pwned`; touch pwned & | > pwned '$(touch pwned)' \n"


@pytest.mark.torture
@pytest.mark.parametrize("name", ["options", "report"])
def test_an_input_that_is_no_command_is_never_run(name: str, installed: Path) -> None:
    runner = Runner(installed, {"run": "true", "options": "--pace instant", name: HOSTILE})
    runner.step(RUN)
    assert not [*installed.rglob("pwned")]


@pytest.mark.torture
def test_it_installs_itself_from_its_own_folder(tmp_path: Path) -> None:
    # Our own environment stands for the index: what is needed is in it, and so is what builds.
    offline = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    packages = {"PYTHONPATH": os.pathsep.join(site.getsitepackages())}
    runner = Runner(tmp_path)
    for _ in range(2):  # the second use within a job installs nothing
        ended = runner.step("Install mockserver", **offline, **packages)
        assert ended.returncode == 0, ended
    (path,) = {*runner.told("GITHUB_PATH").splitlines()}
    assert [each.name for each in Path(path).iterdir()] == ["mockserver"]
    where = [f"{path}/mockserver", "init", "--lang", "python", str(tmp_path / "client")]
    assert subprocess.run(where, env={**os.environ, **packages}, check=True, cwd=tmp_path).returncode == 0
    assert (tmp_path / "temp" / "mockserver" / "bin" / "python").exists()
