"""Background tasks: what fails is told and counted, and what must not end is started again."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.adapters.http import workers as module
from mockserver.adapters.http.workers import Workers
from tests.conftest import PATIENCE

SOURCES = Path(module.__file__).parents[2]
STARTERS = {"create_task", "ensure_future", "TaskGroup", "create_task_group", "run_coroutine_threadsafe"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def starters(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in STARTERS:
            yield name


def test_every_background_task_of_a_server_is_a_worker() -> None:
    found = {path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.py") if any(starters(path))}
    assert found - {"adapters/mcp/stdio.py"} == {"adapters/http/workers.py"}  # that is no server, and waits for its own


async def test_work_that_fails_is_told_and_counted_and_its_waiter_gets_the_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def fails() -> None:
        raise LookupError("of a kind nobody foresaw")

    workers = Workers()
    wellness = [workers.is_well]
    with pytest.raises(LookupError):
        await workers.start("errand", fails(), "gave up an errand")
    wellness.append(workers.is_well)
    assert wellness == [True, False]
    assert workers.report() == {
        "errand": {
            "running": 0,
            "failures": 1,
            "restarts": 0,
            "last_failure": "LookupError: of a kind nobody foresaw",
        }
    }
    told = capsys.readouterr().err
    assert told.startswith("mockserver: gave up an errand\nTraceback")
    with pytest.raises(LookupError):
        await workers.start("errand", fails())
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("end", ["raises", "returns", "is-cancelled"])
async def test_work_that_must_not_end_is_started_again_however_it_ended(end: str) -> None:
    begun = asyncio.Event()
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 2:
            begun.set()
            await asyncio.Event().wait()
        if end == "raises":
            raise RuntimeError
        if end == "is-cancelled":
            raise asyncio.CancelledError

    workers = Workers()
    workers.keep("loop", work)
    async with asyncio.timeout(PATIENCE):
        await begun.wait()
    report = workers.report()["loop"]
    assert (report["running"], report["restarts"], workers.is_well) == (1, 1, False)
    await workers.stop()
    assert workers.report()["loop"]["running"] == 0
    await asyncio.sleep(0)
    assert runs == 2


async def test_work_that_always_fails_is_started_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    pauses: list[float] = []
    call_later, done = loop.call_later, asyncio.Event()

    def later(pause: float, work: object, *rest: object) -> object:
        pauses.append(pause)
        if len(pauses) == 10:
            done.set()
        return call_later(0, work, *rest)  # type: ignore[arg-type] # passed on as it came

    async def fails() -> None:
        raise RuntimeError

    workers = Workers()
    async with asyncio.timeout(PATIENCE):
        monkeypatch.setattr(loop, "call_later", later)
        workers.keep("loop", fails)
        await done.wait()
        await workers.stop()
    assert pauses[:10] == [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]
