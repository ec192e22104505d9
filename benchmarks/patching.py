"""Patching: a call through ``patch()`` beside a static route of respx, and what the plugin costs an idle pytest run."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from time import process_time

import httpx
import respx

from benchmarks.harness.figures import Figure, ratios, table
from benchmarks.harness.process import ROOT, environment
from benchmarks.harness.stream import IMAGES, images
from mockserver.adapters.testing.patch import Patch, patch
from mockserver.types import JSON

_CALLS = 300
_CALL_ROUNDS = 15
_RUN_ROUNDS = 41
_URL = f"https://api-singapore.klingai.com{IMAGES}"
_IMAGE = images(1)[0]
_KEY = {"authorization": "Bearer benchmark"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that a client makes again and again."""

    method: str
    url: str
    body: JSON = None


Repeated = Callable[[Call], None]
"""Makes a call ``_CALLS`` times."""


def main() -> None:
    """Print two tables: calls, and runs of pytest."""
    patched = patch(pace="instant")
    rows = []
    with httpx.Client(headers=_KEY) as client, asyncio.Runner() as runner:
        async_client = httpx.AsyncClient(headers=_KEY)

        def plainly(call: Call) -> None:
            for _ in range(_CALLS):
                client.request(call.method, call.url, json=call.body).raise_for_status()

        async def awaited(call: Call) -> None:
            for _ in range(_CALLS):
                (await async_client.request(call.method, call.url, json=call.body)).raise_for_status()

        for name, repeated in (("sync", plainly), ("async", lambda call: runner.run(awaited(call)))):
            for kind, call in (("create", lambda: Call("POST", _URL, _IMAGE)), ("query", finished)):
                rows.append((f"{name} {kind}", *compared(patched, call, repeated)))
        runner.run(async_client.aclose())
    title = f"CPU microseconds of a call, median (spread) of {_CALL_ROUNDS} times {_CALLS} in turn"
    print(table(title, ["", "static route", "patch()", "patch() / route", "target"], rows))
    with TemporaryDirectory() as folder:
        print(_runs(Path(folder)))


def finished() -> Call:
    """Make a task, and return the query of it."""
    id = httpx.post(_URL, json=_IMAGE, headers=_KEY).json()["data"]["task_id"]
    return Call("GET", f"{_URL}/{id}")


def compared(patched: Patch, call: Callable[[], Call], repeated: Repeated) -> Sequence[str]:
    """Measure a call that is new each time; the route gives the answer that the fake gave."""
    routes, ours = [], []
    for _ in range(_CALL_ROUNDS + 1):
        with patched:
            patched.fake.reset()
            made = call()
            answer = httpx.request(made.method, made.url, json=made.body, headers=_KEY).raise_for_status().json()
            ours.append(_microseconds(repeated, made))
        mock = respx.MockRouter(assert_all_called=False)
        mock.request(made.method, made.url).respond(json=answer)
        with mock:
            routes.append(_microseconds(repeated, made))
    del routes[0], ours[0]  # they also pay for what is made once
    return f"{Figure.of(routes):.0f}", f"{Figure.of(ours):.0f}", f"{ratios(ours, routes):.2f}", "<= 1.50"


def _microseconds(repeated: Repeated, call: Call) -> float:
    before = process_time()
    repeated(call)
    return (process_time() - before) / _CALLS * 1e6


def _runs(folder: Path) -> str:
    """Install what a user would, and compare runs of one test that asks for nothing of ours."""
    site, empty = folder / "site", folder / "empty"
    install = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(site), str(ROOT)]
    _run(["-m", "pip", "--disable-pip-version-check", "install", *install], empty)
    test = folder / "test_it.py"
    test.write_text("def test_it(): pass\n")
    others = {point.name for point in entry_points(group="pytest11")} - {"mockserver"}
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"-pno:{name}" for name in sorted(others)), str(test)]
    without, with_it = [], []
    for _ in range(_RUN_ROUNDS + 1):
        without.append(_cpu([*command, "-p", "no:mockserver"], empty))
        with_it.append(_cpu(command, site))
    del without[0], with_it[0]  # they also compile
    more = Figure.of(one - other for one, other in zip(with_it, without, strict=True))
    rows = [
        ("the whole run", f"{Figure.of(without):.0f}", f"{Figure.of(with_it):.0f}", f"{more:.1f}", "< 5"),
        ("pytest reads the list of our files", "", "", f"{_timed('list(map(str, our.files))', site):.1f}", ""),
        ("it imports the plugin", "", "", f"{_timed('import mockserver.pytest_plugin', site):.1f}", ""),
    ]
    title = f"CPU ms of a pytest run that uses nothing of ours, median (spread) of {_RUN_ROUNDS} in turn"
    return table(title, ["", "not installed", "installed", "more", "target"], rows)


def _timed(statement: str, site: Path) -> float:
    """Return the milliseconds of processor time that a statement takes in a Python that has pytest."""
    before = "import pytest; from importlib.metadata import distribution; our = distribution('kling-mockserver')"
    timed = f"from time import process_time; began = process_time(); {statement}; print(process_time() - began)"
    return Figure.of(float(_run(["-c", f"{before}; {timed}"], site)) for _ in range(_RUN_ROUNDS // 4)).middle * 1000


def _cpu(arguments: Sequence[str], site: Path) -> float:
    """Return the milliseconds of processor time that Python takes."""
    before = getrusage(RUSAGE_CHILDREN)
    _run(arguments, site)
    after = getrusage(RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def _run(arguments: Sequence[str], site: Path) -> str:
    """Run Python with a site before its own, and return what it says."""
    command = [sys.executable, *arguments]
    env = {**environment(), "PYTHONPATH": str(site)}
    done = subprocess.run(command, cwd=site.parent, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
