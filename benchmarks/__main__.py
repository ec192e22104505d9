"""``python -m benchmarks [NAME …]``: measure, beside floors measured in the same run."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter

SUBJECTS = {
    "serving": "requests per second, processor time and latency, beside the floor's",
    "job": "the cold CI job: launch, first 200, a thousand creates, beside the floor's",
    "memory": "what 100 000 tasks take, and what one more costs",
    "callbacks": "how many are delivered in a second, and what it costs that many wait",
    "results": "a picture and a film through HTTP, made and kept",
    "patching": "a call through patch() beside a static route of respx, and what the plugin costs a pytest run",
    "judging": "how long the judges take for each example client and for the fake, and how much memory",
    "payloads": "all rules broken alone, valid and invalid payloads per second",
}


def main() -> None:
    """Run the benchmarks that are named, or all, in order."""
    subjects = {name: subject for name, subject in SUBJECTS.items() if find_spec(f"benchmarks.{name}")}
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Print figures, with the target beside each that has one. Nothing is asserted.",
        epilog="\n".join(["benchmarks:", *(f"  {name:10} {subject}" for name, subject in subjects.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="run this one only; repeatable")
    chosen = parser.parse_args().names or list(subjects)
    if unknown := [name for name in chosen if name not in subjects]:
        parser.error(f"no benchmark is called {unknown[0]!r}; there are {', '.join(subjects)}")
    # The default action would end us without ending the servers that we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = perf_counter()
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores")
    for name in chosen:
        import_module(f"benchmarks.{name}").main()
        sys.stdout.flush()
    print(f"\n{perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
