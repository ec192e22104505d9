"""The mocks by others: how each is started with the description of Kling's API, and why one cannot be.

``make bench`` installs them from npm, by package.json. None of them keeps tasks: a query is answered with an example.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from benchmarks.foreign import prism
from benchmarks.harness.process import ROOT, Process, free_port, listening
from benchmarks.peers.stubs import write_stubs

_FOLDER = Path(__file__).parent
_SERVER = _FOLDER / "server.js"

BACKEND = "openapi-backend"
WIREMOCK = "WireMock, no journal"
JOURNALING = "WireMock"

WARMING = MappingProxyType({WIREMOCK: 8.0, JOURNALING: 8.0})
"""Seconds that each kind of request is asked before it is measured: after them Java has compiled what it will."""


@dataclass(frozen=True, slots=True)
class Mock:
    """A mock: its command, given a free port, our description and a folder of its own, and why it is missing, if so."""

    name: str
    command: Callable[[int, Path, Path], Sequence[str]]
    missing: Callable[[], str | None]


def _prism(port: int, description: Path, _: Path) -> Sequence[str]:
    return ("node", str(prism.COMMAND), "mock", "--port", str(port), str(description))


def _backend(port: int, description: Path, _: Path) -> Sequence[str]:
    return ("node", str(_SERVER), str(description), str(port))


def _wiremock(*options: str) -> Callable[[int, Path, Path], Sequence[str]]:
    def command(port: int, _: Path, folder: Path) -> Sequence[str]:
        write_stubs(folder)
        # Our client reads answers by their length.
        always = ("--disable-banner", "--bind-address", "127.0.0.1", "--use-chunked-encoding", "never")
        return ("java", "-jar", str(_jar()), "--port", str(port), "--root-dir", str(folder), *always, *options)

    return command


def _jar() -> Path | None:
    return next((_FOLDER / "node_modules" / "wiremock" / "build").glob("wiremock-standalone-*.jar"), None)


def _no_backend() -> str | None:
    if shutil.which("node") is None:
        return "this machine has no Node"
    is_here = (_FOLDER / "node_modules" / "openapi-backend").is_dir()
    return None if is_here else "openapi-backend is not installed: make bench does it"


def _no_wiremock() -> str | None:
    if shutil.which("java") is None:
        return "this machine has no Java"
    return None if _jar() else "WireMock is not installed: make bench does it"


_ANSWER_SECONDS = 30.0
"""How long WireMock may take to forget some ten thousand requests."""

MOCKS = (
    Mock(BACKEND, _backend, _no_backend),
    Mock(WIREMOCK, _wiremock("--no-request-journal"), _no_wiremock),
    Mock(JOURNALING, _wiremock(), _no_wiremock),
    Mock("Prism", _prism, prism.missing),
)


def emptied(server: Process, requests: Callable[[], Sequence[bytes]]) -> Sequence[bytes]:
    """Empty WireMock's journal, and return the requests that come next.

    It has no bound of itself and would fill the machine; with a bound, it counts all entries anew for each request.
    """
    with closing(HTTPConnection("127.0.0.1", server.port, _ANSWER_SECONDS)) as connection:
        connection.request("DELETE", "/__admin/requests")
        status = connection.getresponse().status
    if status != 200:
        raise RuntimeError(f"WireMock has emptied no journal: {status}")
    return requests()


@contextmanager
def served() -> Iterator[dict[str, Process]]:
    """Start all mocks that are here, and end them in any case. Yields them by name; prints why one is left out."""
    with TemporaryDirectory() as place, ExitStack() as stack:
        description = Path(place, "openapi.json")
        command = (sys.executable, "-m", "mockserver", "openapi", "kling", "--output", str(description))
        subprocess.run(command, cwd=ROOT, check=True)
        found: dict[str, Process] = {}
        for mock in MOCKS:
            if reason := mock.missing():
                print(f"{mock.name} is left out: {reason}")
                continue
            folder = Path(stack.enter_context(TemporaryDirectory()))
            port = free_port()
            found[mock.name] = stack.enter_context(listening(mock.command(port, description, folder), port))
        yield found
