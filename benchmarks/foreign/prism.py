"""Prism: an OpenAPI mock by others. It answers with the first example of its document, and keeps no state.

``make foreign`` installs it from npm, by package.json.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO

from benchmarks.harness.process import stop

COMMAND = Path(__file__).parent / "node_modules" / ".bin" / "prism"
_LISTENING = re.compile(r"Prism is listening on (http://127\.0\.0\.1:\d+)")
_PATIENCE_SECONDS = 60.0
"""How long it may take to start: Node on a busy machine is slow."""


def missing() -> str | None:
    """Say why Prism cannot be started; ``None`` if it can."""
    if shutil.which("node") is None:
        return "this machine has no Node"
    return None if COMMAND.exists() else "Prism is not installed: make foreign does it"


@contextmanager
def served(document: Path) -> Iterator[str]:
    """Serve an OpenAPI document on a free port, and stop in any case. Yields the URL."""
    command = ("node", str(COMMAND), "mock", "--port", "0", str(document))
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert child.stdout is not None
    heard: Queue[str | None] = Queue()
    # It writes a line for each request, and would block if nobody read them.
    reader = Thread(target=_read, args=(child.stdout, heard))
    reader.start()
    try:
        yield _url(heard)
    finally:
        stop(child)
        reader.join()
        child.stdout.close()


def _read(said: IO[str], heard: Queue[str | None]) -> None:
    """Put the URL into the queue once it is known, and ``None`` at the end."""
    for line in said:
        if found := _LISTENING.search(line):
            heard.put(found[1])
    heard.put(None)


def _url(heard: Queue[str | None]) -> str:
    try:
        url = heard.get(timeout=_PATIENCE_SECONDS)
    except Empty:
        url = None
    if url is None:
        raise RuntimeError(f"Prism did not start within {_PATIENCE_SECONDS:g} s")
    return url
