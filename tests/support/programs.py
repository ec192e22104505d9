"""Programs of the machine that some tests need."""

from __future__ import annotations

import os
import shutil

import pytest

PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
"""With the folder of programs that a user may run and seldom does, such as nginx."""


def need(*programs: str) -> None:
    """Skip a test whose programs are missing. In our CI, which installs them, it fails: nothing is left out unseen."""
    missing = [program for program in programs if shutil.which(program, path=PATH) is None]
    if missing and os.environ.get("TESTS_SKIP_NOTHING"):
        pytest.fail(f"there is no {', '.join(missing)}; .ci/programs installs it")
    if missing:
        pytest.skip(f"this machine has no {', '.join(missing)}")
