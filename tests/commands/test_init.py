"""``mockserver init``: what it writes is an example, is judged at once, and takes the place of nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.cli import main
from mockserver.commands.setup.init import STARTERS
from tests.conftest import PATIENCE
from tests.support.programs import need

ROOT = Path(__file__).parents[2]
ONE_PLAY = "mockserver check client --operation kling/omni-image --scenario plain --examples 0 --"
LANGUAGES = [pytest.param(name, marks=pytest.mark.torture if name == "go" else ()) for name in STARTERS]
"""Go is Debian's, and only make torture installs it."""


def init(*words: str) -> Result:
    return CliRunner().invoke(main, ["init", *words])


def complaint(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def commands(result: Result) -> list[str]:
    """Return the commands that it says come next."""
    assert result.exit_code == 0, result.output
    return re.findall(r"^  (.+)", result.stdout.partition("Check it:\n")[2], re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_it_says_comes_next_gives_a_verdict(language: str, tmp_path: Path) -> None:
    need(*STARTERS[language].programs)
    place = tmp_path / "my client"
    script = "\n".join(commands(init("--lang", language, str(place))))
    assert "mockserver check client --" in script
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ended = subprocess.run(
        ["bash", "-ec", script.replace("mockserver check client --", ONE_PLAY)],
        env={**os.environ, "PATH": path, "GOCACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended
    assert re.match(r"my-client 1 keeps the contract: \d\d checks, 0 findings", ended.stdout.splitlines()[-1]), ended


@pytest.mark.parametrize("language", STARTERS)
def test_what_it_writes_is_an_example_that_make_torture_judges_whole(language: str, tmp_path: Path) -> None:
    init("--lang", language, str(tmp_path))
    example = ROOT / "examples" / STARTERS[language].example
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert files.keys() == {*STARTERS[language].files}
    assert files == {name: (example / name).read_bytes() for name in files}
    (testee,) = (text.decode() for name, text in files.items() if name.startswith("testee"))
    for command in STARTERS[language].commands:
        assert command.replace("python3", "python") in testee


@pytest.mark.parametrize("language", STARTERS)
def test_it_takes_the_place_of_nothing_unless_it_is_told_to(language: str, tmp_path: Path) -> None:
    for name in STARTERS[language].files:
        mine = tmp_path / name
        mine.write_text("mine")
        assert f"{mine} would be replaced" in complaint(init("--lang", language, str(tmp_path)))
        assert {path: path.read_text() for path in tmp_path.iterdir()} == {mine: "mine"}
        assert init("--lang", language, str(tmp_path), "--force").exit_code == 0
        assert mine.read_text() != "mine"
        for path in tmp_path.iterdir():
            path.unlink()


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "testee.py").symlink_to(tmp_path / "elsewhere")
    assert "would be replaced" in complaint(init("--lang", "python", str(tmp_path)))
    assert not (tmp_path / "elsewhere").exists()


def test_it_begins_here_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not any(command.startswith("cd ") for command in commands(init("--lang", "node")))
    assert (tmp_path / "testee.mjs").is_file()


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "inner"):
        assert "Name another folder." in complaint(init("--lang", "node", str(place)))


def test_a_missing_or_unknown_language_is_told_in_one_line() -> None:
    assert all(name in complaint(init()) for name in STARTERS)
    assert "'rust'" in complaint(init("--lang", "rust"))


def test_a_program_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = init("--lang", "shell", str(tmp_path))
    assert done.exit_code == 0
    assert [line.split()[3].rstrip(",") for line in done.stderr.splitlines()] == ["bash", "curl", "jq"]
