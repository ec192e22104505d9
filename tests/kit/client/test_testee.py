"""Testees: whatever one does, there is an answer or a fault with a name, and it comes in time."""

from __future__ import annotations

import os
import queue
import select
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.kit.client.testee import NoTestee, ObjectTestee, ProgramTestee, find_testee, say_hello
from mockserver.kit.client.testee import TesteeFault as Fault
from tests.conftest import PATIENCE

HELLO = '{"id": 1, "name": "acme", "operations": ["kling/omni-image"]}'

LOOP = f"""
import json, os, sys, time
for line in sys.stdin:
    ask = json.loads(line)
    if ask["do"] == "hello":
        print({HELLO!r}.replace("1", str(ask["id"])), flush=True)
        continue
    BODY
"""

FAULTS = {
    "sys.exit(3)": ("died", "ended with status 3"),
    "os.kill(os.getpid(), 9)": ("died", "ended with status -9"),
    "raise ValueError('no idea')": ("died", "ValueError: no idea"),
    "os.close(1)": ("died", "instead of answering"),
    "time.sleep(3600)": ("hung", "did not answer 'generate' within 0.5 s"),
    "print('{', flush=True); time.sleep(3600)": ("not-json", "not JSON"),
    "print('Debug: here', flush=True)": ("not-json", "not JSON: b'Debug: here"),
    "sys.stdout.buffer.write(bytes(range(128, 256)) + b'\\n'); sys.stdout.flush()": ("not-json", "not JSON"),
    "print('[' * 100000, flush=True)": ("not-json", "not JSON"),
    "print('', flush=True)": ("not-json", "not JSON"),
    "print('null', flush=True)": ("not-an-answer", "not an answer: null"),
    "print('{}', flush=True)": ("not-an-answer", "not an answer: {}"),
    "print(json.dumps({'id': ask['id'], 'outcome': 'fine'}), flush=True)": ("not-an-answer", "not an answer"),
    "print(json.dumps({'id': ask['id'], 'outcome': 'succeed'}), flush=True)": ("not-an-answer", "not an answer"),
    "print(json.dumps({'id': ask['id'], 'name': 'a', 'operations': ['b']}), flush=True)": (
        "not-an-answer",
        "no outcome",
    ),
    "print(json.dumps({'id': 77, 'outcome': 'timeout'}), flush=True)": (
        "not-an-answer",
        "answered request 77 instead of request 2",
    ),
}
"""What a testee does when it is asked to generate, and how the fault is described."""

GENERATE: dict[str, Any] = {"do": "generate"}


@pytest.fixture
def programs() -> Iterator[Any]:
    """Start testees that answer hello, and do something of their own when they are asked for more."""
    started: list[ProgramTestee] = []

    def start(body: str) -> ProgramTestee:
        started.append(ProgramTestee([sys.executable, "-c", LOOP.replace("BODY", body)]))
        return started[-1]

    yield start
    for program in started:
        program.close()


@pytest.mark.torture
@pytest.mark.parametrize("body", FAULTS)
def test_a_fault_of_a_program_has_a_name(body: str, programs: Any) -> None:
    program = programs(body)
    say_hello(program)
    kind, text = FAULTS[body]
    with pytest.raises(Fault) as raised:
        program.ask(GENERATE, 0.5 if kind == "hung" else PATIENCE)
    assert raised.value.kind == kind
    assert text in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.torture
@pytest.mark.parametrize("body", ["sys.exit(3)", "time.sleep(3600)", "print('debug', flush=True)"])
def test_after_a_fault_the_program_is_started_again(body: str, programs: Any) -> None:
    program = programs(body)
    for _ in range(2):
        assert say_hello(program).name == "acme"
        with pytest.raises(Fault):
            program.ask(GENERATE, 0.3)
    assert say_hello(program).name == "acme"


def test_a_program_that_does_not_read_holds_nobody() -> None:
    program = ProgramTestee([sys.executable, "-c", "import time; time.sleep(3600)"])
    with pytest.raises(Fault, match="did not answer"):
        program.ask({"do": "generate", "payload": {"prompt": "a" * 1_000_000}}, 0.3)


@pytest.mark.torture
def test_a_program_that_does_not_read_what_it_is_asked_can_be_closed_meanwhile() -> None:
    code = f"import time; input(); print({HELLO!r}, flush=True); time.sleep(3600)"
    program = ProgramTestee([sys.executable, "-c", code])
    program.start(PATIENCE)
    faults = queue.SimpleQueue[Fault]()

    def ask() -> None:
        try:
            program.ask({"do": "generate", "payload": "x" * (1 << 20)}, PATIENCE)
        except Fault as fault:
            faults.put(fault)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    assert program._running is not None
    while select.select([], [program._running.child.pipes[0]], [], 0)[1]:
        assert asking.is_alive(), "the pipe would hold it all"
    program.close()
    assert faults.get(timeout=PATIENCE).kind == "died"


@pytest.mark.torture
def test_a_program_that_closes_its_ears_is_told_as_such() -> None:
    program = ProgramTestee([sys.executable, "-c", "import os, time; os.close(0); os.close(1); time.sleep(3600)"])
    with pytest.raises(Fault, match="closed its stdin or stdout"):
        program.ask({"do": "hello"}, PATIENCE)


def test_what_a_program_has_started_ends_with_it(tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    with os.fdopen(os.open(held, os.O_RDONLY | os.O_NONBLOCK), "rb") as end:
        program = ProgramTestee(["sh", "-c", f"exec 3> {held}; sleep 3600 & echo '{HELLO}'; wait"])
        say_hello(program)
        assert select.select([end], [], [], 0) == ([], [], []), "somebody holds the other end"
        with pytest.raises(Fault, match="did not answer"):
            program.ask(GENERATE, 0.3)
        assert select.select([end], [], [], PATIENCE)[0] == [end], "nobody does any more"


def test_a_program_that_is_not_there_is_told_in_one_line() -> None:
    with pytest.raises(NoTestee, match="'no-such-program-at-all' cannot be started"):
        say_hello(find_testee(["no-such-program-at-all"]))


def test_answers_and_letters_arrive(programs: Any) -> None:
    program = programs("print(json.dumps({'id': ask['id'], 'outcome': 'failed', 'message': ask['word']}), flush=True)")
    for word in ("雪", "\u2028", "a\nb", "🐈"):
        assert program.ask({"do": "generate", "word": word}, PATIENCE)["message"] == word


def test_hello_says_who_it_is(programs: Any) -> None:
    who = say_hello(programs("pass"))
    assert (who.name, who.version, who.callbacks) == ("acme", "", False)
    assert (who.operations, who.credentials) == (("kling/omni-image",), ("token",))


class Polite:
    """A testee as it should be."""

    def hello(self) -> dict[str, Any]:
        return {"name": "polite", "operations": ["kling/omni-image"], "credentials": ["token", "jwt"]}

    def generate(self, request: dict[str, Any]) -> Any:
        return request["answer"]() if callable(request["answer"]) else request["answer"]


def _raising() -> None:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (_raising, "died", "raised SystemExit: 3"),
        (lambda: 1 // 0, "died", "raised ZeroDivisionError"),
        (lambda: time.sleep(3), "hung", "did not return from generate() within 0.2 s"),
        (None, "not-an-answer", "not an answer: None"),
        ([], "not-an-answer", "not an answer"),
        ({"outcome": "fine"}, "not-an-answer", "not an answer"),
        ({"outcome": {1, 2}}, "not-an-answer", "not an answer"),
        ({"name": "a", "operations": ["b"]}, "not-an-answer", "no outcome"),
    ],
)
def test_a_fault_of_an_object_has_a_name(answer: Any, kind: str, text: str) -> None:
    with pytest.raises(Fault) as raised:
        ObjectTestee(Polite()).ask({"do": "generate", "answer": answer}, 0.2 if kind == "hung" else PATIENCE)
    assert raised.value.kind == kind
    assert text in str(raised.value)


def test_an_object_answers_and_says_what_it_cannot() -> None:
    testee = find_testee([f"{__name__}:Polite"])
    assert say_hello(testee).credentials == ("token", "jwt")
    assert testee.ask({"do": "generate", "answer": {"outcome": "timeout"}}, PATIENCE)["outcome"] == "timeout"
    assert testee.ask({"do": "listen"}, PATIENCE)["outcome"] == "unsupported"


@pytest.mark.parametrize("words", ["no.such.module:Thing", f"{__name__}:Nobody", f"{__name__}:_raising_at_once"])
def test_a_class_that_is_not_there_or_not_to_be_had_is_told(words: str) -> None:
    with pytest.raises(NoTestee, match="cannot be loaded"):
        find_testee([words])


class _raising_at_once:  # noqa: N801 - it stands for whatever the module of a third party holds
    def __init__(self) -> None:
        raise RuntimeError("no key in the environment")


@pytest.mark.parametrize("words", [["a:b", "c"], ["node", "testee.js"], ["./a.sh"], [":b"]])
def test_all_else_is_a_program(words: list[str]) -> None:
    assert isinstance(find_testee(words), ProgramTestee)
