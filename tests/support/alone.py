"""Programs that reach nothing but this machine's loopback: in a network of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import cache

import pytest

from tests.support.programs import need

_UP = 'ip link set lo up && exec "$@"'


def alone(*command: str) -> list[str]:
    """Return the words that run a command in a network with no other interface. Skip where none can be made."""
    need("unshare", "ip")
    words = _words()
    if words is None:  # nothing that can be installed, in our CI neither
        pytest.skip("no network can be made here, in which there is loopback alone")
    return [*words, "sh", "-c", _UP, "alone", *command]


@cache
def _words() -> Sequence[str] | None:
    for more in ([], ["--user", "--map-root-user"]):
        words = ["unshare", *more, "--net"]
        tried = subprocess.run([*words, "sh", "-c", _UP, "alone", "true"], capture_output=True, check=False)
        if tried.returncode == 0:
            return words
    return None
