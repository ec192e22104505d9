"""What ``make torture`` installs beside the rest: the extra ``foreign``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def command(name: str) -> str:
    """Return the path of a command of the environment; without it the test is skipped."""
    found = Path(sys.executable).parent / name
    if not found.exists():
        pytest.skip(f"{name} is not installed: make torture does it")
    return str(found)
