"""A player: it does what a page says, from its first block to its last, in a folder of its own.

* ``sh``: commands that succeed. ``console``: commands behind ``$``, and what each prints; lines without a ``$`` above
  them are what the command that goes on has said meanwhile. ``^C`` is that key.
* A block whose sentence names a file is written there. Other Python is run, by pytest if it has tests.
* JSON, TOML and YAML are read; ``text`` and ``js`` are only shown.

A command that goes on, such as ``mockserver serve``, gets a terminal of its own, and ends when the page starts another
one at its port. If a page speaks to the usual port and has started nothing there, ``mockserver serve`` is meant.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from difflib import unified_diff
from functools import partial

import yaml

from tests.conftest import PATIENCE
from tests.support.pages.page import Block, When
from tests.support.pages.sameness import comparable, is_same
from tests.support.pages.terminal import Staying, Terminal

USUAL_PORT = "8080"
PORT = re.compile(r'(?:(?<=localhost:)|(?<=127\.0\.0\.1:)|(?<=127\.0\.0\.1", )|(?<=--port ))\d{4,5}\b')
"""A port, wherever a page names one."""

_STAYS = re.compile(r"(make serve|mockserver (serve|proxy|tail))\b")
_STEERS = re.compile(r"mockserver (tasks|faults?|clock|reset|verify)\b")
_SERVES = re.compile(
    r"make serve(?: ARGS=\"(?P<args>.*)\")?|mockserver (?P<what>serve|proxy)\b(?P<options>.*)", re.DOTALL
)

_FOLDER = "/home/me/project"
"""What pages call the folder that their reader is in."""

_LONG_SECONDS = 900.0
"""For what installs from an empty cache, or checks all of a client, on the slowest machine."""

_READ: Mapping[str, Callable[[str], object]] = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}
_PLAYED = ("sh", "console", "python", "text", "js")


class Differs(AssertionError):
    """What came is not what the page shows."""


class Player:
    """Plays the blocks of one page.

    * ``moved``: another port for each of the page's, so that pages can be played side by side; then ``make serve`` is
      the command that it runs, for no page but that of an empty machine shall wait for an installation
    * ``tell``: is told of each command, and of what it printed
    """

    def __init__(self, shell: Terminal, moved: Mapping[str, str], tell: Callable[[str], object]) -> None:
        self._shell, self._moved, self._tell = shell, moved, tell
        self._serving: dict[str, Staying] = {}

    def play(self, block: Block) -> None:
        """Play a block. Raises ``AssertionError``, which says what was done and what came."""
        patience = PATIENCE if block.when is When.ALWAYS else _LONG_SECONDS
        _read(block)
        if block.file is not None:
            self._shell.write(block.file, self._ours(block.text))
        elif block.kind == "python":
            self._python(block.text, patience)
        elif block.kind == "sh":
            for command in commands(block.text):
                (self._watch if _STAYS.match(command) else self._do)(command, None, patience)
        elif block.kind == "console":
            for command, shown in session(block.text):
                goes_on = not command or block.goes_on or _STAYS.match(command)
                (self._watch if goes_on else self._do)(command, shown, patience)

    def _python(self, text: str, patience: float) -> None:
        self._serve_if_asked(text)
        file = self._shell.scratch / "block.py"
        self._shell.write(str(file), self._ours(text))
        runner = "python -m pytest -q -p no:cacheprovider" if "def test_" in text else "python"
        self._do(f"PYTHONPATH=. {runner} {file}", None, patience)

    def _do(self, command: str, shown: str | None, patience: float) -> None:
        """Do one command of the page, and compare what it prints with what is shown, if anything is."""
        self._serve_if_asked(command)
        printed, status = self._shell.run(self._ours(command), patience)
        self._compare(command, shown, printed)
        if shown is None and status != 0:
            raise Differs(f"$ {command}\nended with {status}:\n{self._theirs(printed)}")

    def _watch(self, command: str, shown: str | None, patience: float) -> None:
        """Start a command that goes on, if one is named, and compare what is said until that is what is shown."""
        staying = self._start(command) if command else self._shell.staying[-1]
        shown, key, _ = (shown or "…").partition("^C")
        is_enough = partial(self._is_enough, shown or "…")
        printed = staying.said(is_enough, patience if self._moved else _LONG_SECONDS)
        if key:
            staying.interrupt()
        self._compare(command, shown or "…", printed)

    def _compare(self, command: str, shown: str | None, printed: str) -> None:
        printed = self._theirs(printed)
        self._tell(f"$ {command}\n{printed}")
        if shown is not None and not is_same(shown, printed):
            raise Differs("\n".join([f"$ {command}", *_difference(shown, printed)]))

    def _is_enough(self, shown: str, said: str) -> bool:
        return "\n" in said and is_same(shown, self._theirs(said))

    def _start(self, command: str) -> Staying:
        """Start a command that goes on, in the place of the one at its port."""
        port = _port_of(command) if _SERVES.match(command) else command
        if old := self._serving.pop(port, None):
            old.interrupt()
        self._serving[port] = self._shell.start(self._ours(command))
        return self._serving[port]

    def _serve_if_asked(self, text: str) -> None:
        if (USUAL_PORT in PORT.findall(text) or _STEERS.match(text)) and USUAL_PORT not in self._serving:
            self._watch("mockserver serve", None, PATIENCE)

    def _ours(self, text: str) -> str:
        """Return a text of the page with our ports in it; a command that serves names its own."""
        if not self._moved:
            return text
        if serves := _SERVES.match(text):
            what, options = serves["what"] or "serve", serves["options"] or serves["args"] or ""
            usual = "" if "--port " in options else f" --port {USUAL_PORT}"
            text = f"mockserver {what}{usual} {options}"
        return PORT.sub(lambda found: self._moved.get(found[0], found[0]), text)

    def _theirs(self, text: str) -> str:
        """Return what was printed with the ports of the page, and a folder as a reader has it."""
        text = text.replace(str(self._shell.folder), _FOLDER)
        back = {ours: theirs for theirs, ours in self._moved.items()}
        return PORT.sub(lambda found: back.get(found[0], found[0]), text)


def _read(block: Block) -> None:
    """Read a block of data; there is no other kind than those that are played."""
    try:
        _READ[block.kind](block.text)
    except KeyError:
        assert block.file or block.kind in _PLAYED, f"nobody knows how to play a block of the kind {block.kind!r}"
    except (ValueError, yaml.YAMLError) as error:
        raise AssertionError(f"this is no {block.kind}: {error}") from error


def ports(text: str) -> list[str]:
    """Return the ports that a page names, and the one that it need not name."""
    return list(dict.fromkeys([USUAL_PORT, *PORT.findall(text)]))


def commands(text: str) -> Iterator[str]:
    """Yield the commands of a block; one that is not whole at the end of its line goes on."""
    command = ""
    for line in text.splitlines():
        command = f"{command}\n{line}" if command else line
        if _is_whole(command):
            if command.strip() and not command.lstrip().startswith("#"):
                yield command.strip()
            command = ""
    assert not command, f"this command is not whole: {command}"


def _is_whole(command: str) -> bool:
    if command.endswith("\\"):
        return False
    return subprocess.run(["bash", "-n", "-c", command], capture_output=True, check=False).returncode == 0


def session(text: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a session with what each is shown to print; the first may be empty."""
    command, shown = "", ""
    for line in text.splitlines(keepends=True):
        if line.startswith("$ ") and (command or shown):
            yield command.strip(), shown
            command, shown = line[2:], ""
        elif line.startswith("$ "):
            command = line[2:]
        elif line.startswith("> ") and not shown:
            command += line[2:]
        else:
            shown += line
    yield command.strip(), shown


def _port_of(command: str) -> str:
    named = re.search(r"--port (\d+)", command)
    return named[1] if named else USUAL_PORT


def _difference(shown: str, printed: str) -> Iterator[str]:
    before, after = (comparable(text).splitlines() for text in (shown, printed))
    return unified_diff(before, after, "shown", "printed", n=len(before), lineterm="")
