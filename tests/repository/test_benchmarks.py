"""The benchmarks' own parts: what they print is only as true as their clients, parsers and medians."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import process_time

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import floor
from benchmarks.__main__ import SHOWN, SUBJECTS
from benchmarks.harness import page, stream
from benchmarks.harness.client import Line, Load, loaded, run
from benchmarks.harness.figures import Figure, Goal, Sheet, quantile, ratios, table
from benchmarks.harness.process import FLOOR, clock_seconds, free_port, listening, offered, ours, started
from benchmarks.harness.receiver import Receiver
from benchmarks.harness.stream import IMAGES, VIDEOS, creates, refusals
from benchmarks.harness.wire import get, message, post
from benchmarks.patching import Call, compared, finished
from benchmarks.peers.stubs import write_stubs
from benchmarks.timers import timers
from mockserver.adapters.testing.patch import patch
from mockserver.contract.catalog import load
from mockserver.contract.validation import Validator
from mockserver.types import JSON, Payload
from tests.repository.test_floors import imports
from tests.support.sampling import draws

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("name", [name for name in SUBJECTS if (FOLDER / f"{name}.py").is_file()])
def test_each_benchmark_that_is_listed_has_a_main(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    assert "main" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_module_that_has_a_main_is_listed() -> None:
    found = {path.stem for path in FOLDER.glob("[a-z]*.py") if "\ndef main(" in path.read_text(encoding="utf-8")}
    assert sorted(found - SUBJECTS.keys()) == []


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--help"], 0, "serving"),
        (["sevring"], 2, "'sevring'"),
        (["--write-page", "serving"], 2, "takes no NAME"),
    ],
)
def test_the_command_says_what_there_is(arguments: list[str], status: int, said: str) -> None:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=FOLDER.parent)
    assert (done.returncode, said in done.stdout + done.stderr) == (status, True)


def test_a_figure_is_the_middle_and_the_spread() -> None:
    assert Figure.of([3.0, 1.0, 10.0]) == Figure(3.0, 1.0, 10.0)
    assert f"{Figure(3.0, 1.0, 10.0):.1f}" == "3.0 (1.0 to 10.0)"
    assert f"{Figure.of([3.0]):.1f}" == "3.0"


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 100)])
def test_a_quantile_is_one_of_the_values(share: float, expected: float) -> None:
    assert quantile(range(100, 0, -1), share) == expected


def test_measurements_are_compared_with_those_beside_them() -> None:
    assert ratios([1.0, 4.0, 9.0], [2.0, 2.0, 3.0]) == Figure(2.0, 0.5, 3.0)


def test_the_lines_of_a_table_are_of_one_length() -> None:
    lines = table("Title", ["", "floor", "ours"], [("create", "1", "23456"), ("a longer name", "12", "3")]).splitlines()
    assert len({len(line) for line in lines[2:]}) == 1
    assert lines[-1] == "a longer name     12      3"


@settings(max_examples=draws(30))
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
            found = await loaded(port, [creates()[0], get("/")], seconds=5, connections=3, most=50)
            await receiver.arrived(50, 5)
            return found, receiver.count

    found, count = run(sent())
    assert (count, len(found.latencies), found.statuses) == (50, 50, {200: 50})
    assert 0 < max(found.latencies) <= found.seconds
    found.expect(200)
    with pytest.raises(RuntimeError, match=r"\{200: 50\}"):
        found.expect(400)


def test_the_floor_is_started_measured_and_ended() -> None:
    with started(FLOOR) as server, Line(server.port) as line:
        assert len(line.seconds(creates()[0], 3)) == 3
        assert server.cpu > 0
        assert 5 < server.megabytes < 500
    with pytest.raises(ProcessLookupError):
        os.kill(server.id, 0)


def test_the_floor_does_what_it_says_it_does() -> None:
    with started(FLOOR) as server, Line(server.port) as line:
        created = [json.loads(line.ask(each).body)["data"] for each in creates()[:40]]
        ids = [task["task_id"] for task in created]
        assert len({*ids}) == 40
        one = json.loads(line.ask(get(f"{IMAGES}/{ids[7]}")).body)["data"]
        assert (one["task_id"], one["created_at"]) == (ids[7], created[7]["created_at"])
        assert len(one["task_result"]["images"]) == stream.images()[7].get("n", 1)
        listed = json.loads(line.ask(get(f"{IMAGES}?pageNum=1&pageSize=30")).body)["data"]
        assert [task["task_id"] for task in listed] == ids[:9:-1]
        assert listed[-8:] == [json.loads(line.ask(get(f"{IMAGES}/{id}")).body)["data"] for id in ids[17:9:-1]]
        refused = line.ask(post(IMAGES, {**stream.images()[0], "n": 20}))
        assert (refused.status, json.loads(refused.body)["message"]) == (400, "20 is greater than the maximum of 9")
        assert line.ask(get(f"{IMAGES}/1")).status == 404
        assert json.loads(line.ask(get(VIDEOS)).body)["data"] == []


def test_the_floor_knows_nothing_of_ours() -> None:
    assert "mockserver" not in {
        name.partition(".")[0] for name in imports(Path(floor.__file__).read_text(encoding="utf-8"), "benchmarks")
    }


@pytest.mark.parametrize("command", [FLOOR, ours()], ids=["floor", "ours"])
def test_the_floor_and_ours_agree_on_the_stream(command: tuple[str, ...]) -> None:
    with started(command) as server, Line(server.port) as line:
        for requests, status in ((creates(), 200), (creates(VIDEOS), 200), (refusals(), 400)):
            assert {line.ask(each).status for each in requests[::40]} == {status}


def test_the_processor_time_of_a_server_is_that_of_its_whole_group() -> None:
    busy = "sum(range(20_000_000))"
    child = f"{busy}; print(flush=True); input()"
    serving = f"""
import socket, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
listener.accept()[0].recv(1)
child.wait()
"""
    port = free_port()
    with listening([sys.executable, "-c", serving, str(port)], port) as server:
        began = process_time()
        exec(busy)
        assert server.cpu > (process_time() - began) / 3


def test_a_server_that_ends_instead_of_listening_is_quoted() -> None:
    with (
        pytest.raises(RuntimeError, match="no such thing"),
        listening([sys.executable, "-c", "raise SystemExit('no such thing')"], free_port()),
    ):
        pass


def test_an_option_is_offered_when_the_help_names_it() -> None:
    assert (offered("--pace"), offered("--no-such-option")) == (True, False)


def test_a_server_that_does_not_start_is_said_to() -> None:
    with pytest.raises(RuntimeError, match="did not start"), started([sys.executable, "-c", "print(end='no')"]):
        pass


@pytest.mark.parametrize(
    ("text", "seconds"), [("0:01.25", 1.25), ("02:03", 123), ("1:00:00", 3600), ("2-01:00:00", 176400)]
)
def test_the_clock_of_ps_is_read(text: str, seconds: float) -> None:
    assert clock_seconds(text) == seconds


@pytest.mark.parametrize(
    ("operation", "payloads"), [("kling/omni-image", stream.images), ("kling/omni-video", stream.videos)]
)
def test_no_rule_has_anything_against_the_stream(operation: str, payloads: Callable[[], Sequence[Payload]]) -> None:
    found = load().operation(operation)
    validator = Validator(found.schema, found.rules, {})
    assert [payload for payload in payloads()[::20] if validator.violations(payload)] == []


def test_each_payload_of_the_refused_stream_breaks_one_rule_and_all_kinds_are_there() -> None:
    found = load().operation("kling/omni-image")
    validator = Validator(found.schema, found.rules, {})
    broken = [[violation.rule.id for violation in validator.violations(payload)] for payload in stream.refused()[::20]]
    assert {len(rules) for rules in broken} == {1}
    assert len({rules[0] for rules in broken}) == 5


@pytest.mark.parametrize(
    "stream_of", [creates, partial(creates, VIDEOS), refusals], ids=["images", "videos", "refused"]
)
def test_the_payloads_of_the_stream_differ(stream_of: Callable[[], Sequence[bytes]]) -> None:
    assert len({*stream_of()}) == len(stream_of()) == stream.COUNT


def test_the_stream_is_the_same_in_each_run() -> None:
    stream.images.cache_clear()
    assert [post(IMAGES, payload) for payload in stream.images()] == creates()


def test_each_subject_of_the_page_is_a_benchmark() -> None:
    assert [*SHOWN] == [name for name in SUBJECTS if name in SHOWN]


def test_figures_are_written_between_the_markers_and_nowhere_else() -> None:
    before, after = "# Title\n\n", "\n\nThe end.\n"
    first = page.updated(f"{before}{page.BEGIN}\n{page.END}{after}", "one")
    again = page.updated(first, "two")
    assert again == f"{before}{page.BEGIN}\n\ntwo\n\n{page.END}{after}"
    assert page.updated(again, "two") == again


@pytest.mark.parametrize(
    "text", ["", page.BEGIN, page.END, f"{page.END}{page.BEGIN}", 2 * f"{page.BEGIN}{page.END}"], ids=range(5)
)
def test_a_page_without_both_markers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        page.updated(text, "figures")


def test_the_page_has_its_markers() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.updated(text, "figures").startswith(text.partition(page.BEGIN)[0])


def test_the_page_shows_each_goal_with_its_target_and_each_table() -> None:
    met, missed = (Goal.least("create", Figure(value, 0.5, 0.9), 0.8) for value in (0.8, 0.7))
    left = Goal.missing("redis", "≥ 0.25", "this machine has none")
    written = page.block([met, Sheet("Costs", ["", "floor"], [("list", "1.00")]), missed, left])
    assert [line for line in written.splitlines() if line.startswith("|")] == [
        "| what | measured | target | met |",
        "| --- | ---: | ---: | ---: |",
        "| create | 0.80 (0.50 to 0.90) | ≥ 0.8 | yes |",
        "| create | 0.70 (0.50 to 0.90) | ≥ 0.8 | no |",
        "| redis | left out: this machine has none | ≥ 0.25 |  |",
        "| what | floor |",
        "| --- | ---: |",
        "| list | 1.00 |",
    ]
    assert f"`{page.COMMAND}`" in written
    assert page.machine() in written


def test_a_goal_is_met_on_its_side_of_the_target() -> None:
    one = Figure(1.0, 1.0, 1.0)
    assert (Goal.least("", one, 1.0).is_met, Goal.least("", one, 1.1).is_met) == (True, False)
    assert (Goal.most("", one, 1.0).is_met, Goal.most("", one, 0.9).is_met) == (True, False)


def test_the_stubs_have_each_schema_and_a_refusal_for_the_rest(tmp_path: Path) -> None:
    write_stubs(tmp_path)
    stubs = json.loads((tmp_path / "mappings" / "kling.json").read_text(encoding="utf-8"))["mappings"]
    posts = [stub for stub in stubs if stub["request"]["method"] == "POST"]
    assert [(stub["priority"], stub["response"]["status"]) for stub in posts] == [(1, 200), (2, 400)] * 2
    titles = [json.loads(stub["request"]["bodyPatterns"][0]["matchesJsonSchema"])["title"] for stub in posts[::2]]
    assert titles == ["Create an Omni-Image task", "Create an Omni-Video task"]


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
