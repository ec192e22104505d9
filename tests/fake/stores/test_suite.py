"""The tests of the fake hold on every store: a few each time, and up to ten cases of each with ``make torture``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import redis_server, stores

ROOT = Path(__file__).parents[3]

ALL = (
    "tests/fake",
    "tests/adapters/control",
    "tests/adapters/http/test_callbacks.py",
    "tests/adapters/http/test_results.py",
    "tests/contract/test_fixtures.py",
    "--ignore=tests/fake/stores",  # they say themselves which stores they are about
    "--ignore=tests/fake/media/test_render.py",  # nothing in it has a state
    # It counts on the order in which two requests come to a turn in this process.
    "--deselect=tests/adapters/http/test_results.py::test_one_who_leaves_does_not_spoil_it_for_those_who_stay",
    # Of a sweep over rules or fixtures, all cases meet a store in the same way.
    "--most-cases=10",
)
SOME = (
    "tests/fake/test_limits.py",
    "tests/fake/test_clock.py",
    "tests/fake/test_handles.py",
    "tests/fake/faults/test_prompt.py",
    # In both of these a task shows what another one has made.
    "tests/fake/library/test_library.py",
    "tests/fake/dialects/test_useapi_products.py",
    "--deselect=tests/fake/test_handles.py::test_two_hundred_tests_at_once_do_not_see_each_other",
)


def run(kind: str, *words: str) -> None:
    if kind == "redis":
        redis_server.needed()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--store", kind, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize("kind", stores.KINDS)
def test_some_tests_of_the_fake_hold_on_every_store(kind: str) -> None:
    run(kind, *SOME)


@pytest.mark.torture
@pytest.mark.parametrize("kind", stores.KINDS)
def test_all_tests_of_the_fake_hold_on_every_store(kind: str) -> None:
    run(kind, "-n", "2", *ALL)


def test_there_is_a_way_to_each_store_but_memory() -> None:
    from tests.fake.stores.makers import SHARED

    assert stores.KINDS.keys() == SHARED.keys()
