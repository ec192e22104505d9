"""docs/configuration.md names each option."""

from __future__ import annotations

import re
from pathlib import Path

from mockserver.configuration.environment import variable
from mockserver.options.commands import COMMANDS, STEERING

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


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
