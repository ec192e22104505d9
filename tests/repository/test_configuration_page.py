"""docs/configuration.md names each option, and what it shows is what is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.configuration.environment import variable
from mockserver.options.commands import COMMANDS, STEERING

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
FILE, *_ = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
SHOWN = re.findall(r"^\$ ((?:[A-Z_]+=\S+ )?)mockserver (.+)\n((?:(?!\$ |```).*\n)*)", PAGE, re.MULTILINE)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_lists_every_option_with_its_commands() -> None:
    listed = {
        key: (name, [*re.findall(r"`(.+?)`", commands)])
        for key, name, commands in re.findall(r"^\| `--(\S+)` \| `(\S+)` \| (.+) \|$", PAGE, re.MULTILINE)
    }
    expected: dict[str, tuple[str, list[str]]] = {}
    for command, options in COMMANDS.items():
        for option in options:
            _, commands = expected.setdefault(option.key, (variable(option.key), []))
            name = command[0] if command in STEERING else " ".join(command)
            commands += [name] if option.expose_value and name not in commands else []
    assert listed == expected


@pytest.mark.parametrize(("before", "words", "printed"), SHOWN, ids=[words for _, words, _ in SHOWN])
def test_what_the_page_shows_is_printed(
    before: str, words: str, printed: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n[serve]\nprot = 9000\n" if "serve.prot" in printed else FILE
    (here / "mockserver.toml").write_text(text, encoding="utf-8")
    if before:
        monkeypatch.setenv(*before.strip().split("="))
    result = CliRunner().invoke(main, words.split())
    assert result.output.replace(str(here), "/home/me/project") == printed
