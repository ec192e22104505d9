"""The console prints each request, and holds up nobody who answers."""

from __future__ import annotations

import json
import re
import signal
import threading

import click
import pytest

from mockserver.adapters.console import console
from mockserver.adapters.console.console import Console
from mockserver.adapters.console.greeting import greeting
from mockserver.contract.catalog import load
from mockserver.types import Request, Response
from tests.conftest import IMAGE, PATIENCE, CheckedFake
from tests.support.process import Process, started


def answered(by: Console, number: int) -> None:
    by.answered(Request("GET", f"/{number}"), Response(200))


def test_lines_come_in_order_and_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_PATIENCE_SECONDS", PATIENCE)
    written: list[str] = []
    found = Console(written.append)
    for number in range(1000):
        answered(found, number)
    found.close()
    lines = "\n".join(written).split("\n")
    assert [line.split()[2] for line in lines] == [f"/{number}" for number in range(1000)]


def test_whoever_reads_nothing_holds_up_nobody_and_what_is_left_out_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(console, "_MOST_WAITING", 10)
    monkeypatch.setattr(console, "_PATIENCE_SECONDS", PATIENCE)
    is_reading, is_writing, written = threading.Event(), threading.Event(), list[str]()

    def write(text: str) -> None:
        is_writing.set()
        is_reading.wait(PATIENCE)
        written.append(text)

    found = Console(write)
    answered(found, 0)
    assert is_writing.wait(PATIENCE)
    for number in range(1, 101):
        answered(found, number)  # returns, though nothing is read
    is_reading.set()
    found.close()
    lines = written[1].split("\n")
    assert [line.split()[2] for line in lines[:-1]] == [f"/{number}" for number in range(91, 101)]
    assert lines[-1].startswith("… 90 lines were left out")


def test_each_service_has_its_base_url_and_the_curl_line_makes_a_task() -> None:
    fake = CheckedFake()
    lines = list(greeting(fake, "http://127.0.0.1:8080"))
    assert lines[0] == "dashboard at http://127.0.0.1:8080/_mock/"
    assert [line.split()[0] for line in lines[1:-1]] == [service.id for service in fake.world.services]
    assert lines[-1].startswith("try curl -X POST http://127.0.0.1:8080/kling/v1/images/omni-image ")
    assert lines[-1].endswith("""-d '{"prompt": "Put the cat on the moon"}'""")


@pytest.mark.parametrize("service", load().services)
def test_the_curl_line_of_each_service_makes_a_task(service: str) -> None:
    fake = CheckedFake(services=[service])
    line = list(greeting(fake, "http://127.0.0.1:8080"))[-1]
    found = re.fullmatch(r"try curl -X POST http://127\.0\.0\.1:8080(\S+) .* -d '(.*)'", line)
    assert found is not None, line
    answer = fake.post(found[1], json.loads(found[2]))
    assert answer.status < 300, answer.json


def output(server: Process) -> list[str]:
    """Stop a server, and return the lines that it has printed."""
    server.stop(signal.SIGINT)
    assert server.child.stdout is not None
    return server.child.stdout.read().decode().splitlines()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_greets_and_prints_each_request(workers: str) -> None:
    with started("--workers", workers, logs="text") as server:
        id = server.request("POST", IMAGE, {"prompt": "A cat"}).json["data"]["task_id"]
        server.request("POST", IMAGE, {"prompt": "A cat", "n": 10})
        server.request("GET", "/_mock/health")
        lines = output(server)
    if not lines[0].startswith("dashboard"):
        lines = server.said.decode().splitlines()[1:] + lines
    assert f"dashboard at {server.url}/_mock/" in lines
    told = [line.split() for line in lines if re.match(r"[0-9]{2}:", line)]
    assert sorted(words[1:5] for words in told) == [["POST", IMAGE, "200", id], ["POST", IMAGE, "400", "-"]]
    assert click.unstyle("\n".join(lines)) == "\n".join(lines), "there is no colour where there is no terminal"


def test_json_is_one_object_a_line_after_the_line_that_says_where() -> None:
    with started(logs="json") as server:
        server.request("POST", IMAGE, {"prompt": "A cat", "n": 10})
        lines = output(server)
    assert [json.loads(line)["reason"]["id"] for line in lines] == ["n.maximum"]


def test_nothing_is_printed_if_nothing_is_wanted() -> None:
    with started(logs="off") as server:
        server.request("POST", IMAGE, {"prompt": "A cat"})
        assert output(server) == []


def test_a_reader_that_leaves_ends_the_output_and_not_the_server() -> None:
    with started(logs="text") as server:
        assert server.child.stdout is not None
        server.child.stdout.close()
        for _ in range(3):
            assert server.request("POST", IMAGE, {"prompt": "A cat"}).status == 200
        assert server.stop(signal.SIGINT)[0] == 0
        assert "Traceback" not in server.stderr
