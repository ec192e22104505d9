"""Completion: what a shell offers after the word mockserver, asked of a real one."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli import main
from tests.support.programs import need

ASKED = """
eval "$(mockserver completion bash)"
COMP_WORDS=({words}) COMP_CWORD={place}
$(complete -p mockserver | sed -E 's/.*-F ([^ ]+).*/\\1/') mockserver
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(folder: Path, line: str) -> list[str]:
    """Return what a real bash offers at the end of a line."""
    need("bash")
    script = Path(sys.executable).with_name("mockserver")
    assert script.exists(), "make installs it beside the interpreter"
    (folder / "mockserver").symlink_to(script)
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    code = ASKED.format(words=" ".join(map(shlex.quote, words)), place=len(words) - 1)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    bash = str(shutil.which("bash"))
    ended = subprocess.run(
        [bash, "--norc", "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "PATH": path}
    )
    assert ended.stderr == ""
    return ended.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mockserver che", ["check"]),
        ("mockserver check ", ["client", "server"]),
        ("mockserver --allow-c", ["--allow-callbacks-to"]),
        ("mockserver serve --trust", ["--trust-proxy"]),
        ("mockserver --port 80 --pac", ["--pace"]),
        ("mockserver check server http://x --max-", ["--max-creates", "--max-units"]),
        ("mockserver completion ", ["bash", "zsh", "fish"]),
    ],
)
def test_bash_completes_commands_and_options(tmp_path: Path, line: str, expected: list[str]) -> None:
    assert completed(tmp_path, line) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert f"_MOCKSERVER_COMPLETE={shell}_complete" in result.stdout
