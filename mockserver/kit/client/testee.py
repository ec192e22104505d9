"""Testees: a client under test, as a program that speaks JSON lines or as a Python class with the same verbs.

``schemas/testee.json`` describes what is said. A testee that dies, hangs, prints noise or answers nonsense is told
apart by the exception, and is started again for the next question.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, NoReturn, Protocol, Self

import jsonschema_rs

from mockserver.errors import MockserverError
from mockserver.resources import folder
from mockserver.types import JSON

_STDERR = 50
_TOLD = 5
_LAST_WORDS = 0.5
_LONGEST = 1 << 24


class TesteeFault(MockserverError):
    """The testee, and not the client in it, did something wrong: ``kind`` is died, hung, noise or nonsense."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"the testee {text}")
        self.kind = kind


class NoTestee(MockserverError):
    """There is no such program or class."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who a testee is, and what it can do."""

    name: str
    version: str
    operations: tuple[str, ...]
    callbacks: bool
    credentials: tuple[str, ...]


class Testee(Protocol):
    """Whatever answers a request of ``schemas/testee.json``, without its id."""

    def ask(self, request: dict[str, JSON], patience: float) -> dict[str, JSON]:
        """Return the answer. Raises ``TesteeFault`` for one that does not come in time, or is none."""

    def close(self) -> None:
        """End it."""


@dataclass
class Program:
    """A testee that is a program, started when it is first asked and again after each fault."""

    command: Sequence[str]
    _process: subprocess.Popen[bytes] | None = None
    _lines: queue.Queue[bytes | None] = field(default_factory=queue.Queue)
    _said: list[str] = field(default_factory=list)
    _ear: threading.Thread | None = None
    _id: int = 0

    def ask(self, request: dict[str, JSON], patience: float) -> dict[str, JSON]:
        """Send a line and wait for the one that answers it."""
        self._id += 1
        process = self._running()
        line = json.dumps({"id": self._id, **request}) + "\n"
        # A testee that does not read would hold whoever writes to it.
        threading.Thread(target=_write, args=(process.stdin, line.encode(), self._lines), daemon=True).start()
        return self._answer(request, patience)

    def close(self) -> None:
        """End the program, first by closing its stdin."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        _kill(process)
        process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._lines, self._said = queue.Queue(), []
            try:
                self._process = subprocess.Popen(
                    list(self.command),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,  # it is ended together with what it has started
                )
            except OSError as error:
                raise NoTestee(f"cannot start {self.command[0]!r}: {error.strerror}") from error
            threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()
            self._ear = threading.Thread(target=_keep, args=(self._process.stderr, self._said), daemon=True)
            self._ear.start()
        return self._process

    def _answer(self, request: dict[str, JSON], patience: float) -> dict[str, JSON]:
        try:
            line = self._lines.get(timeout=patience)
        except queue.Empty:
            self._fail("hung", f"did not answer {request['do']!r} within {patience:g} s")
        if line is None:
            self._fail("died", f"{self._end()} instead of an answer to {request['do']!r}")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            self._fail("noise", f"wrote what is no JSON: {line[:200]!r}")
        if wrong := _wrong(request, answer):
            self._fail("nonsense", f"wrote what is no answer: {json.dumps(answer)[:200]}: {wrong}")
        if answer["id"] != self._id:
            self._fail("nonsense", f"answered {answer['id']} when {self._id} was asked")
        return dict(answer)

    def _fail(self, kind: str, text: str) -> NoReturn:
        if self._process is not None:
            _kill(self._process)
        self.close()
        if self._ear is not None:
            self._ear.join(_LAST_WORDS)
        said = " | ".join(line.strip() for line in self._said[-_TOLD:])
        raise TesteeFault(kind, f"{text}; its stderr: {said[-500:]}" if said else text)

    def _end(self) -> str:
        try:
            return f"ended with status {self._process.wait(1)}" if self._process else "ended"
        except subprocess.TimeoutExpired:
            return "closed its stdin or stdout"


@dataclass
class Object:
    """A testee that is a Python object: ``hello()``, ``generate(request)`` and perhaps ``listen()`` return answers.

    It runs on a thread of its own, so that one that hangs hangs nobody else.
    """

    target: Any

    def ask(self, request: dict[str, JSON], patience: float) -> dict[str, JSON]:
        """Call the verb."""
        verb = getattr(self.target, str(request["do"]), None)
        if verb is None:
            return {"id": 0, "outcome": "unsupported", "reason": f"it has no {request['do']}()"}
        box: queue.Queue[tuple[JSON, BaseException | None]] = queue.Queue()

        def call() -> None:
            try:
                box.put((verb(request) if request["do"] == "generate" else verb(), None))
            except BaseException as error:  # noqa: BLE001 - whatever a client raises is a fact about it
                box.put((None, error))

        threading.Thread(target=call, daemon=True).start()
        try:
            answer, error = box.get(timeout=patience)
        except queue.Empty:
            raise TesteeFault("hung", f"did not return from {request['do']}() within {patience:g} s") from None
        if error is not None:
            raise TesteeFault("died", f"raised {type(error).__name__}: {error}") from error
        whole = {"id": 0, **answer} if isinstance(answer, dict) else answer
        if wrong := _wrong(request, whole):
            raise TesteeFault("nonsense", f"returned what is no answer: {str(answer)[:200]}: {wrong}")
        return dict(whole)

    def close(self) -> None:
        """Let it go."""


def found(words: Sequence[str]) -> Testee:
    """Return the testee that a command line names: ``package.module:Class``, or a program and its arguments.

    Raises ``NoTestee``.
    """
    module, colon, name = words[0].partition(":")
    if len(words) > 1 or not colon or not all(part.isidentifier() for part in module.split(".")):
        return Program(words)
    sys.path.insert(0, "")
    try:
        target = getattr(import_module(module), name)
        return Object(target() if isinstance(target, type) else target)
    except Exception as error:  # whatever a stranger's module raises
        raise NoTestee(f"no testee {words[0]!r}: {type(error).__name__}: {error}") from error


def hello(testee: Testee, patience: float = 20.0) -> Hello:
    """Ask a testee who it is. Raises ``TesteeFault``."""
    answer = testee.ask({"do": "hello"}, patience)
    if "name" not in answer:
        raise TesteeFault("nonsense", f"does not say who it is: {answer}")
    return Hello(
        answer["name"],
        answer.get("version", ""),
        tuple(answer["operations"]),
        answer.get("callbacks", False),
        tuple(answer.get("credentials", ["token"])),
    )


@cache
def _form() -> Any:
    description = json.loads((folder("schemas") / "testee.json").read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for({"$ref": "#/$defs/answer", "$defs": description["$defs"]})


def _wrong(request: dict[str, JSON], answer: JSON) -> str | None:
    """Say what is wrong with an answer to a request; ``None`` if nothing is."""
    try:
        for error in _form().iter_errors(answer):
            return str(error.message)[:200]
    except ValueError as error:  # what Python can hold and JSON cannot
        return str(error)[:200]
    needed = {"generate": ("outcome",), "listen": ("url", "outcome")}.get(str(request["do"]), ())
    return None if not needed or set(needed) & answer.keys() else f"it has no {' or '.join(needed)}"


def _write(stream: Any, line: bytes, lines: queue.Queue[bytes | None]) -> None:
    try:
        stream.write(line)
        stream.flush()
    except (OSError, ValueError):  # it has gone, or was ended meanwhile
        lines.put(None)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _read(stream: Any, lines: queue.Queue[bytes | None]) -> None:
    with stream:
        for line in iter(lambda: stream.readline(_LONGEST), b""):
            lines.put(line)
    lines.put(None)


def _keep(stream: Any, said: list[str]) -> None:
    with stream:
        for line in iter(lambda: stream.readline(_LONGEST), b""):
            said.append(line.decode(errors="replace"))
            del said[:-_STDERR]
