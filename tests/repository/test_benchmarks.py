"""The benchmarks' own parts: what they print is only as true as their clients, parsers and medians."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.__main__ import SUBJECTS
from benchmarks.harness.client import Line, Load, loaded, run
from benchmarks.harness.figures import Figure, quantile, ratios, table
from benchmarks.patching import Call, compared, finished
from benchmarks.harness.process import FLOOR, clock_seconds, started
from benchmarks.harness.receiver import Receiver
from benchmarks.harness.stream import CREATE, IMAGE, IMAGES, VIDEO
from benchmarks.timers import timers
from benchmarks.harness.wire import get, message, post
from mockserver.adapters.testing.patch import patch
from mockserver.contract.catalog import load
from mockserver.contract.validation import Validator
from mockserver.types import JSON, Payload

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("name", [name for name in SUBJECTS if (FOLDER / f"{name}.py").is_file()])
def test_each_benchmark_that_is_listed_has_a_main(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    assert "main" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_module_that_has_a_main_is_listed() -> None:
    found = {path.stem for path in FOLDER.glob("[a-z]*.py") if "\ndef main(" in path.read_text(encoding="utf-8")}
    assert sorted(found - SUBJECTS.keys()) == []


@pytest.mark.parametrize(("arguments", "status", "said"), [(["--help"], 0, "serving"), (["sevring"], 2, "'sevring'")])
def test_the_command_says_what_there_is(arguments: list[str], status: int, said: str) -> None:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=FOLDER.parent)
    assert (done.returncode, said in done.stdout + done.stderr) == (status, True)


def test_a_figure_is_the_middle_and_the_spread() -> None:
    assert Figure.of([3.0, 1.0, 10.0]) == Figure(3.0, 1.0, 10.0)
    assert f"{Figure(3.0, 1.0, 10.0):.1f}" == "3.0 (1.0 to 10.0)"


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 100)])
def test_a_quantile_is_one_of_the_values(share: float, expected: float) -> None:
    assert quantile(range(100, 0, -1), share) == expected


def test_measurements_are_compared_with_those_beside_them() -> None:
    assert ratios([1.0, 4.0, 9.0], [2.0, 2.0, 3.0]) == Figure(2.0, 0.5, 3.0)


def test_the_lines_of_a_table_are_of_one_length() -> None:
    lines = table("Title", ["", "floor", "ours"], [("create", "1", "23456"), ("a longer name", "12", "3")]).splitlines()
    assert len({len(line) for line in lines[2:]}) == 1
    assert lines[-1] == "a longer name     12      3"


@settings(max_examples=30)
@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()), st.data())
def test_a_message_is_read_once_it_is_complete(payload: Payload, data: st.DataObject) -> None:
    sent = post("/path", payload)
    assert message(sent[: data.draw(st.integers(0, len(sent) - 1))]) is None
    found = message(sent + b"GET ")
    assert found is not None
    assert (found.start, json.loads(found.body), found.size) == (b"POST /path HTTP/1.1", payload, len(sent))


def test_an_answer_has_a_status_and_a_length_in_any_case() -> None:
    found = message(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")
    assert found is not None
    assert (found.status, found.body) == (404, b"{}")
    with pytest.raises(ValueError, match="without content-length"):
        message(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")


def test_a_load_sends_as_many_as_it_says_and_notes_each() -> None:
    async def sent() -> tuple[Load, int]:
        async with Receiver() as receiver:
            port = int(receiver.url.rpartition(":")[2].partition("/")[0])
            found = await loaded(port, [CREATE, get("/")], seconds=5, connections=3, most=50)
            await receiver.arrived(50, 5)
            return found, receiver.count

    found, count = run(sent())
    assert (count, len(found.latencies), found.statuses) == (50, 50, {200: 50})
    assert 0 < max(found.latencies) <= found.seconds
    found.expect(200)
    with pytest.raises(RuntimeError, match=r"\{200: 50\}"):
        found.expect(400)


def test_the_floor_accepts_and_refuses_what_we_do_and_is_ended() -> None:
    with started(FLOOR) as server, Line(server.port) as line:
        statuses = [line.ask(each).status for each in (CREATE, post(IMAGES, {**IMAGE, "n": 20}), get(IMAGES))]
        assert (statuses, len(line.seconds(get(f"{IMAGES}/1"), 3))) == ([200, 400, 200], 3)
        assert server.cpu > 0
        assert 5 < server.megabytes < 500
    with pytest.raises(ProcessLookupError):
        os.kill(server.id, 0)


def test_a_server_that_does_not_start_is_said_to() -> None:
    with pytest.raises(RuntimeError, match="did not start"), started([sys.executable, "-c", "print(end='no')"]):
        pass


@pytest.mark.parametrize(
    ("text", "seconds"), [("0:01.25", 1.25), ("02:03", 123), ("1:00:00", 3600), ("2-01:00:00", 176400)]
)
def test_the_clock_of_ps_is_read(text: str, seconds: float) -> None:
    assert clock_seconds(text) == seconds


@pytest.mark.parametrize(("operation", "payload"), [("kling/omni-image", IMAGE), ("kling/omni-video", VIDEO)])
def test_what_is_measured_draws_no_warning(operation: str, payload: Payload) -> None:
    found = load().operation(operation)
    assert Validator(found.schema, found.rules, {}).violations(payload) == ()


@pytest.mark.parametrize("tasks", [1, 100])
def test_callbacks_that_wait_cost_one_timer(tasks: int) -> None:
    assert timers(tasks) == 1


def test_a_patched_call_is_compared_with_a_route_that_gives_the_same_answer() -> None:
    answers: list[JSON] = []

    def once(call: Call) -> None:
        answers.append(
            httpx.request(call.method, call.url, headers={"authorization": "Bearer benchmark"}).json()["data"]
        )

    compared(patch(pace="instant"), finished, once)
    assert answers[::2] == answers[1::2]
    assert {answer["task_status"] for answer in answers} == {"succeed"}
