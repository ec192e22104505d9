"""Checks that an assistant asks for: `mockserver check` as a program of its own, one at a time, and what it found."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from anyio import Lock, move_on_after, open_process
from anyio import Path as AsyncPath
from anyio.abc import Process

from mockserver.errors import MockserverError

_WAIT_SECONDS = 45.0
"""How long an answer waits for a check: assistants give up after a minute."""

_ENDING_SECONDS = 10.0
"""How long a check may take to end all that it began, before it is killed."""

_COMMAND = (sys.executable, "-m", "mockserver", "check")


class Checking:
    """The check that runs or has run last. Its report stays until the next one, or the end."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: Process | None = None
        self._beginning = Lock()

    @property
    def report(self) -> Path:
        """The folder of the report. Raises ``MockserverError`` if there was no check."""
        if self._folder is None:
            raise MockserverError("there was no check yet. Run one with check_client or check_server.")
        return Path(self._folder.name)

    async def begin(self, words: Sequence[str], folder: str | None = None, token: str | None = None) -> None:
        """Start ``mockserver check`` with these words, in a folder. Raises ``MockserverError``.

        The ``token`` of a server goes into a variable: command lines are seen by all on a machine.
        """
        async with self._beginning:
            await self._begin(words, folder, {**os.environ, **({} if token is None else {"MOCKSERVER_TOKEN": token})})

    async def _begin(self, words: Sequence[str], folder: str | None, variables: Mapping[str, str]) -> None:
        if self._process is not None and self._process.returncode is None:
            raise MockserverError("another check is running. Wait for it with findings.")
        if folder is not None and not await AsyncPath(folder).is_dir():
            raise MockserverError(f"folder: there is no folder {folder!r}.")
        self._forget()
        self._folder = tempfile.TemporaryDirectory(prefix="mockserver-check-", ignore_cleanup_errors=True)
        kind, *rest = words
        command = [*_COMMAND, kind, "--report", self._folder.name, *rest]
        try:
            with (self.report / _OUTPUT).open("wb") as output:
                self._process = await open_process(
                    command,
                    stdin=DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=folder,
                    env=variables,
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:
            self._forget()
            raise MockserverError(f"the check cannot be started: {error}.") from error

    async def verdict(self) -> dict[str, Any] | None:
        """Return what was found; ``None`` if that is not known after some time. Raises ``MockserverError``."""
        record = self.report / "verdict.json"
        if self._process is not None:
            with move_on_after(_WAIT_SECONDS):
                await self._process.wait()
            if self._process.returncode is None:
                return None
        if not record.exists():
            raise MockserverError(self._last_line())
        found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
        return found

    async def end(self) -> None:
        """End what runs, and remove the report."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            with move_on_after(_ENDING_SECONDS, shield=True):
                await self._process.wait()
            if self._process.returncode is None:
                self._process.kill()
        self._forget()

    def _forget(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
        self._folder, self._process = None, None

    def _last_line(self) -> str:
        """Return what a command that could not begin said at its end."""
        lines = (self.report / _OUTPUT).read_text(encoding="utf-8", errors="replace").split("\n")
        said = next((each.strip() for each in reversed(lines) if each.strip()), "it said nothing.")
        return f"nothing could be checked: {said.removeprefix('mockserver: ')}"


_OUTPUT = "output.txt"
"""What a check prints."""
