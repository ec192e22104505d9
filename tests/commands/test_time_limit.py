"""The time limit of a command: a run that hangs is stopped and cleans up; one that does not is left alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mockserver.commands.judging.time_limit import TookTooLong, verdict_in_time
from mockserver.kit.verdict import Verdict

PROGRAM = """
from queue import Queue
from mockserver.commands.judging.time_limit import TookTooLong, time_limit
try:
    with time_limit({seconds}):
        try:
            {work}
        finally:
            print("cleaned up")
except TookTooLong as error:
    print(error)
"""


def run(seconds: float | None, work: str) -> str:
    code = PROGRAM.format(seconds=seconds, work=work)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.parametrize("work", ["Queue().get()", "sum(1 for _ in iter(int, 1))", "import time; time.sleep(50)"])
def test_a_run_that_hangs_is_stopped_and_cleans_up(work: str) -> None:
    assert run(0.2, work) == (
        "cleaned up\nthe run did not end within 0.2 s and was stopped: please report this as a bug\n"
    )


@pytest.mark.parametrize("seconds", [50, None])
def test_a_run_that_ends_in_time_is_left_alone(seconds: float | None) -> None:
    assert run(seconds, "pass") == "cleaned up\n"


def test_a_run_in_the_background_is_stopped_although_it_ignores_ctrl_c() -> None:
    told = run(0.2, "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); Queue().get()")
    assert told.startswith("cleaned up\nthe run did not end")


def test_a_run_that_was_stopped_has_a_verdict_that_says_so() -> None:
    found = verdict_in_time(lambda: Verdict("a server", (), facts=(("exchanges", "3"),)), "a server", 50)
    assert found.obstacle is None

    def hang() -> Verdict:
        raise TookTooLong(7)

    assert verdict_in_time(hang, "a server", None) == Verdict(
        "a server", (), obstacle="the run did not end within 7 s and was stopped: please report this as a bug"
    )
