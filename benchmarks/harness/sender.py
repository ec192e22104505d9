"""``python -m benchmarks.harness.sender PORT COUNT``: posts callbacks to a receiver as fast as one process can."""

from __future__ import annotations

import sys

from benchmarks.harness.client import load
from benchmarks.harness.stream import images
from benchmarks.harness.wire import post

_CONNECTIONS = 32
"""As many as the fake opens to one receiver."""

_PATIENCE_SECONDS = 60.0


def main() -> None:
    """Send, and end when the last was answered."""
    port, count = map(int, sys.argv[1:])
    requests = [post("/callback", payload) for payload in images(500)]
    load(port, requests, seconds=_PATIENCE_SECONDS, connections=_CONNECTIONS, most=count).expect(200)


if __name__ == "__main__":
    main()
