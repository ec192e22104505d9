"""What some tests need of the machine: programs, and a font with Chinese letters."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

from mockserver.fake.media import faces

OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "VENV", "PYTHON", "ARGS")
"""The variables by which make tells those that it starts what it was told itself, also another make."""

PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
"""With the folder of programs that a user may run and seldom does, such as nginx."""


def need(*programs: str) -> None:
    """Skip a test whose programs are missing. In our CI, which installs them, it fails: nothing is left out unseen."""
    missing = [program for program in programs if shutil.which(program, path=PATH) is None]
    if missing:
        lack(", ".join(missing))


def need_chinese() -> None:
    """Skip a test, or fail it in our CI, where no font of the machine has Chinese letters."""
    if faces.having("猫") is None:
        lack("font with Chinese letters")


def lack(what: str) -> NoReturn:
    """Skip a test that lacks something of the machine, or fail it in our CI."""
    if os.environ.get("TESTS_SKIP_NOTHING"):
        pytest.fail(f"there is no {what}; .ci/programs installs it")
    pytest.skip(f"this machine has no {what}")
