"""Forks: many commands, each in a process of its own, for the price of importing everything once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.conftest import PATIENCE
from tests.support.process import ROOT

_PROGRAM = """
{before}
import json, os, sys, tempfile
from pathlib import Path
from mockserver.cli import main
from mockserver.contract.catalog import load

load()

def fork(words, streams):
    files = [tempfile.TemporaryFile() for _ in streams]
    pid = os.fork()
    if pid:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        for file in files:
            file.seek(0)
        return [status, *(file.read().decode() for file in files)]
    with tempfile.TemporaryFile() as stdin:
        stdin.write(b"{{}}")
        stdin.seek(0)
        os.dup2(stdin.fileno(), 0)
    for number, (stream, file) in enumerate(zip(streams, files), 1):
        if stream == "closed":
            readable, writable = os.pipe()
            os.close(readable)
            os.dup2(writable, number)
        elif stream:
            os.dup2(os.open(stream, os.O_WRONLY), number)
        else:
            os.dup2(file.fileno(), number)
    main(words, prog_name="mockserver")

asked = json.load(sys.stdin)
found = []
for words in asked["commands"]:
    found.append(fork(words, asked["streams"]))
json.dump(found, sys.stdout)
"""


@dataclass(frozen=True)
class Ended:
    """How a command has ended, and what it has said."""

    status: int
    stdout: str
    stderr: str


def ended(commands: Iterable[Sequence[str]], *, stdout: str = "", stderr: str = "", before: str = "") -> list[Ended]:
    """Run commands that start no threads, with ``{}`` on stdin; ``before`` is run before anything of ours is imported.

    A stream is the path of a file, ``closed`` for a pipe that nobody reads, or empty for one that is kept.
    """
    asked = {"commands": [list(words) for words in commands], "streams": [stdout, stderr]}
    command = [sys.executable, "-c", _PROGRAM.format(before=before)]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [Ended(*each) for each in json.loads(done.stdout)]
