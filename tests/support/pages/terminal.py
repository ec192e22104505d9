"""A terminal: one shell that keeps its folder and its variables from command to command, and commands that stay."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition, Thread
from time import monotonic
from uuid import uuid4

from tests.conftest import PATIENCE
from tests.support.survivors import survivors


class Stuck(AssertionError):
    """A command that has not ended in time."""


class Staying:
    """A command that goes on. What it says is read as it comes, so that it never waits for its reader."""

    def __init__(self, command: str, pipe: Path) -> None:
        self.command, self.group = command, 0
        self._said, self._seen, self._is_over, self._news = "", 0, False, Condition()
        Thread(target=self._read, args=(pipe,), daemon=True).start()

    def _read(self, pipe: Path) -> None:
        with pipe.open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                self._note(line)
        self._note("", is_over=True)

    def _note(self, line: str, *, is_over: bool = False) -> None:
        with self._news:
            self._said += line
            self._is_over = is_over
            self._news.notify_all()

    def said(self, is_enough: Callable[[str], bool], patience: float) -> str:
        """Return what it has said since the last time: wait until that is enough, or it is over."""
        with self._news:
            self._news.wait_for(lambda: self._is_over or is_enough(self._said[self._seen :]), patience)
            news, self._seen = self._said[self._seen :], len(self._said)
            return news

    def interrupt(self) -> None:
        """Press Ctrl-C, and wait for its end."""
        with self._news:
            if not self._is_over:
                os.killpg(self.group, signal.SIGINT)
            if not self._news.wait_for(lambda: self._is_over, PATIENCE):
                raise Stuck(f"{self.command!r} goes on after Ctrl-C")


class Terminal:
    """A shell in a folder, and the commands that stay, the last one at the end. ``scratch`` is for its own files."""

    def __init__(self, folder: Path, scratch: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.scratch, self.staying = folder, scratch, list[Staying]()
        reading, self._telling = os.pipe()
        self._mark = f"TERMINAL={uuid4()}"
        self._told = os.fdopen(reading, "rb", buffering=0)
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env={**environment, "TERMINAL": self._mark.partition("=")[2]},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[self._telling],
        )
        os.close(self._telling)
        self._ask("set -m; told=0", PATIENCE)  # what stays is a process group of its own, and heeds Ctrl-C

    def run(self, command: str, patience: float = PATIENCE) -> tuple[str, int]:
        """Run a command; return what it printed, and its exit status, which the next one finds in ``$?``."""
        file = self.scratch / "printed"
        status = self._ask(f"{{ {command}\n}} >{file} 2>&1 </dev/null; told=$?", patience)
        printed = file.read_text(encoding="utf-8", errors="replace")
        if status is None:
            raise Stuck(f"{command!r} has not ended after {patience:g} s:\n{printed}")
        return printed, status

    def write(self, file: str, text: str) -> None:
        """Write a file, by its name in the folder that the shell is in."""
        copy = self.scratch / "written"
        copy.write_text(text, encoding="utf-8")
        printed, status = self.run(f'mkdir -p "$(dirname {file})" && cp {copy} {file}')
        assert status == 0, printed

    def start(self, command: str) -> Staying:
        """Start a command that goes on."""
        pipe = self.scratch / f"staying-{len(self.staying)}"
        os.mkfifo(pipe)
        staying = Staying(command, pipe)
        group = self._ask(f"{{ {command}\n}} >{pipe} 2>&1 </dev/null & told=$!", PATIENCE)
        if group is None:
            raise Stuck(f"{command!r} was not started")
        staying.group = group
        self.staying.append(staying)
        return staying

    def _ask(self, command: str, patience: float) -> int | None:
        """Have the shell do something and tell a number; return that, or nothing if it does not come in time."""
        assert self._shell.stdin is not None
        # The number goes by a channel of its own, and an exit status is there again for the next command.
        asked = f'{command}\necho "$told" >&{self._telling}; (exit "$((told % 256))")\n'
        self._shell.stdin.write(asked.encode())
        self._shell.stdin.flush()
        end, told = monotonic() + patience, b""
        while not told.endswith(b"\n"):
            readable, _, _ = select.select([self._told], [], [], max(end - monotonic(), 0))
            chunk = self._told.read(100) if readable else b""
            if not chunk:
                return None
            told += chunk
        return int(told)

    def close(self) -> None:
        """End all that goes on, and the shell."""
        try:
            for staying in self.staying:
                staying.interrupt()
        finally:
            self._shell.kill()
            self._shell.communicate()
            while alive := survivors(self._mark):
                for process in alive:
                    with suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
            self._told.close()


@contextmanager
def terminal(folder: Path, scratch: Path, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """Open a terminal, and close it in any case."""
    found = Terminal(folder, scratch, environment)
    try:
        yield found
    finally:
        found.close()
