"""The Makefile: what it lists, what each environment gets, and what is said where no Python is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import need
from tests.support.sampling import few_cases

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE)


def make(*words: str) -> subprocess.CompletedProcess[str]:
    need("make")
    return subprocess.run(["make", *words], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """Return the place of an environment that is not there."""
    return tmp_path / "venv"


def test_help_lists_each_target() -> None:
    listed = re.findall(r"^make ([a-z-]+) ", make("help").stdout, re.MULTILINE)
    assert listed == TARGETS
    (phony,) = re.findall(r"^\.PHONY: (.+)", MAKEFILE, re.MULTILINE)
    assert phony.split() == TARGETS


def test_each_target_that_ci_or_a_document_names_is_there() -> None:
    for place in (ROOT / ".ci" / "run", ROOT / "CONTRIBUTING.md"):
        named = re.findall(r"(?:^|`|\s)make ((?:--?[\w=-]+ )*[a-z-]+)\b(?!/)", place.read_text(encoding="utf-8"))
        assert {words.split()[-1] for words in named} <= {*TARGETS}, place


@pytest.mark.parametrize(("target", "installed"), [("serve", "."), ("test", ".[kit,redis,dev]")])
def test_a_target_installs_what_it_needs_and_no_more(target: str, installed: str, venv: Path) -> None:
    assert re.findall(r"--editable '(.+)'", make("-n", target, f"VENV={venv}").stdout) == [installed]


def test_what_testing_needs_is_enough_to_serve(venv: Path) -> None:
    venv.mkdir()
    recipe = make("-n", "test", f"VENV={venv}").stdout
    (stamps,) = re.findall(r"^touch (.+)", recipe, re.MULTILINE)
    for stamp in stamps.split():
        Path(stamp).touch()
    for target in ("serve", "test"):
        assert "install" not in make("-n", target, f"VENV={venv}").stdout


def test_a_python_that_is_not_there_is_named_with_what_to_do(venv: Path) -> None:
    ended = make("serve", f"VENV={venv}", "PYTHON=no-such-python")
    assert ended.stderr.startswith(
        "There is no no-such-python. Install Python 3.11 or later, or name one: make PYTHON="
    )
    assert (ended.returncode, venv.exists()) == (2, False)


def test_few_cases_of_a_test_are_its_first_its_last_and_some_between(request: pytest.FixtureRequest) -> None:
    def case(name: str) -> pytest.Item:
        return pytest.Function.from_parent(request.node.parent, name=name, callobj=lambda: None)

    many, alone = [case(f"test_many[{number}]") for number in range(9)], case("test_alone")
    assert few_cases([*many, alone], 3) == {many[0], many[4], many[8], alone}
    assert few_cases(many, 1) == {many[0]}
    assert few_cases(many[:2], 3) == {*many[:2]}
