"""The hour: what it costs to advance the clock over ten thousand tasks, each with three callbacks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from time import process_time

from benchmarks.harness.figures import Figure, Goal, Sheet, table
from benchmarks.harness.stream import IMAGES, images
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import Request

_ROUNDS = 3
_TASKS = 10_000
_EACH = 3
"""A task is reported when it is submitted, while it is processing, and at its end."""

_MOST_SECONDS = 1
_HEADERS = {"authorization": "Bearer benchmark", "content-type": "application/json"}


def main() -> Sequence[Goal | Sheet]:
    """Measure without a socket, print, and return what the page shows."""
    seconds = Figure.of(_advanced() for _ in range(_ROUNDS))
    title = f"An hour advanced over {_TASKS:,} tasks with {_TASKS * _EACH:,} callbacks, median (spread) of {_ROUNDS}"
    print(table(title, ["", "measured"], [("CPU seconds", f"{seconds:.2f}")]))
    subject = f"an hour advanced over {_TASKS:,} tasks, {_TASKS * _EACH:,} callbacks, CPU of ours alone"
    return [Goal.most(subject, seconds, _MOST_SECONDS, ".2f", " s")]


def _advanced() -> float:
    """Create tasks while time stands still, and return the CPU seconds of the hour and of taking all callbacks."""
    fake = Fake(Settings(pace="real"))
    fake.clock.freeze()
    payloads = images()
    for number in range(_TASKS):
        payload = {**payloads[number % len(payloads)], "callback_url": "https://example.com/callback"}
        status = fake.respond(Request("POST", IMAGES, headers=_HEADERS, body=json.dumps(payload).encode())).status
        if status != 200:
            raise RuntimeError(f"a create was answered with {status}")
    began = process_time()
    fake.clock.advance("1h")
    count = len(fake.delivered())
    seconds = process_time() - began
    if count != _TASKS * _EACH:
        raise RuntimeError(f"{count} callbacks of {_TASKS * _EACH} were due")
    return seconds
