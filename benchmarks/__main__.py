"""``python -m benchmarks [NAME …]``: measure, beside floors and other mocks measured in the same run."""

from __future__ import annotations

import argparse
import signal
import sys
from importlib import import_module
from time import perf_counter

from benchmarks.harness import page
from benchmarks.harness.figures import Goal, Sheet

SUBJECTS = {
    "serving": "processor time, requests per second and latency, beside the floor's and other mocks'",
    "stores": "creates on SQLite and Redis, with one worker and two, beside the floor's",
    "job": "the cold CI job: launch, first 200, a thousand creates, beside the floor's",
    "console": "what a line for each request adds to a start and to a create",
    "callbacks": "how many are delivered in a second, and what it costs that many wait",
    "hour": "the clock advanced by an hour over 10 000 tasks with 30 000 callbacks",
    "memory": "what a million tasks take",
    "growth": "whether a create, a page and a reset cost more with 200 000 tasks stored",
    "results": "a picture and a film through HTTP, made and kept",
    "patching": "a call through patch() beside a static route of respx, and what the plugin costs a pytest run",
    "judging": "how long the judges take for each example client and for the fake, and how much memory",
    "endpoints": "lines of JSON and of Python for each endpoint, by service",
    "payloads": "all rules broken alone, valid and invalid payloads per second",
}

SHOWN = ("serving", "stores", "job", "callbacks", "hour", "memory", "growth")
"""Those whose figures are on the page."""

COUNTED = "endpoints"
"""What is counted, and has a page of its own."""


def main() -> None:
    """Run the benchmarks that are named, or all, in order."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Print figures, with the target beside each that has one. Nothing is asserted.",
        epilog="\n".join(["benchmarks:", *(f"  {name:10} {subject}" for name, subject in SUBJECTS.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="run this one only; repeatable")
    parser.add_argument(
        "--write-page",
        action="store_true",
        help=f"run {', '.join(SHOWN)}, and write their figures into docs/speed.md; {COUNTED} writes docs/endpoints.md",
    )
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in SUBJECTS]:
        parser.error(f"no benchmark is called {unknown[0]!r}; there are {', '.join(SUBJECTS)}")
    if options.write_page and options.names not in ([], [COUNTED]):
        parser.error(f"--write-page takes no NAME but {COUNTED}: the page is of one run of all that it shows")
    # The default action would end us without ending the servers that we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = perf_counter()
    print(page.machine())
    found: list[Goal | Sheet] = []
    for name in options.names or (SHOWN if options.write_page else SUBJECTS):
        found += import_module(f"benchmarks.{name}").main() or ()
        sys.stdout.flush()
    if options.write_page and options.names:
        page.write_counted([each for each in found if isinstance(each, Sheet)])
    elif options.write_page:
        page.write(found)
    print(f"\n{perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
