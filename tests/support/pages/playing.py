"""Playing a page: beside others, with the mockserver that the tests have; or word for word, on an empty machine."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.support.pages.page import ROOT, When, blocks
from tests.support.pages.player import USUAL_PORT, Player, ports
from tests.support.pages.terminal import terminal
from tests.support.programs import OF_MAKE

CLONE = "URL-OF-THIS-REPOSITORY"
"""What a page says for a place that its reader knows."""

_OURS = (
    *("MOCKSERVER_", "KLING_", "PYTHON", "PYTEST", "COVERAGE", "XDG_", "VIRTUAL_ENV", "TERM", "COLUMNS", "PIP_CACHE"),
    *OF_MAKE,
)
"""How the variables begin that a reader does not have."""

_PYTEST = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "mockserver.pytest_plugin"}
"""Of all plugins that our own tests have, a reader needs but ours; the others take half a second to load."""

_BIN = str(Path(sys.executable).parent)


def play(page: Path, folder: Path, chosen: Collection[When] = (When.ALWAYS,)) -> None:
    """Play the chosen blocks of a page, on ports that nobody else has."""
    text = page.read_text(encoding="utf-8")
    (folder / "here").mkdir()
    for name in ("examples", "clients"):
        (folder / "here" / name).symlink_to(ROOT / name)
    path = os.pathsep.join([_BIN, os.environ["PATH"]])
    moved = _moved(ports(text))
    found = {"PATH": path, "MOCKSERVER_URL": f"http://127.0.0.1:{moved[USUAL_PORT]}", **_PYTEST}
    _play(text, folder, found, chosen, moved, lambda _: None)


def play_on_an_empty_machine(page: Path, clone: str, folder: Path, tell: Callable[[str], object]) -> None:
    """Play a page word for word, and tell of it: nothing of ours is there but ``clone``, of which git makes one."""
    text = page.read_text(encoding="utf-8").replace(CLONE, clone)
    path = os.pathsep.join(each for each in os.environ["PATH"].split(os.pathsep) if each != _BIN)
    environment = {"PATH": path, "PIP_CACHE_DIR": str(folder / "cache")}
    _play(text, folder, environment, (When.ALWAYS, When.LONG, When.FRESH), {}, tell)


def _play(
    text: str,
    folder: Path,
    environment: Mapping[str, str],
    chosen: Collection[When],
    moved: Mapping[str, str],
    tell: Callable[[str], object],
) -> None:
    here, home, scratch = (folder / name for name in ("here", "home", "scratch"))
    for each in (here, home, scratch):
        each.mkdir(exist_ok=True)
    # On a terminal curl shows no progress beside a short answer; in a file it would.
    (scratch / ".curlrc").write_text("silent\nshow-error\n", encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    found = {**inherited, "HOME": str(home), "CURL_HOME": str(scratch), "LC_ALL": "C.UTF-8", "TZ": "UTC", **environment}
    with terminal(here, scratch, found) as shell:
        player = Player(shell, moved, tell)
        for block in blocks(text):
            if block.when in chosen:
                try:
                    player.play(block)
                except AssertionError as error:
                    error.add_note(f"line {block.line} of the page")
                    raise


def _moved(named: Collection[str]) -> Mapping[str, str]:
    """Return a free port for each."""
    with ExitStack() as stack:
        free = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in named]
        return {port: str(each.getsockname()[1]) for port, each in zip(named, free, strict=True)}
