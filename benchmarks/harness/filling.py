"""``python -m benchmarks.harness.filling COUNT``: so many creates in a fake without a socket, in this process."""

from __future__ import annotations

import gc
import json
import os
import sys
from itertools import cycle, islice

from benchmarks.harness.process import Process
from benchmarks.harness.stream import IMAGES, images
from mockserver.fake.core import Fake
from mockserver.types import Request

_HEADERS = {"authorization": "Bearer benchmark", "content-type": "application/json"}


def main() -> None:
    """Print the memory in MB after the first create and after the last."""
    gc.set_threshold(50_000, 20, 100)  # as the server does
    bodies = [json.dumps(payload, ensure_ascii=False).encode() for payload in images()]
    fake = Fake()
    found = []
    for times in (1, int(sys.argv[1])):
        for body in islice(cycle(bodies), times):
            status = fake.respond(Request("POST", IMAGES, headers=_HEADERS, body=body)).status
            if status != 200:
                raise RuntimeError(f"a create was answered with {status}")
        found.append(Process(os.getpgrp(), 0).megabytes)
    print(*found)


if __name__ == "__main__":
    main()
