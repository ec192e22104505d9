"""Extras: without one, whatever needs it says so in one line before it does anything, and all else works."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import mockserver.kit
from mockserver.errors import MissingPackage
from mockserver.extras import EXTRAS, missing, require
from tests.conftest import PATIENCE
from tests.support.forks import Ended, ended
from tests.support.process import MAIN, PIP, ROOT

pytestmark = pytest.mark.torture

HIDE = """
import sys
from importlib.abc import MetaPathFinder

class Hidden(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {modules!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

for name in {modules!r}:
    {way}
"""

WAYS = {"forbidden": "sys.meta_path.insert(0, Hidden())", "hidden": "sys.modules[name] = None"}

LOCAL = "http://127.0.0.1:1"
COMMANDS: dict[tuple[str, ...], frozenset[str]] = {
    ("--help",): frozenset(),
    ("--version",): frozenset(),
    ("list", "services"): frozenset(),
    ("list", "operations"): frozenset(),
    ("list", "faults"): frozenset(),
    ("list", "checks"): frozenset(),
    ("rules",): frozenset(),
    ("readings",): frozenset(),
    ("openapi", "kling"): frozenset(),
    ("validate", "kling/omni-image", "-"): frozenset(),
    ("example", "kling/omni-image"): frozenset(),
    ("example", "kling/omni-image", "--strict", "--count", "5"): frozenset(),
    ("example", "kling/omni-image", "--break", "n.maximum"): frozenset(),
    ("import", "no-such-file.yaml", "--service", "acme"): frozenset(),
    ("check", "client", "--help"): frozenset(),
    ("check", "client", "--", "no-such-program-at-all"): frozenset({"httpx", "hypothesis"}),
    ("check", "client", "--report", "REPORT", "--", "no-such-program-at-all"): frozenset(
        {"httpx", "hypothesis", "jinja2"}
    ),
    ("check", "server", LOCAL): frozenset({"httpx", "hypothesis"}),
    ("check", "server", LOCAL, "--report", "REPORT"): frozenset({"httpx", "hypothesis", "jinja2"}),
    ("run", "--", sys.executable, "-c", "print('ran')"): frozenset({"httpx"}),
    ("run", "--report", "REPORT", "--", sys.executable, "-c", "print('ran')"): frozenset({"httpx", "jinja2"}),
    ("serve", "--port", "99999"): frozenset(),
    ("proxy", LOCAL, "--service", "kling", "--port", "99999"): frozenset(),
}
"""Each command, and what it cannot do without."""


def ran(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, cwd=ROOT, input="{}", capture_output=True, text=True, check=False, timeout=PATIENCE)


def hidden(modules: Sequence[str], commands: Iterable[Sequence[str]], folder: Path, way: str = "hidden") -> list[Ended]:
    """Run commands without some modules."""
    given = [[str(folder / "report") if word == "REPORT" else word for word in words] for words in commands]
    return ended(given, before=HIDE.format(modules=modules, way=WAYS[way]))


@pytest.mark.parametrize("way", WAYS)
def test_a_command_without_the_extra_says_so_in_one_line_or_does_not_need_it(way: str, tmp_path: Path) -> None:
    for words, found in zip(COMMANDS, hidden(EXTRAS["kit"], COMMANDS, tmp_path, way), strict=True):
        if COMMANDS[words]:
            (line,) = found.stderr.splitlines()
            assert (words, found.status, found.stdout) == (words, 2, "")
            assert line.startswith("mockserver: ")
            assert line.endswith(f"{PIP} 'kling-mockserver[kit]'")
        else:
            assert "kling-mockserver[kit]" not in found.stderr, words
            assert "Traceback" not in found.stderr, words
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("module", sorted(frozenset().union(*COMMANDS.values())))
def test_each_module_that_a_command_needs_is_missed_by_its_name(module: str, tmp_path: Path) -> None:
    commands = [words for words, needed in COMMANDS.items() if module in needed]
    for words, found in zip(commands, hidden([module], commands, tmp_path), strict=True):
        assert (words, found.status) == (words, 2)
        assert found.stderr.endswith(f" needs {module}: {PIP} 'kling-mockserver[kit]'\n")


def test_a_run_needs_no_more_than_it_says() -> None:
    others = [module for module in EXTRAS["kit"] if module != "httpx"]
    found = ran(HIDE.format(modules=others, way=WAYS["hidden"]) + MAIN, "run", "--", sys.executable, "-c", "print(1)")
    assert (found.returncode, found.stdout) == (2, "1\n")
    assert "no request reached the fake" in found.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", mockserver.kit.__all__)
def test_a_name_of_the_kit_says_what_it_lacks(name: str) -> None:
    code = HIDE.format(modules=EXTRAS["kit"], way=WAYS["hidden"]) + f"from mockserver.kit import {name}"
    found = ran(code)
    if found.returncode:
        assert found.stderr.splitlines()[-1].startswith(
            f"mockserver.errors.MissingPackage: mockserver.kit.{name} needs "
        )
    else:
        assert name in ("Finding", "InvalidPayload", "Verdict")


def test_an_extra_is_what_pip_installs() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    packages_of = packages_distributions()
    for extra, modules in EXTRAS.items():
        packages = {text.partition(">")[0].strip() for text in extras[extra]}
        assert {package.lower() for module in modules for package in packages_of[module]} == {
            package.lower() for package in packages
        }


def test_what_comes_with_no_extra_is_no_missing_package() -> None:
    assert missing("x", ModuleNotFoundError("no", name="mockserver.nonsense")) is None
    assert missing("x", ModuleNotFoundError("no")) is None
    found = missing("x", ModuleNotFoundError("no", name="hypothesis.strategies"))
    assert isinstance(found, MissingPackage)
    assert (found.user, found.packages, found.extra) == ("x", "hypothesis", "kit")
    require("x", *EXTRAS["kit"])


@pytest.mark.parametrize("way", WAYS)
def test_contract_tests_without_the_extra_say_so_in_one_line(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = HIDE.format(modules=("httpx", "hypothesis", "respx"), way=WAYS[way])
    code += "import pytest\nsys.exit(pytest.main(sys.argv[1:]))"
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # those of respx and Hypothesis would not load
    found = ran(code, "contract_tests", "-q", "-p", "mockserver.pytest_plugin", "--server", LOCAL)
    (line,) = (found.stdout + found.stderr).split("\n\n")[0].strip().splitlines()
    assert (found.returncode, line) == (4, f"ERROR: contract_tests needs httpx: {PIP} 'kling-mockserver[kit]'")
